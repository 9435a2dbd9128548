import { createHolderName, isHolderGone } from '@reprise/agent';
import { type CheckpointStore, itemsOf, type RunRecord, type RunState } from '@reprise/checkpoint';
import { readRunRequest } from '../runs/run-request.ts';
import { systemTimers, type Timers } from '../timers.ts';
import type { QueuedRun, RunQueue } from './run-queue.ts';

type RecoveryStore = Pick<CheckpointStore, 'listRuns' | 'readLease'>;

/**
 * Puts runs in line, in the order in which they were asked for, that are in the store and not over: those that nobody has taken up, and
 * those whose process is gone. One that another process may still be doing is left alone: on this machine as long as that process runs,
 * elsewhere as long as its session's lease is renewed. For a line that ends with its process, when that begins, and now and then after
 * it. Resolves to how many were left alone.
 */
export async function recoverRuns(
  store: RecoveryStore,
  queue: Pick<RunQueue, 'enqueue'>,
  { clock = systemTimers.clock }: Partial<Pick<Timers, 'clock'>> = {},
): Promise<number> {
  const states: readonly RunState[] = ['waiting', 'going'];
  const newestFirst = await Array.fromAsync(itemsOf((page) => store.listRuns({ states, ...page })));
  let leftAlone = 0;
  for (const run of newestFirst.reverse()) {
    if (await isBeingDone(store, run, clock())) leftAlone += 1;
    else await queue.enqueue(asQueued(run));
  }
  return leftAlone;
}

/** The run as it stands in line. */
export function asQueued({ id: runId, sessionId, request }: RunRecord): QueuedRun {
  const { onBusy } = readRunRequest(request);
  return { runId, sessionId, ...(onBusy === 'steer' || onBusy === 'interrupt' ? { isBeside: true } : {}) };
}

async function isBeingDone(
  store: RecoveryStore,
  { state, holder, sessionId }: RunRecord,
  now: number,
): Promise<boolean> {
  if (state === 'waiting' || holder === null || isHolderGone(holder)) return false;
  if (hostOf(holder) === hostOf(createHolderName())) return true;
  const lease = await store.readLease(sessionId);
  return lease?.holder != null && lease.expiresAt > now;
}

function hostOf(holder: string): string {
  return holder.slice(0, holder.indexOf('/'));
}
