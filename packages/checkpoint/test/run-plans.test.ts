import type Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { CheckpointStore, RunRange } from '../src/index.ts';
import { openDatabase } from '../src/sqlite/open-database.ts';
import { createSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { tempStorePath } from './support/temp-folder.ts';

/** A store with a run, and what becomes of the statements that a call prepares: how SQLite will look for each of their rows. */
async function watchedStore() {
  const connection = openDatabase({ path: tempStorePath() });
  const store = createSqliteStore(connection);
  await store.createSession({ id: 'a', createdAt: 1 });
  await store.createRun({ id: 'r', sessionId: 'a', request: '{}', at: 1 });
  const plansOf = async (call: (store: CheckpointStore) => Promise<unknown>): Promise<readonly string[]> => {
    const statements: string[] = [];
    const prepare = connection.prepare.bind(connection);
    connection.prepare = (source: string) => {
      statements.push(source);
      return prepare(source);
    };
    // Statements are prepared once.
    await call(createSqliteStore(connection));
    connection.prepare = prepare;
    return statements.flatMap((statement) => planOf(connection, statement));
  };
  return { store, plansOf };
}

/** The steps that look through a table of runs, sessions or turns. */
function planOf(connection: Database.Database, statement: string): readonly string[] {
  const names = [...statement.matchAll(/@(\w+)/g)].map(([, name]) => name ?? '');
  const bound = names.length > 0 ? [Object.fromEntries(names.map((name) => [name, '']))] : values(statement);
  const explain = connection.prepare<unknown[], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${statement}`);
  return explain
    .all(...bound)
    .flatMap(({ detail }) => (/\b(runs|run_events|sessions|turns)\b/.test(detail) ? detail : []));
}

function values(statement: string): readonly string[] {
  return [...statement.matchAll(/\?/g)].map(() => '');
}

const SEARCH = /^SEARCH /;

const ranges: readonly (readonly [string, RunRange, string])[] = [
  ['of the store', {}, 'COVERING INDEX runs_by_time (created_at<?)'],
  ['of a session', { sessionId: 'a' }, 'COVERING INDEX runs_of_session (session_id=? AND created_at<?)'],
  ['of a prefix', { sessionPrefix: 'a' }, 'COVERING INDEX runs_of_session (session_id>? AND session_id<?)'],
  [
    'that ended, of a prefix',
    { sessionPrefix: 'a', states: ['ended'] },
    'COVERING INDEX runs_of_session (session_id>?',
  ],
  ['that go, of a session', { sessionId: 'a', states: ['going'] }, 'COVERING INDEX runs_not_ended (session_id=?'],
  [
    'that wait, of a prefix',
    { sessionPrefix: 'a', states: ['waiting'] },
    'COVERING INDEX runs_not_ended (session_id>?',
  ],
];

test.each(ranges)('I8 runs %s are found by their index', async (_, range, index) => {
  const { store, plansOf } = await watchedStore();
  const plans = await plansOf((watched) => watched.listRuns(range));
  expect(plans.some((plan) => plan.includes(index))).toBe(true);
  expect(plans.filter((plan) => !SEARCH.test(plan))).toEqual([]);
  await store.close();
});

test('I8 runs that wait are looked for among those that have not ended', async () => {
  const { store, plansOf } = await watchedStore();
  const plans = await plansOf((watched) => watched.listRuns({ states: ['waiting', 'going'] }));
  expect(plans).toContain('SCAN runs USING COVERING INDEX runs_not_ended');
  await store.close();
});

const calls: readonly (readonly [string, (store: CheckpointStore) => Promise<unknown>])[] = [
  ['a run is read', (store) => store.readRun('r')],
  ['a run is asked for', (store) => store.createRun({ id: 's', sessionId: 'a', request: '{}', at: 1 })],
  ['a run is taken up', (store) => store.takeUpRun({ runId: 'r', holder: 'h', at: 1 })],
  ['events are added', (store) => store.appendRunEvents([{ runId: 'r', attempt: 0, after: 0, events: ['1'], at: 1 }])],
  ['events are read', (store) => store.readRunEvents('r', { after: 5 })],
  ['runs of a prefix are counted', (store) => store.countRuns({ sessionPrefix: 'a' })],
  ['old runs are deleted', (store) => store.deleteRuns({ endedBefore: 1 })],
  ['sessions of a prefix are listed', (store) => store.listSessions({ prefix: 'a' })],
  [
    'sessions that ask are listed',
    (store) =>
      store.listSessions({ prefix: 'a', standing: { among: ['asking'], askingKinds: ['x'], brokenOutcome: 'x' } }),
  ],
  ['standings are counted', (store) => store.countStandings({ prefix: 'a', askingKinds: ['x'], brokenOutcome: 'x' })],
  ['turns of a prefix are summed', (store) => store.sumTurns({ by: [], sessionPrefix: 'a' })],
];

test.each(calls)('I8 nothing is looked through when %s', async (_, call) => {
  const { store, plansOf } = await watchedStore();
  const plans = await plansOf(call);
  expect(plans).not.toEqual([]);
  expect(plans.filter((plan) => !SEARCH.test(plan))).toEqual([]);
  await store.close();
});
