import type { CheckpointStore, RunRecord } from '@reprise/checkpoint';
import { pause, systemTimers, type Timers } from '../timers.ts';
import type { RunChanges } from './run-changes.ts';

export interface HearingMeans {
  readonly store: Pick<CheckpointStore, 'readRun'>;
  readonly changes: RunChanges;
  readonly after?: Timers['after'];
}

/** Who is told, and until when. */
export interface Hearing {
  readonly signal: AbortSignal;
  /** Somebody asks for the run's end. */
  readonly onStop: () => void;
  /** Another attempt has the run, or it is over, or gone. */
  readonly onLost: () => void;
}

/** The least time between two looks: most changes of a run that is going are its own events. */
const LOOK_MS = 500;

/** How long nothing is heard before somebody looks all the same: that a run was taken over may make no sound. */
const SILENCE_MS = 10_000;

/** Tells once what others, in whichever process, do to a run that is being done here. Never rejects: a look that fails is made again. */
export async function hearOfRun(
  { id, attempt }: RunRecord,
  { store, changes, after = systemTimers.after }: HearingMeans,
  { signal, onStop, onLost }: Hearing,
): Promise<void> {
  let changed = changes.next(id, { signal, timeoutMs: SILENCE_MS });
  let isStopped = false;
  for (;;) {
    await changed;
    if (signal.aborted) return;
    // Before the look: what comes after it is not missed.
    changed = changes.next(id, { signal, timeoutMs: SILENCE_MS });
    const run = await store.readRun(id).catch(() => 'unknown' as const);
    if (signal.aborted) return;
    if (run !== 'unknown' && (run?.attempt !== attempt || run.state === 'ended')) return onLost();
    if (run !== 'unknown' && run.stopRequested && !isStopped) {
      isStopped = true;
      onStop();
    }
    await pause(LOOK_MS, { after }, signal);
  }
}
