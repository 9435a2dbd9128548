/**
 * A run as one client follows it, in whichever process the run is.
 *
 * Owns: that a client sees each event once, in order, from where it left.
 * Leaves to `run-log.ts`: when events become durable; nobody sees one before. To `run-changes.ts`: when to look.
 *
 * F1. A change is waited for from before the store is read: none falls between.
 * F2. No more is read than the client takes: one page at a time.
 * F3. It ends after `run-end`, when the run is gone, and at an abort.
 */

import type { CheckpointStore, RunEvent, RunId } from '@reprise/checkpoint';
import { hasCode } from '../errors.ts';
import { systemTimers, type Timers } from '../timers.ts';
import type { RunChanges } from './run-changes.ts';

/** Something of a run, or that nothing has come of it for a while. */
export type FollowedRun = { readonly events: readonly FollowedEvent[] } | { readonly isIdle: true };

export interface FollowedEvent {
  readonly number: number;
  /** A `RunEvent` as JSON text, its number included. */
  readonly json: string;
}

export interface FollowTerms extends Partial<Pick<Timers, 'clock'>> {
  readonly store: Pick<CheckpointStore, 'readRun' | 'readRunEvents'>;
  readonly changes: RunChanges;
  readonly runId: RunId;
  /** The number of the last event that is known. Default 0. */
  readonly after?: number;
  readonly signal: AbortSignal;
  /** How long nothing may come before that is told. Default 15 000. */
  readonly heartbeatMs?: number;
}

/** How many events are read at once. */
const PAGE = 200;

const DEFAULT_HEARTBEAT_MS = 15_000;

/** Rejects with `checkpoint/run-missing` if there is no such run, or none any more, when it is first read. */
export async function* followRun({
  store,
  changes,
  runId,
  after = 0,
  signal,
  heartbeatMs = DEFAULT_HEARTBEAT_MS,
  clock = systemTimers.clock,
}: FollowTerms): AsyncGenerator<FollowedRun, void, undefined> {
  const left = new AbortController();
  const wait = { signal: AbortSignal.any([signal, left.signal]) };
  let [last, toldAt] = [after, clock()];
  let changed = changes.next(runId, { ...wait, timeoutMs: heartbeatMs });
  try {
    let page = await store.readRunEvents(runId, { after: last, limit: PAGE });
    if (page.length === 0 && (await isOver(store, runId, last))) return;
    for (;;) {
      if (signal.aborted) return;
      if (page.length > 0) {
        yield { events: page.map(withNumber) };
        [last, toldAt] = [page.at(-1)?.number ?? last, clock()];
        if (page.some(isRunEnd)) return;
      }
      if (page.length < PAGE) {
        await changed;
        if (signal.aborted) return;
        if (clock() >= toldAt + heartbeatMs) {
          yield { isIdle: true };
          toldAt = clock();
        }
        // From when something was told: on some stores every run's changes wake this one.
        const timeoutMs = Math.max(toldAt + heartbeatMs - clock(), 1);
        changed = changes.next(runId, { ...wait, timeoutMs });
      }
      page = await readOn(store, runId, last);
      if (page.length === 0 && (await isOver(store, runId, last))) return;
    }
  } finally {
    left.abort();
  }
}

/** The run may have been deleted since it was first read. */
async function readOn(store: FollowTerms['store'], runId: RunId, after: number): Promise<readonly RunEvent[]> {
  try {
    return await store.readRunEvents(runId, { after, limit: PAGE });
  } catch (error) {
    if (hasCode(error, 'checkpoint/run-missing')) return [];
    throw error;
  }
}

/** Whether nothing comes after that event any more. It may have ended since its events were read, and then there are more. */
async function isOver(store: FollowTerms['store'], runId: RunId, last: number): Promise<boolean> {
  const run = await store.readRun(runId);
  return run === undefined || (run.state === 'ended' && run.lastEvent <= last);
}

function withNumber({ number, event }: RunEvent): FollowedEvent {
  return { number, json: `{"number":${number},${event.slice(1)}` };
}

/** Every event is written with its type first. */
function isRunEnd({ event }: RunEvent): boolean {
  return event.startsWith('{"type":"run-end"');
}
