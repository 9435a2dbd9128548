import type { NewRun, RunAppend, RunId, RunRecord } from '../../run.ts';
import type { CheckpointStore } from '../../store.ts';
import { CREATED_AT } from './suite.ts';

/** Asks for a run of session `a`. */
export function createRun(store: CheckpointStore, id: RunId, given: Partial<NewRun> = {}): Promise<RunRecord> {
  return store.createRun({ sessionId: 'a', request: '{}', at: CREATED_AT, ...given, id });
}

/** Takes a run up, or over. */
export function takeUp(store: CheckpointStore, runId: RunId, holder = 'worker'): Promise<RunRecord> {
  return store.takeUpRun({ runId, holder, at: CREATED_AT + 1 });
}

/** Events of the first attempt, after none. */
export function append(runId: RunId, given: Partial<RunAppend> = {}): RunAppend {
  return { runId, attempt: 1, after: 0, events: [], at: CREATED_AT + 2, ...given };
}

/** Runs that were taken up and have ended at that time. */
export async function endedRuns(store: CheckpointStore, ids: readonly RunId[], at: number): Promise<void> {
  for (const id of ids) {
    await createRun(store, id, { at: 1 });
    await takeUp(store, id);
  }
  await store.appendRunEvents(ids.map((id) => append(id, { events: ['"last"'], end: { outcome: '"done"' }, at })));
}
