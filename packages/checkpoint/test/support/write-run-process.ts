import { writeSync } from 'node:fs';
import { openPostgresStore } from '../../src/index.ts';

// Writes to run 'r' of the store at argv[2], schema argv[3]. With 'append' as argv[4] it adds an event in the first attempt, after the
// first event; with 'take-up' it takes the run over. At the fault point argv[5] it sends itself the signal argv[6], and if it comes to
// that, prints what became of its write. A server waits twice as long for it as argv[7] says, in milliseconds.

const [, , connectionString = '', schema = '', write, faultPoint, signal, busyTimeoutMs] = process.argv;
let isArmed = false;
const store = await openPostgresStore({
  connectionString,
  schema,
  busyTimeoutMs: Number(busyTimeoutMs),
  onFaultPoint(point) {
    if (point !== faultPoint || !isArmed) return;
    isArmed = false;
    writeSync(1, 'there\n');
    process.kill(process.pid, signal);
  },
});
isArmed = true;
try {
  writeSync(1, `${await (write === 'append' ? append() : takeUp())}\n`);
} catch (error) {
  writeSync(1, `${Object(error).code}\n`);
}
await store.close();

async function append(): Promise<string> {
  const [result] = await store.appendRunEvents([{ runId: 'r', attempt: 1, after: 1, events: ['"late"'], at: 3 }]);
  return result?.isWritten === false ? result.reason : 'written';
}

async function takeUp(): Promise<string> {
  const { attempt } = await store.takeUpRun({ runId: 'r', holder: 'another', at: 3 });
  return `attempt ${attempt}`;
}
