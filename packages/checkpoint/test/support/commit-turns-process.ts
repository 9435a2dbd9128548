import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../src/index.ts';
import { turnCommit, userEntry } from '../../src/testing/builders.ts';

// Commits turns to the store at argv[2] until it is killed, and prints the number of each turn once it is committed.

const store = openSqliteStore(process.argv[2] ?? '');
let { tip: expectedTip } = await store.createSession({ id: 'a', createdAt: 1 });
for (let turnNumber = 1; ; turnNumber++) {
  const entries = [userEntry(`question ${turnNumber}`)];
  const appended = await store.appendEntries({ sessionId: 'a', expectedTip, entries, at: turnNumber });
  const place = { sessionId: 'a', expectedTip: appended.tip };
  const committed = await store.commitTurn(turnCommit(place, { name: `${turnNumber}`, turnNumber }));
  expectedTip = committed.tip;
  writeSync(1, `${turnNumber}\n`);
}
