import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { type CheckpointStore, openPostgresStore } from '../../src/index.ts';

// Adds events to the runs 'run-0' to 'run-19', in their first attempt, in the store at argv[2], schema argv[3], with fifty writers at once,
// none of which knows of the others. Each adds to two runs twice, one to three events, and says in them who it is, of argv[4], and which
// of its events it is.

const RUNS = 20;

const store = await openPostgresStore({
  connectionString: process.argv[2] ?? '',
  schema: process.argv[3] ?? '',
  busyTimeoutMs: 60_000,
});
writeSync(1, 'ready\n');
await once(process.stdin, 'data');
await Promise.all(Array.from({ length: 50 }, (_, writer) => addTwice(writer)));
await store.close();
process.stdin.destroy();

async function addTwice(writer: number): Promise<void> {
  // In any order of their names.
  const runIds = [writer % RUNS, (7 * writer + 3) % RUNS].map((run) => `run-${run}`);
  for (const round of [0, 1]) {
    const size = 1 + (writer % 3);
    const places = Array.from({ length: size }, (_, index) => round * size + index + 1);
    const events = places.map((place) => JSON.stringify(`${process.argv[4]} ${writer} ${place}`));
    while (!(await added(store, runIds, events)));
  }
}

/** Whether nobody was faster. */
async function added(
  { readRun, appendRunEvents }: CheckpointStore,
  runIds: readonly string[],
  events: readonly string[],
): Promise<boolean> {
  const runs = await Promise.all(runIds.map((runId) => readRun(runId)));
  const appends = runIds.map((runId, index) => ({
    runId,
    attempt: 1,
    after: runs[index]?.lastEvent ?? 0,
    events,
    at: 1,
  }));
  try {
    const results = await appendRunEvents(appends);
    if (results.every(({ isWritten }) => isWritten)) return true;
    throw new Error(JSON.stringify(results));
  } catch (error) {
    if (Object(error).code === 'checkpoint/invalid-write') return false;
    throw error;
  }
}
