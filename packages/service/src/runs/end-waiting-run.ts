import type { CheckpointStore, RunRecord, Snapshot } from '@reprise/checkpoint';
import { hasCode } from '../errors.ts';
import type { RunOutcome, Totals } from '../wire/run-event.ts';
import { encodeOutcome } from './run-outcome.ts';
import { readRunRequest } from './run-request.ts';
import { runStarted } from './run-tale.ts';

export interface EndMeans {
  readonly store: Pick<CheckpointStore, 'appendRunEvents' | 'readLastSnapshot' | 'takeUpRun'>;
  readonly clock: () => number;
}

/** Under this name a run is taken up only to be ended. */
const HOLDER = 'ended in line';

/**
 * Ends a run unstarted that waits in line and that somebody wants to end: who asks need not wait until its turn comes. A worker that was
 * just taking it up lets it go.
 */
export async function endWaitingRun(run: RunRecord, { store, clock }: EndMeans): Promise<void> {
  if (run.state !== 'waiting') return;
  const { id: runId, sessionId } = run;
  const snapshot = await store.readLastSnapshot(sessionId);
  const taken = await store.takeUpRun({ runId, holder: HOLDER, at: clock() }).catch((error: unknown) => {
    if (hasCode(error, 'checkpoint/run-ended')) return undefined;
    throw error;
  });
  if (!taken) return;
  const outcome: RunOutcome = { reason: 'aborted', text: '', totals: totalsAt(snapshot) };
  const started = runStarted(run, readRunRequest(run.request), snapshot?.messageCount ?? 0);
  const { attempt, lastEvent: after } = taken;
  const told = [...(after === 0 ? [started] : []), { type: 'run-end', ...outcome }];
  const events = told.map((event) => JSON.stringify(event));
  const end = { outcome: encodeOutcome(outcome) };
  await store.appendRunEvents([{ runId, attempt, after, events, end, at: clock() }]);
}

function totalsAt(snapshot: Snapshot | undefined): Totals {
  return {
    turnCount: snapshot?.turnCount ?? 0,
    silentTurnCount: snapshot?.silentTurnCount ?? 0,
    totalInputTokens: snapshot?.tokenSnapshot.input ?? 0,
    totalOutputTokens: snapshot?.tokenSnapshot.output ?? 0,
    totalReasoningTokens: snapshot?.tokenSnapshot.reasoning ?? 0,
    totalCacheReadTokens: snapshot?.tokenSnapshot.cacheRead ?? 0,
    totalCacheWriteTokens: snapshot?.tokenSnapshot.cacheWrite ?? 0,
  };
}
