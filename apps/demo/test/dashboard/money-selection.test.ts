import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readSelection, selectedTurns, selectionAddress } from '../../src/dashboard/views/money/selection.ts';

const NOW = new Date(2026, 10, 22, 15, 30).getTime();

describe('the selection of the money view', () => {
  it.each([
    '/money',
    '/money?by=model',
    '/money?by=session&range=90&model=claude-opus-5',
    '/money?from=2026-11-01&to=2026-11-21',
    '/money?to=2026-11-21&session=one&tenant=acme',
    '/money?range=30&session=one',
    '/money?range=days',
    '/money?range=today&tenant=*',
  ])('is what its address says, and has that address again: %s', (address) => {
    const query = Object.fromEntries(new URL(address, 'http://page').searchParams);
    expect(decodeURIComponent(selectionAddress(readSelection(query)))).toBe(address);
  });

  it('is 30 days by day unless told, and all of a session', () => {
    expect(readSelection({})).toEqual({ by: 'day', range: '30' });
    expect(readSelection({ by: 'mood', range: '31', from: 'yesterday', model: '' })).toEqual({
      by: 'day',
      range: '30',
    });
    expect(readSelection({ session: 'one' })).toEqual({ by: 'day', range: 'all', session: 'one' });
  });

  it('begins with the midnight of its first day, in the zone of the reader, and ends with its last', () => {
    const turns = (query: Record<string, string>) => selectedTurns(readSelection(query), NOW);
    expect(turns({ range: 'today' })).toEqual({ since: new Date(2026, 10, 22).getTime() });
    expect(turns({ range: '7' })).toEqual({ since: new Date(2026, 10, 16).getTime() });
    expect(turns({ from: '2026-10-24', to: '2026-10-25' })).toEqual({
      since: new Date(2026, 9, 24).getTime(),
      until: new Date(2026, 9, 26).getTime(),
    });
    expect(turns({ to: '2026-11-21' })).toEqual({ until: new Date(2026, 10, 22).getTime() });
    expect(turns({ range: 'all', model: 'm', session: 's' })).toEqual({ models: ['m'], sessions: ['s'] });
  });

  it('counts days and not hours where clocks are set', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    onTestFinished(() => void vi.unstubAllEnvs());
    // Clocks there are set on 29 March and on 25 October of 2026.
    for (const month of [2, 9]) {
      const now = new Date(2026, month, 30, 0, 30).getTime();
      const since = new Date(selectedTurns({ by: 'day', range: '30' }, now).since ?? 0);
      expect([since.getHours(), since.getMonth(), since.getDate()]).toEqual([0, month, 1]);
    }
  });
});
