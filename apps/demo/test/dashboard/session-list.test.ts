import type { SessionBody } from '@reprise/service/client';
import { describe, expect, it } from 'vitest';
import { sessionName } from '../../src/dashboard/data/session-name.ts';
import { addressOf, filterOf, toggled } from '../../src/dashboard/views/sessions/session-filter.ts';
import { withFirstPage, withNextPage } from '../../src/dashboard/views/sessions/session-list.ts';

const session = (id: string, createdAt: number, change: Partial<SessionBody> = {}): SessionBody => ({
  id,
  tenant: 'local',
  agent: 'agent',
  createdAt,
  updatedAt: createdAt,
  metadata: {},
  forkedFrom: null,
  state: 'idle',
  lastPrompt: null,
  models: [],
  spent: {
    turnCount: 0,
    tokens: { fresh: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
    hitRatio: null,
    paidPicoUsd: null,
    savedPicoUsd: null,
    silentTurns: 0,
    unpricedTurns: 0,
  },
  ...change,
});
const ids = ({ items }: { readonly items: readonly SessionBody[] }) => items.map(({ id }) => id).join('');

describe('a list of sessions', () => {
  const list = { items: [session('d', 4), session('c', 3), session('b', 2), session('a', 1)], next: null };

  it('has a session once that moved between two pages', () => {
    const next = withNextPage(
      { items: [session('c', 3), session('b', 2)], next: 'x' },
      { items: [session('b', 2), session('a', 1)], next: null },
    );
    expect([ids(next), next.next]).toEqual(['cba', null]);
  });

  it('takes what is new and what has changed from its first page, and keeps the rest', () => {
    const first = { items: [session('e', 5), session('d', 4, { state: 'running' })], next: 'more' };
    const fresh = withFirstPage(list, first);
    expect(ids(fresh)).toBe('edcba');
    expect(fresh.items[1]?.state).toBe('running');
    expect(fresh.next).toBeNull();
  });

  it('loses a session that was deleted', () => {
    expect(ids(withFirstPage(list, { items: [session('d', 4), session('b', 2)], next: 'more' }))).toBe('dba');
  });

  it('is the first page where there is no other', () => {
    expect(ids(withFirstPage(list, { items: [session('b', 2)], next: null }))).toBe('b');
  });
});

describe('the filter of the list', () => {
  it('is in the address, and what nobody knows is left out of it', () => {
    expect(filterOf({ search: 'a b', state: 'idle,nothing,running' })).toEqual({
      search: 'a b',
      states: ['running', 'idle'],
    });
    expect(filterOf({})).toEqual({ search: '', states: [] });
    for (const address of ['/', '/?search=a+b', '/?search=a+b&state=running%2Cidle']) {
      expect(addressOf(filterOf(Object.fromEntries(new URL(address, 'http://x').searchParams)))).toBe(address);
    }
  });

  it('has a state more, or less', () => {
    const one = toggled({ search: '', states: ['idle'] }, 'broken');
    expect(one.states).toEqual(['broken', 'idle']);
    expect(toggled(one, 'idle').states).toEqual(['broken']);
  });
});

describe('the name of a session', () => {
  it.each([
    [{ metadata: { title: 'Backups' }, lastPrompt: 'Where are they?' }, 'Backups'],
    [{ metadata: { title: '  ' }, lastPrompt: ' Where are they? ' }, 'Where are they?'],
    [{ metadata: {}, lastPrompt: null }, 'x'],
  ])('of %j is %s', (change, name) => {
    expect(sessionName(session('x', 1, change))).toBe(name);
  });
});
