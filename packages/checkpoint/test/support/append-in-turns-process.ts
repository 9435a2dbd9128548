import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../src/index.ts';
import { userEntry } from '../../src/testing/builders.ts';

// Appends 100 entries to session `a` of the store at argv[2] that say argv[3] and their number, beside another process that does the same,
// and prints how often that one was faster. Anything else than that ends it.

const [path = '', name = ''] = process.argv.slice(2);
const store = openSqliteStore(path);
let wasFaster = 0;
writeSync(1, 'ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
for (let number = 1; number <= 100; ) {
  const expectedTip = (await store.readSession('a'))?.tip ?? '';
  const append = { sessionId: 'a', expectedTip, entries: [userEntry(`${name} ${number}`)], at: number };
  try {
    await store.appendEntries(append);
    number++;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'checkpoint/tip-moved')) throw error;
    wasFaster++;
  }
}
writeSync(1, `${wasFaster}\n`);
process.stdin.destroy();
