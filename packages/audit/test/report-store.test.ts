import { openMemoryStore, openSqliteStore } from '@reprise/checkpoint';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  auditStore,
  csvRenderer,
  htmlRenderer,
  jsonRenderer,
  makeReport,
  type ReportScope,
  reportOnStore,
} from '../src/index.ts';
import { commitAll, randomTurns } from './support/random-ledger.ts';
import { FIRST, SECOND, sampleStore, UNPRICED } from './support/sample-store.ts';

const SESSIONS = [
  { id: 'acme/one', metadata: '{"tags":["red"]}', turns: [FIRST, SECOND] },
  { id: 'acme/two', turns: [UNPRICED] },
  { id: 'acme2/one', turns: [FIRST] },
  { id: 'bolt/empty', turns: [] },
];

function scopeBy(by: ReportScope['by'], rest: Partial<ReportScope> = {}): ReportScope {
  const madeAt = Date.UTC(2026, 10, 30);
  return { madeAt, since: undefined, until: undefined, by, sessionIds: undefined, sources: [], ...rest };
}

test.each(['turn', 'session', 'model', 'day', 'tag'] as const)(
  'a report by %s on an open store is the one on its file, in every form',
  async (by) => {
    const path = await sampleStore(SESSIONS);
    const sources = [{ path, kind: 'store' }] as const;
    for (const renderer of [csvRenderer, jsonRenderer, htmlRenderer]) {
      const scope = scopeBy(by, { sources });
      let expected = '';
      const write = async (piece: string) => {
        expected += piece;
      };
      const question = { scope, explains: false, scenarios: [], advises: false, options: {} };
      await makeReport(sources, question, { renderer: renderer(scope), write, onNote: () => {} });
      const store = openSqliteStore(path);
      expect(await textOf(reportOnStore(store, { scope, renderer: renderer(scope) }))).toBe(expected);
      await store.close();
    }
  },
);

test('a report is over the sessions whose ids begin alike, in a window, under the names they are given', async () => {
  const store = openSqliteStore(await sampleStore(SESSIONS));
  const lines = async (options: { sessionPrefix?: string; nameOf?: (id: string) => string }, rest = {}) => {
    const scope = scopeBy('session', rest);
    const text = await textOf(reportOnStore(store, { scope, renderer: csvRenderer(scope), ...options }));
    return text
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(',').slice(0, 2).join(' '));
  };
  expect(await lines({ sessionPrefix: 'acme/' })).toEqual(['acme/two 1', 'acme/one 2']);
  expect(await lines({ sessionPrefix: 'acme/', nameOf: (id) => id.slice(5) })).toEqual(['two 1', 'one 2']);
  expect(await lines({ sessionPrefix: 'acme/' }, { since: SECOND.startedAt })).toEqual(['acme/two 1', 'acme/one 1']);
  expect(await lines({}, { sessionIds: ['acme2/one', 'nobody'] })).toEqual(['acme2/one 1']);
  await store.close();
});

test('a report is over the models that were asked for, by the days of a zone, and calls its groups as it is told', async () => {
  const store = openSqliteStore(await sampleStore(SESSIONS));
  const cells = async (rest: Partial<ReportScope>) => {
    const scope = scopeBy('day', rest);
    const text = await textOf(reportOnStore(store, { scope, renderer: csvRenderer(scope) }));
    return text
      .trim()
      .split('\r\n')
      .map((line) => line.split(',').slice(0, 2).join(' '));
  };
  expect(await cells({ models: ['llama3.2'] })).toEqual(['day turns', '2026-11-22 1']);
  expect(await cells({ models: [] })).toEqual(['day turns']);
  // 14:05 and 14:06 of UTC are the next day there, and 9:00 is the same.
  expect(await cells({ timeZone: 'Pacific/Kiritimati', groupsAre: 'day there' })).toEqual([
    'day there turns',
    '2026-11-22 4',
  ]);
  expect(() =>
    reportOnStore(store, { scope: scopeBy('day', { timeZone: 'Nowhere' }), renderer: csvRenderer(scopeBy('day')) }),
  ).toThrow('Nowhere');
  const scope = scopeBy('day', { models: ['claude-opus-5'], timeZone: 'Pacific/Kiritimati' });
  const page = await textOf(reportOnStore(store, { scope, renderer: htmlRenderer(scope) }));
  expect(page).toContain('By day (Pacific/Kiritimati)');
  expect(page).toContain('3 turns of 2 sessions by claude-opus-5');
  await store.close();
});

test('sums over the sessions whose ids begin alike are those over the sessions by name', async () => {
  await fc.assert(
    fc.asyncProperty(randomTurns, fc.constantFrom('s', 'a', ''), async (turns, sessionPrefix) => {
      const store = openMemoryStore();
      await commitAll(store, turns);
      const { items } = await store.listSessions({ limit: 1000 });
      const sessionIds = items.map(({ id }) => id).filter((id) => id.startsWith(sessionPrefix));
      const by = ['session', 'tag', 'day'] as const;
      expect(await auditStore(store, { by, sessionPrefix })).toEqual(await auditStore(store, { by, sessionIds }));
    }),
    { numRuns: 50 },
  );
});

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}
