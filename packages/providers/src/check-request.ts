import { ProviderError } from './errors.ts';
import { foldGrowing, mapGrowing } from './frozen.ts';
import { asObject } from './json.ts';
import { type Message, type ToolMessage, toolCalls } from './message.ts';
import type { ModelRequest } from './request.ts';
import { requestFault, shown } from './request-fields.ts';
import { isTransient, transientMessages } from './transient.ts';

/**
 * Throws `provider/invalid-request` for what every vendor is sure to refuse, and for a value that a field cannot have. `ownFields` are
 * those of the body that `vendorOptions` may not replace, as the request has its own words for them.
 */
export function checkRequest(request: ModelRequest, ownFields: readonly string[]): void {
  checkMessages(request);
  const fault = requestFault(request);
  if (fault !== undefined) refuseRequest(fault);
  checkCallsAnswered(request.messages);
  checkTransient(request);
  checkToolChoice(request);
  for (const field of ownFields) {
    if (request.vendorOptions && field in request.vendorOptions) {
      refuseRequest(`vendorOptions.${field} is set; it would replace what the request itself says.`);
    }
  }
}

/** Throws `provider/invalid-request`. */
export function refuseRequest(message: string): never {
  throw new ProviderError('provider/invalid-request', message);
}

/** A message that says nothing is refused where an answer to it is asked; before others, those leave it out whose vendor refuses it. */
function checkMessages(request: ModelRequest): void {
  const messages: unknown = asObject(request)?.['messages'];
  if (!asObject(request)) refuseRequest(`The request is ${shown(request)}; { messages } is expected.`);
  if (!Array.isArray(messages)) refuseRequest(`messages is ${shown(messages)}; a list of messages is expected.`);
  if (messages.length === 0) refuseRequest('messages is empty; at least one message is expected.');
  checkShapes(request.messages);
  const last = messages.length - 1;
  if (isEmpty(request.messages[last])) {
    refuseRequest(`messages[${last}] is a user's message without text; give it some, or leave the message out.`);
  }
}

const checkShapes = mapGrowing((message: Message, index) => {
  const { role, content } = asObject(message) ?? {};
  if (!ROLES.has(role) || !Array.isArray(content)) {
    refuseRequest(`messages[${index}] is ${shown(message)}; a message such as userMessage('hi') is expected.`);
  }
  return [];
});

const ROLES: ReadonlySet<unknown> = new Set<Message['role']>(['user', 'assistant', 'tool']);

function isEmpty(message: Message | undefined): boolean {
  return message?.role === 'user' && message.content.every((block) => block.type === 'text' && block.text === '');
}

/** Every call is answered once by the tool messages right after it, and nothing else is. Calls that share an id need a result each. */
function checkCallsAnswered(messages: readonly Message[]): void {
  refuseUnanswered(openCalls(messages).at(-1) ?? [], 'at the end of messages');
}

interface CallIds {
  /** Of the calls in the assistant message before. */
  readonly asked: readonly string[];
  /** Of those of them that have no result yet. */
  readonly open: readonly string[];
}

/** The ids of the calls that have no result yet, after each message. */
const openCalls = foldGrowing({ asked: [], open: [] }, (message: Message, index, { asked, open }: CallIds) => {
  if (message.role !== 'tool') {
    refuseUnanswered(open, `before messages[${index}]`);
    const ids = toolCalls(message).map(({ id }) => id);
    return { results: [ids], state: { asked: ids, open: ids } };
  }
  const left = withoutAnswered({ asked, open }, message, index);
  return { results: [left], state: { asked, open: left } };
});

function withoutAnswered({ asked, open }: CallIds, { content }: ToolMessage, index: number): readonly string[] {
  const left = [...open];
  for (const { toolCallId } of content) {
    const at = left.indexOf(toolCallId);
    if (at === -1) {
      const fault = asked.includes(toolCallId)
        ? 'which has its result already; one for each call is expected'
        : 'which the assistant message before it lacks';
      refuseRequest(`messages[${index}] has a result for call ${toolCallId}, ${fault}.`);
    }
    left.splice(at, 1);
  }
  return left;
}

function refuseUnanswered([call]: readonly string[], where: string): void {
  if (call !== undefined) refuseRequest(`Call ${call} has no result ${where}; a tool message is expected.`);
}

/** What follows a transient message would have another prefix in the next request, and so would a mark on it. */
function checkTransient(request: ModelRequest): void {
  const { messages } = request;
  const stable = messages.length - transientMessages(request).length;
  for (let index = messages.findIndex(isTransient); index !== -1 && index < messages.length; index += 1) {
    const message = messages[index] as Message;
    if (!isTransient(message)) continue;
    if (index < stable) refuseRequest(`messages[${index}] is transient, and others follow it: it must be the last.`);
    if (message.cache)
      refuseRequest(`messages[${index}] is transient and asks to be cached, which nothing could read.`);
  }
}

function checkToolChoice({ toolChoice, tools = [], vendorOptions }: ModelRequest): void {
  if (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return;
  if (vendorOptions?.['tools'] !== undefined) return;
  if (toolChoice === 'required') {
    if (tools.length === 0) refuseRequest("toolChoice is 'required', but tools is empty.");
  } else if (!tools.some((tool) => tool.name === toolChoice.tool)) {
    refuseRequest(`toolChoice names ${toolChoice.tool}, which is not one of the tools.`);
  }
}
