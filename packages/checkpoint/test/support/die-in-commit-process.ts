import { writeSync } from 'node:fs';
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { createSqliteStore } from '../../src/sqlite/sqlite-store.ts';
import { turnCommit } from '../../src/testing/builders.ts';

// Commits one turn to the store at argv[2], and is killed in the middle of the next, after the statement that argv[3] names.

const connection = openDatabase({ path: process.argv[2] ?? '' });
const store = createSqliteStore(connection);
const { tip: root } = await store.createSession({ id: 'a', createdAt: 1 });
const { tip } = await store.commitTurn(turnCommit({ sessionId: 'a', expectedTip: root }, { name: '1' }));

connection.function('die', () => {
  process.kill(process.pid, 'SIGKILL');
});
connection.exec(`CREATE TEMP TRIGGER death AFTER ${process.argv[3]} BEGIN SELECT die(); END`);
writeSync(1, 'committing\n');
await store.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '2', turnNumber: 2 }));
