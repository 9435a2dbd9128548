import type { AssistantMessage, Message, ToolCallBlock, ToolMessage, ToolResultBlock } from '@reprise/providers';
import type { RunEvent } from '../../wire/run-event.ts';
import type { CallView, RunItem } from './run-view.ts';

type Items = readonly RunItem[];
type Approval = NonNullable<CallView['approval']>;
type ToolAnswered = Extract<RunEvent, { readonly type: 'tool-answered' }>;
type ToolStarted = Extract<RunEvent, { readonly type: 'tool-start' }>;
type ToolEnded = Extract<RunEvent, { readonly type: 'tool-end' }>;

/** The calls that a response makes, of which nothing is known yet. */
export function callsOf({ content }: AssistantMessage): readonly CallView[] {
  return content.flatMap((block) => (block.type === 'tool-call' ? called(block) : []));
}

/** A call of which only the result is known. */
export function answeredCall(result: ToolResultBlock): CallView {
  return { id: result.toolCallId, name: result.toolName, state: 'answered', result };
}

export function decideCall(items: Items, approval: Approval): Items {
  return change(items, approval.call, (view) => ({ ...view, state: 'waiting', approval }));
}

export function startCall(items: Items, { call, effect }: ToolStarted): Items {
  return change(items, call, (view) => ({ ...view, state: 'running', ...(effect && { effect }) }));
}

export function endCall(items: Items, { call, effect, result, durationMs }: ToolEnded): Items {
  return change(items, call, (view) => ({ ...view, state: 'answered', ...(effect && { effect }), result, durationMs }));
}

/** A call that has its result and did not run. */
export function answerCall(items: Items, { call, effect, result }: ToolAnswered): Items {
  return change(items, call, (view) => ({ ...view, state: 'answered', ...(effect && { effect }), result }));
}

/** Calls with the results that a message brings, in call order. */
export function answeredCalls(calls: readonly CallView[], { content }: ToolMessage): readonly CallView[] {
  const results = [...content];
  return calls.map((view) => {
    const place = results.findIndex(({ toolCallId }) => toolCallId === view.id);
    const [result] = place === -1 ? [] : results.splice(place, 1);
    return result ? { ...view, state: 'answered', result } : view;
  });
}

/** The message of a round's results; none while a call of it is open, since a round is answered as a whole. */
export function resultsOf(calls: readonly CallView[]): readonly Message[] {
  const content = calls.flatMap(({ result }) => result ?? []);
  return content.length > 0 && content.length === calls.length ? [{ role: 'tool', content }] : [];
}

/** Changes a call of the last turn, which is the only one with open calls; or of the turn before the run, which this event tells of first. */
function change(items: Items, call: ToolCallBlock, changed: (view: CallView) => CallView): Items {
  const at = items.findLastIndex(({ type }) => type === 'turn' || type === 'results');
  const item = items[at];
  if (item?.type === 'turn' && place(item.calls, call) !== -1)
    return items.with(at, { ...item, calls: changedCalls(item.calls, call, changed) });
  if (item?.type === 'results') return items.with(at, { ...item, calls: changedCalls(item.calls, call, changed) });
  return [...items, { type: 'results', calls: [changed(called(call))] }];
}

function changedCalls(
  calls: readonly CallView[],
  call: ToolCallBlock,
  changed: (view: CallView) => CallView,
): readonly CallView[] {
  const at = place(calls, call);
  const view = calls[at];
  return view ? calls.with(at, changed(view)) : [...calls, changed(called(call))];
}

/** Of several calls with one id, the first that is open. */
function place(calls: readonly CallView[], { id }: ToolCallBlock): number {
  const open = calls.findIndex((view) => view.id === id && view.state !== 'answered');
  return open === -1 ? calls.findIndex((view) => view.id === id) : open;
}

function called(call: ToolCallBlock): CallView {
  return { id: call.id, name: call.name, call, state: 'called' };
}
