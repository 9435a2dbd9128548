import { openPostgresStore } from '@reprise/checkpoint';
import { startWorker } from '@reprise/service';
import { openPgBossQueue } from '@reprise/service/pg-boss';
import { isExpected } from '../../errors.ts';
import { openFolder } from '../../folder.ts';
import { servedAgents } from '../served-agents.ts';
import type { ServerMessage, WorkerMessage, WorkerTask } from './protocol.ts';

/** How long a worker may take to leave its runs when its server is gone, in milliseconds. */
const ORPHAN_DEADLINE_MS = 5000;

/** Works on runs until the server says stop, or is gone. */
export async function serveRuns(): Promise<void> {
  const { task, stopped } = connectToServer();
  try {
    await workUntil(stopped, await task);
  } catch (error) {
    if (!isExpected(error)) throw error;
    tell({ type: 'failed', message: error.message });
    process.exitCode = 1;
  } finally {
    if (process.connected) process.disconnect();
  }
}

async function workUntil(stopped: Promise<number>, task: WorkerTask): Promise<void> {
  const { connectionString, concurrency } = task;
  const store = await openPostgresStore({ connectionString });
  try {
    const agent = servedAgents(await openFolder(task.folder), task.models);
    const queue = await openPgBossQueue({ connectionString, store });
    try {
      const worker = await startWorker({ agent, store, queue, concurrency });
      tell({ type: 'ready' });
      await worker.stop({ deadlineMs: await stopped });
    } finally {
      await queue.close();
    }
  } finally {
    await store.close();
  }
}

function connectToServer(): { readonly task: Promise<WorkerTask>; readonly stopped: Promise<number> } {
  const start = Promise.withResolvers<WorkerTask>();
  const stop = Promise.withResolvers<number>();
  process.on('message', (message: ServerMessage) => {
    if (message.type === 'start') start.resolve(message.task);
    else stop.resolve(message.deadlineMs);
  });
  process.on('disconnect', () => stop.resolve(ORPHAN_DEADLINE_MS));
  // A terminal sends Ctrl-C to every process; this one waits to be told.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => stop.resolve(ORPHAN_DEADLINE_MS));
  return { task: start.promise, stopped: stop.promise };
}

function tell(message: WorkerMessage): void {
  // An error means that the server is gone, which `disconnect` tells as well.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
