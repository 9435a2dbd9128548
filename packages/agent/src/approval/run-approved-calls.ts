/**
 * The calls of one turn, run as far as they may.
 *
 * Owns: the order of request, announcement, decision and run.
 * Leaves to `gate-calls.ts`: which calls may run. To `tools/run-tool-calls.ts`: running them. To `tool-round.ts`: committing the results.
 *
 * W1. A request is durable before anybody hears of it, and a decision before anything follows from it.
 * W2. Calls that need no approval do not wait for those that do; those that are decided do not wait for the others.
 * W3. Each decision has the calls looked at anew: what waits may be another act by then.
 * W4. While a call waits for a decision its turn stays as it is, also after an abort, which decides nothing.
 */

import type { ApprovalNeededEvent } from '../agent-event.ts';
import type { Recorder } from '../recorder.ts';
import type { PlannedCall } from '../session/repair.ts';
import type { CallOutcomes, ToolEvent } from '../tools/run-call.ts';
import { failureIn, runToolCalls, type ToolCallsOptions } from '../tools/run-tool-calls.ts';
import type { Approve } from './approval.ts';
import { gateCalls, type WaitingCall } from './gate-calls.ts';
import { decisionOn, lastRequest } from './plan-approval.ts';
import { createQuestions } from './questions.ts';

export interface ApprovedCallsOptions extends ToolCallsOptions {
  readonly approve: Approve | undefined;
}

type Events<Event> = AsyncGenerator<Event, void, undefined>;

/** As `runToolCalls`; calls that wait for a decision have no result at the end. Rejects with what `approve` has failed with, too. */
export async function* runApprovedCalls(
  planned: readonly PlannedCall[],
  results: CallOutcomes,
  options: ApprovedCallsOptions,
): Events<ApprovalNeededEvent | ToolEvent> {
  const { recorder, signal, ports, approve } = options;
  const questions = createQuestions({ approve, signal, clock: ports.clock });
  const announced = new Set<string>();
  try {
    for (let open = planned; open.length > 0; ) {
      // A copy, since its owner may change the list while somebody decides: what is looked at is what runs.
      const pass = { ...options, tools: [...options.tools] };
      const { ready, waiting, checked } = await gateCalls(open, pass);
      if (signal.aborted) return;
      yield* announce(waiting, announced, options);
      for (const { request } of waiting) questions.ask(request);
      yield* runToolCalls(ready, results, { ...pass, checked });
      if (failureIn(planned, results, options)) return;
      open = waiting.map((each) => each.planned);
      // Nobody knows how long a decision takes: what ran by now is not to wait for it.
      if (open.length > 0) await recorder.settle();
      const decided = await questions.next();
      if (decided.length === 0) return;
      for (const decision of decided) await recorder.decideApproval(decision);
      ports.onFaultPoint?.('agent/approval-decided');
    }
  } finally {
    questions.end();
  }
}

/** Whether calls without a result wait for somebody's decision. */
export function waitsForDecision(
  planned: readonly PlannedCall[],
  results: CallOutcomes,
  recorder: Pick<Recorder, 'approvals' | 'lastTurn'>,
): boolean {
  const [log, place] = [recorder.approvals(), recorder.lastTurn()];
  return planned.some(({ call, position }) => {
    const request = results.has(call) ? undefined : lastRequest(log, { ...place, position });
    return request !== undefined && decisionOn(log, request.id) === undefined;
  });
}

async function* announce(
  waiting: readonly WaitingCall[],
  announced: Set<string>,
  { recorder, ports }: ToolCallsOptions,
): Events<ApprovalNeededEvent> {
  const asked = waiting.flatMap(({ request, isNew }) => (isNew ? request : []));
  if (asked.length > 0) {
    await recorder.requestApprovals(asked);
    ports.onFaultPoint?.('agent/approval-requested');
  }
  for (const { request } of waiting) {
    if (announced.has(request.id)) continue;
    announced.add(request.id);
    yield { type: 'approval-needed', approval: request };
  }
}
