/**
 * From a run's events to what there is to show of it.
 *
 * Owns: what each event changes.
 * Leaves to `calls.ts`: what becomes of tool calls. To `resumed.ts`: a run that another process has taken up.
 *
 * F1. Pure. An event that the view has changes nothing, so a stream that is cut and taken up again, with whatever overlap, makes the same view.
 * F2. An event that comes too early is refused: a view is never built on a gap.
 * F3. Each step costs as much as what it changes: a delta touches the block it belongs to, and not the conversation.
 */

import type { Message } from '@reprise/providers';
import type { RunEvent, TurnEnded } from '../../wire/run-event.ts';
import { answerCall, callsOf, decideCall, endCall, resultsOf, startCall } from './calls.ts';
import { grow } from './grow.ts';
import { resume } from './resumed.ts';
import { EMPTY_RUN, type RunItem, type RunView, type TurnItem } from './run-view.ts';

/** The view after these events; of a run from its start, unless a view is given to go on from. Throws a `RangeError` if one is missing. */
export function foldRun(events: Iterable<RunEvent>, view: RunView = EMPTY_RUN): RunView {
  let folded = view;
  for (const event of events) folded = applyRunEvent(folded, event);
  return folded;
}

/** The view after one event more. Throws a `RangeError` if one is missing between. */
export function applyRunEvent(view: RunView, event: RunEvent): RunView {
  if (event.number <= view.number) return view;
  if (event.number > view.number + 1) {
    throw new RangeError(
      `Event ${event.number} of a run came after event ${view.number}; read on after ${view.number}.`,
    );
  }
  return { ...view, ...changeOf(view, event), number: event.number };
}

/** The messages of the run, as the conversation holds them once it has ended: its input, and what followed. */
export function messagesOf({ input, items }: RunView): readonly Message[] {
  return [...(input ? [input] : []), ...items.flatMap(messagesOfItem)];
}

function messagesOfItem(item: RunItem): readonly Message[] {
  switch (item.type) {
    case 'turn':
      return [item.message, ...resultsOf(item.calls)];
    case 'results':
      return resultsOf(item.calls);
    case 'user':
      return [item.message];
    case 'notice':
      return [];
  }
}

function changeOf(view: RunView, event: RunEvent): Partial<RunView> {
  switch (event.type) {
    case 'run-start':
      return { runId: event.runId, sessionId: event.sessionId, input: event.input };
    case 'run-resumed':
      return resume(view, event);
    case 'text-delta':
    case 'thinking-delta':
    case 'tool-call-delta':
    case 'citation':
    case 'block-end':
      return { growing: grow(view.growing, event) };
    case 'turn-end':
      return endTurn(view, event);
    case 'approval-needed':
      return { items: decideCall(view.items, event.approval) };
    case 'tool-start':
      return { items: startCall(view.items, event) };
    case 'tool-end':
      return { items: endCall(view.items, event) };
    case 'tool-answered':
      return { items: answerCall(view.items, event) };
    case 'message-steered':
      return { items: [...view.items, { type: 'user', message: event.message }] };
    case 'run-end':
      return { growing: [], totals: event.totals, end: event };
    case 'compaction-start':
    case 'compaction-end':
      return { isCompacting: event.type === 'compaction-start', items: [...view.items, { type: 'notice', event }] };
    case 'hook-verdict':
    case 'model-switch':
    case 'retry':
    case 'vendor-event':
    case 'warning':
      return { items: [...view.items, { type: 'notice', event }] };
  }
}

function endTurn(
  view: RunView,
  { type: _, number: __, turn, ...rest }: TurnEnded & { readonly number: number },
): Partial<RunView> {
  const { message, ...facts } = turn;
  const item: TurnItem = {
    type: 'turn',
    message,
    calls: callsOf(message),
    details: { ...rest, turn: facts },
    ...(view.isCompacting ? { isSummary: true } : {}),
  };
  return { growing: [], totals: rest.totals, items: [...view.items, item] };
}
