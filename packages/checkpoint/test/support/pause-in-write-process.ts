import { writeSync } from 'node:fs';
import { openPostgresStore } from '../../src/index.ts';
import { userEntry } from '../../src/testing/builders.ts';

// Appends to session 'a' of the store at argv[2], schema argv[3], and pauses once everything is written and not committed. Woken, it
// prints what became of its write.

let hasPaused = false;
const store = await openPostgresStore({
  connectionString: process.argv[2] ?? '',
  schema: process.argv[3] ?? '',
  busyTimeoutMs: 1000,
  onFaultPoint(point) {
    if (point !== 'store/written' || hasPaused) return;
    hasPaused = true;
    writeSync(1, 'pausing\n');
    process.kill(process.pid, 'SIGSTOP');
  },
});
const tip = (await store.readSession('a'))?.tip ?? '';
try {
  await store.appendEntries({ sessionId: 'a', expectedTip: tip, entries: [userEntry('from the paused one')], at: 1 });
  writeSync(1, 'written\n');
} catch (error) {
  writeSync(1, `${Object(error).code}\n`);
}
await store.close();
