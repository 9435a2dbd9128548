import { writeSync } from 'node:fs';
import { openPostgresStore } from '../../src/index.ts';
import { turnCommit } from '../../src/testing/builders.ts';

// Commits a second turn to session 'a' of the store at argv[2], schema argv[3], and is killed at the fault point argv[4].

const store = await openPostgresStore({
  connectionString: process.argv[2] ?? '',
  schema: process.argv[3] ?? '',
  onFaultPoint(point) {
    if (point === process.argv[4]) process.kill(process.pid, 'SIGKILL');
  },
});
const session = await store.readSession('a');
writeSync(1, 'committing\n');
const commit = turnCommit({ sessionId: 'a', expectedTip: session?.tip ?? '' }, { name: '2', turnNumber: 2 });
await store.commitTurn(commit);
