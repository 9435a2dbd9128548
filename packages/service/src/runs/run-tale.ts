import type { AgentState, RunEndEvent } from '@reprise/agent';
import type { CheckpointStore, RunRecord } from '@reprise/checkpoint';
import { type Message, messageText } from '@reprise/providers';
import { hasCode, ServiceError } from '../errors.ts';
import { clientSessionId } from '../wire/client-session.ts';
import { totalsOf } from '../wire/encode-event.ts';
import type { RunEventBody, RunOutcome } from '../wire/run-event.ts';
import { toldError } from '../wire/told-error.ts';
import type { RunRequest } from './run-request.ts';

/** What clients are told of how a run begins, goes on elsewhere and ends. */

export function runStarted({ id, sessionId }: RunRecord, { input }: RunRequest, messageCount: number): RunEventBody {
  return {
    type: 'run-start',
    runId: id,
    sessionId: clientSessionId(sessionId),
    ...(input ? { input } : {}),
    messageCount,
  };
}

export function runResumed({ attempt }: RunRecord, messages: readonly Message[], state: AgentState): RunEventBody {
  return { type: 'run-resumed', attempt, messages, totals: totalsOf(state) };
}

/** How many messages the conversation had when the run began, as its first event has it; `undefined` if there is none. */
export async function readMessageCount(
  store: Pick<CheckpointStore, 'readRunEvents'>,
  { id, lastEvent }: RunRecord,
): Promise<number | undefined> {
  if (lastEvent === 0) return undefined;
  const [first] = await store.readRunEvents(id, { limit: 1 });
  // Only this service writes events.
  const event: RunEventBody | undefined = first && JSON.parse(first.event);
  return event?.type === 'run-start' ? event.messageCount : undefined;
}

export function failedOutcome(
  error: Error,
  { state, text }: { readonly state: AgentState; readonly text: string },
): RunOutcome {
  return { reason: 'error', text, totals: totalsOf(state), error: toldError(error) };
}

export function endedOutcome({ reason, state, error }: RunEndEvent, text: string): RunOutcome {
  return { reason, text, totals: totalsOf(state), ...(error ? { error: toldError(error) } : {}) };
}

/** Whether a run found out that an attempt before it had come to the end, and died before it could say so. */
export function wasAnswered({ reason, error }: RunEndEvent, { attempt }: RunRecord): boolean {
  return attempt > 1 && (reason === 'already-answered' || hasCode(error, 'agent/nothing-to-continue'));
}

/** The end that a died attempt had come to, as far as its last turn tells. */
export async function lostOutcome(
  store: Pick<CheckpointStore, 'readLastTurn'>,
  { sessionId }: RunRecord,
  end: Pick<RunEndEvent, 'state'>,
  text: string,
): Promise<RunOutcome> {
  const reason = (await store.readLastTurn(sessionId))?.stopReason ?? 'end-turn';
  const known = reason === 'error' || reason === 'aborted' ? { error: toldError(outcomeLost()) } : {};
  // A row's stop reason is that of the turn which was committed with it.
  return { reason: reason as RunOutcome['reason'], text, totals: totalsOf(end.state), ...known };
}

/** The text of the last answer among these. */
export function lastAnswer(messages: readonly Message[]): string {
  const answer = messages.findLast(({ role }) => role === 'assistant');
  return answer ? messageText(answer) : '';
}

function outcomeLost(): ServiceError {
  return new ServiceError(
    'service/outcome-lost',
    'The answer broke off, and the process died before it could say why.',
  );
}
