import type { OpenApproval } from '@reprise/agent';
import type { AssistantBlock, Message, ToolCallBlock, ToolResultBlock, UserMessage } from '@reprise/providers';
import { plainOutput, textOf, userParts } from './ui-parts.ts';

/** A message as the AI SDK keeps it. */
export interface UiMessage {
  readonly id: string;
  readonly role: 'assistant' | 'user';
  readonly parts: readonly UiPart[];
}

type UiPart = Readonly<Record<string, unknown>>;

/** A conversation as the AI SDK shows it: what was said to one message is one message, each turn a step of it. */
export function uiHistory(messages: readonly Message[], approvals: readonly OpenApproval[]): readonly UiMessage[] {
  const history: UiMessage[] = [];
  const results = new Map<string, ToolResultBlock>();
  for (const message of messages.toReversed()) {
    if (message.role === 'tool') for (const result of message.content) results.set(result.toolCallId, result);
    // From the end on, a call's result is the last that was kept by its id.
    else if (message.role === 'assistant')
      history.push({ id: '', role: 'assistant', parts: stepOf(message.content, results, approvals) });
    else history.push(uiUserMessage(message, ''));
  }
  return history
    .reverse()
    .reduce(joined, [])
    .map((message, index) => ({ ...message, id: `message-${index}` }));
}

export function uiUserMessage(message: UserMessage, id: string): UiMessage {
  return { id, role: 'user', parts: userParts(message) };
}

function joined(history: readonly UiMessage[], message: UiMessage): readonly UiMessage[] {
  const last = history.at(-1);
  if (last?.role !== 'assistant' || message.role !== 'assistant') return [...history, message];
  return history.with(-1, { ...last, parts: [...last.parts, ...message.parts] });
}

function stepOf(
  content: readonly AssistantBlock[],
  results: Map<string, ToolResultBlock>,
  approvals: readonly OpenApproval[],
): readonly UiPart[] {
  const parts = content.flatMap((block): readonly UiPart[] => {
    if (block.type === 'text') return [{ type: 'text', text: block.text, state: 'done' }];
    if (block.type === 'thinking') return [{ type: 'reasoning', text: block.text, state: 'done' }];
    if (block.type !== 'tool-call') return [];
    const result = results.get(block.id);
    results.delete(block.id);
    const approval = approvals.find(({ request }) => request.call.id === block.id);
    return [{ ...callPart(block), ...(result ? answered(result) : open(approval)) }];
  });
  return [{ type: 'step-start' }, ...parts];
}

function callPart({ id, name, arguments: input, argumentsText }: ToolCallBlock): UiPart {
  return { type: `tool-${name}`, toolCallId: id, input: input ?? argumentsText };
}

function answered(result: ToolResultBlock): UiPart {
  if (result.isError) return { state: 'output-error', errorText: textOf(result) };
  return { state: 'output-available', output: plainOutput(result) };
}

function open(approval: OpenApproval | undefined): UiPart {
  if (!approval) return { state: 'input-available' };
  const { request, decision } = approval;
  const asked = { id: request.id, ...(request.reason === undefined ? {} : { requestReason: request.reason }) };
  if (!decision) return { state: 'approval-requested', approval: asked };
  const reason = decision.reason === undefined ? {} : { reason: decision.reason };
  return { state: 'approval-responded', approval: { ...asked, approved: decision.isApproved, ...reason } };
}
