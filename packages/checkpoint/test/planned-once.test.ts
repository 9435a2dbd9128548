import { expect, test } from 'vitest';
import { openDatabase } from '../src/sqlite/open-database.ts';
import { createSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { tempStorePath } from './support/temp-folder.ts';

/** A value that SQLite sees when it plans: it plans a join with one anew at each call. A `+` before it hides it. */
const BARE_VALUE = /[=<>(,]\s*(\?|@\w+)/;

test('I8 no join that a turn needs is planned anew at each call', async () => {
  const connection = openDatabase({ path: tempStorePath() });
  const statements: string[] = [];
  const prepare = connection.prepare.bind(connection);
  connection.prepare = (source: string) => {
    statements.push(source);
    return prepare(source);
  };
  const store = createSqliteStore(connection);
  const { tip: expectedTip } = await store.createSession({ id: 'a', createdAt: 1 });
  const lease = await store.acquireLease({ sessionId: 'a', holder: 'me', ttlMs: 60_000 });
  const place = { sessionId: 'a', fence: lease.fence };
  const { tip } = await store.appendEntries({ ...place, expectedTip, entries: [userEntry('question')], at: 1 });
  const commit = turnCommit({ ...place, expectedTip: tip }, { name: '1' });
  await store.beginTurn({ ...place, expectedTip: tip, turn: commit.turn });
  await store.commitTurn({ ...commit, ...place });
  await store.readLastTurn('a');
  await store.readLastSnapshot('a');
  await store.releaseLease(lease);

  const joins = statements.filter((statement) => /^\s*select .* join /is.test(statement));
  expect(joins.length).toBeGreaterThan(2);
  expect(joins.filter((statement) => BARE_VALUE.test(statement.slice(statement.search(/\bwhere\b/i))))).toEqual([]);
  await store.close();
});
