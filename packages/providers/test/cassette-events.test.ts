import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CassetteEvent, CassetteOptions } from '../src/cassette/index.ts';
import { cassettePath, loopbackCassette, post } from './support/cassette-server.ts';

const ADDRESS = 'http://127.0.0.1:9/';

/** What is said while a request is made, its answer read, and the cassette closed. */
async function said(options: CassetteOptions, init: RequestInit = post({ q: 1 })): Promise<readonly string[]> {
  const cassette = loopbackCassette({ fetch: async () => new Response('x'), ...options });
  await cassette
    .fetch(ADDRESS, init)
    .then((answer) => answer.text())
    .catch(() => undefined);
  await cassette.close().catch(() => undefined);
  return cassette.events.map(describeEvent);
}

function describeEvent(event: CassetteEvent): string {
  return 'reason' in event ? `${event.type}: ${event.reason}` : event.type;
}

const failing: typeof fetch = async () => {
  throw new TypeError('fetch failed');
};

describe('what a listener hears (K-21)', () => {
  it('is each step of a request, in order', async () => {
    const path = cassettePath();
    expect(await said({ path })).toEqual(['miss', 'recorded']);
    expect(await said({ path })).toEqual(['hit']);
    expect(await said({ path, mode: 'replay' })).toEqual(['hit']);
    expect(await said({ path, mode: 'record' })).toEqual(['recorded']);
    expect(await said({ path, mode: 'off' })).toEqual(['passed']);
    expect(await said({ path, domains: ['example.com'] })).toEqual(['passed']);
    expect(await said({ path, mode: 'replay' }, post({ q: 2 }))).toEqual(['miss']);
  });

  it('ends every request that is sent, with recorded or skipped', async () => {
    const path = cassettePath();
    const aborted = { ...post({}), signal: AbortSignal.abort() };
    const notFound: typeof fetch = async () => new Response('', { status: 404 });
    expect(await said({ path, fetch: failing })).toEqual(['miss', 'skipped: failed']);
    expect(await said({ path, mode: 'record', fetch: failing })).toEqual(['skipped: failed']);
    expect(await said({ path, fetch: notFound })).toEqual(['miss', 'skipped: status']);
    expect(await said({ path, fetch: notFound, recordErrors: true })).toEqual(['miss', 'recorded']);
    expect(await said({ path }, aborted)).toEqual([]);
    const stop = new AbortController();
    const abortedWhileSent: typeof fetch = async () => {
      stop.abort();
      throw stop.signal.reason;
    };
    expect(await said({ path, fetch: abortedWhileSent }, { ...post({}), signal: stop.signal })).toEqual([
      'miss',
      'skipped: aborted',
    ]);
  });

  it('is told of a cut line when the cassette is created', () => {
    const path = cassettePath();
    writeFileSync(path, '{"key":"a","resp');
    expect(loopbackCassette({ path }).events).toEqual([{ type: 'skipped', reason: 'cut-line', path, line: 1 }]);
  });

  it.each(['miss', 'hit', 'recorded', 'skipped', 'passed'])(
    'does no harm to an answer when it throws at %s, and close tells',
    async (type) => {
      const path = cassettePath();
      const options: CassetteOptions = {
        path,
        domains: type === 'passed' ? ['example.com'] : ['127.0.0.1'],
        fetch: async () => new Response('x', { status: type === 'skipped' ? 500 : 200 }),
        onEvent: (event) => {
          if (event.type === type) throw new Error(`heard ${type}`);
        },
      };
      const cassette = loopbackCassette(options);
      for (let time = 0; time < 2; time += 1) {
        expect(await (await cassette.fetch(ADDRESS, post({}))).text()).toBe('x');
      }
      await expect(cassette.close()).rejects.toThrow(`heard ${type}`);
    },
  );
});
