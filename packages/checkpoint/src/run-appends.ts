import { requireCounts, requireText } from './checks.ts';
import { invalidWrite, runEnded } from './refusals.ts';
import type { NewRun, RunAppend, RunAppendResult, RunId, RunRange, RunRecord } from './run.ts';

/** What every store decides alike when a run is written, or asked for. */

/** Throws `checkpoint/invalid-write` for what a store cannot keep. */
export function checkRun({ id, request, at }: NewRun): void {
  requireText(id, 'The id of a run');
  requireText(request, `The request of run '${id}'`);
  requireCounts({ at }, `Run '${id}'`);
}

/** Throws `checkpoint/invalid-write` for what a store cannot keep. */
export function checkRunAppends(appends: readonly RunAppend[]): void {
  for (const { runId, attempt, after, events, end, at } of appends) {
    requireCounts({ attempt, after, at }, `The events of run '${runId}'`);
    for (const event of events) requireText(event, `An event of run '${runId}'`);
    requireText(end?.outcome ?? null, `The outcome of run '${runId}'`);
  }
  const named = new Set(appends.map(({ runId }) => runId));
  if (named.size < appends.length) throw invalidWrite('A run is named twice in one append');
}

/** Throws `checkpoint/invalid-write` for a range that is none. */
export function checkRunRange({ sessionId, sessionPrefix }: RunRange): void {
  requireText(sessionId ?? null, 'The session whose runs are looked for');
  requireText(sessionPrefix ?? null, 'The prefix of the sessions whose runs are looked for');
}

/** Which events are asked for, with the defaults. Throws `checkpoint/invalid-write` for numbers that are none. */
export function checkEventRange({ after = 0, limit = DEFAULT_EVENTS }: EventRange): Required<EventRange> {
  requireCounts({ after, limit }, 'The events of a run');
  return { after, limit };
}

interface EventRange {
  readonly after?: number;
  readonly limit?: number;
}

const DEFAULT_EVENTS = 1000;

/** Throws `checkpoint/invalid-write`. */
export function checkRunDeletion({ endedBefore }: { readonly endedBefore: number }): void {
  requireCounts({ endedBefore }, 'The deletion of runs');
}

/** The run as it is before anybody has taken it up. */
export function newRun({ id, sessionId, request, at }: NewRun): RunRecord {
  const nobody = { attempt: 0, holder: null, startedAt: null } as const;
  const open = { stopRequested: false, lastEvent: 0, endedAt: null, outcome: null } as const;
  return { id, sessionId, state: 'waiting', request, ...nobody, ...open, createdAt: at };
}

/** The run in the hands of that holder. Throws `checkpoint/run-ended`, and `checkpoint/invalid-write` for what a store cannot keep. */
export function takenUp<Run extends Omit<RunRecord, 'request'>>(
  run: Run,
  { runId, holder, at }: { readonly runId: RunId; readonly holder: string; readonly at: number },
): Run {
  requireText(holder, `The holder of run '${runId}'`);
  requireCounts({ at }, `Run '${runId}'`);
  if (run.state === 'ended') throw runEnded(runId);
  return { ...run, state: 'going', attempt: run.attempt + 1, holder, startedAt: run.startedAt ?? at };
}

/** Why the events may not be written; `undefined` if they may. Throws `checkpoint/invalid-write` if the writer has lost count. */
export function refuseAppend(
  run: Omit<RunRecord, 'request'> | undefined,
  { runId, attempt, after }: RunAppend,
): Extract<RunAppendResult, { readonly isWritten: false }> | undefined {
  if (!run) return { isWritten: false, reason: 'missing' };
  if (run.state === 'ended') return { isWritten: false, reason: 'ended' };
  if (run.attempt !== attempt) return { isWritten: false, reason: 'taken-over' };
  if (run.lastEvent === after) return undefined;
  throw invalidWrite(`Run '${runId}' has ${run.lastEvent} events, and the writer takes it for ${after}`);
}

/** The run after the append. */
export function appended<Run extends Omit<RunRecord, 'request'>>(run: Run, { events, end, at }: RunAppend): Run {
  const lastEvent = run.lastEvent + events.length;
  return end ? { ...run, lastEvent, state: 'ended', outcome: end.outcome, endedAt: at } : { ...run, lastEvent };
}

/** Whether the append changes the run. One that does not asks whether the run is still the writer's, and whether it is to stop. */
export function isChange({ events, end }: RunAppend): boolean {
  return events.length > 0 || end !== undefined;
}
