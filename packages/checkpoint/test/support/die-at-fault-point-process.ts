import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../src/index.ts';
import { writes } from './writes.ts';

// Does the write that argv[3] names to the store at argv[2], and is killed at the argv[4]th fault point that it passes, from 1.

const [path = '', name = '', place = ''] = process.argv.slice(2);
let passed = 0;
const store = openSqliteStore({
  path,
  clock: () => 1000,
  onFaultPoint: () => {
    passed++;
    if (passed === Number(place)) process.kill(process.pid, 'SIGKILL');
  },
});
const write = new Map(Object.entries(writes)).get(name);
writeSync(1, 'writing\n');
await write?.(store);
writeSync(1, `passed ${passed}\n`);
