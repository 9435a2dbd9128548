import { ProviderError } from './errors.ts';
import { foldGrowing } from './frozen.ts';
import { type Message, type ToolMessage, toolCalls } from './message.ts';
import type { ModelRequest } from './request.ts';
import { isTransient, transientMessages } from './transient.ts';

/**
 * Throws `provider/invalid-request` for what every vendor is sure to refuse. `ownFields` are those of the body that `vendorOptions` may
 * not replace, as the request has its own words for them.
 */
export function checkRequest(request: ModelRequest, ownFields: readonly string[]): void {
  if (request.messages.length === 0) refuseRequest('messages is empty; at least one message is expected.');
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

/** Every call is answered once by the tool messages right after it, and nothing else is. Calls that share an id need a result each. */
function checkCallsAnswered(messages: readonly Message[]): void {
  refuseUnanswered(openCalls(messages).at(-1) ?? [], 'at the end of messages');
}

/** The ids of the calls that have no result yet, after each message. */
const openCalls = foldGrowing([], (message: Message, index, open: readonly string[]) => {
  if (message.role !== 'tool') refuseUnanswered(open, `before messages[${index}]`);
  const state =
    message.role === 'tool' ? withoutAnswered(open, message, index) : toolCalls(message).map(({ id }) => id);
  return { results: [state], state };
});

function withoutAnswered(open: readonly string[], { content }: ToolMessage, index: number): readonly string[] {
  const left = [...open];
  for (const { toolCallId } of content) {
    const at = left.indexOf(toolCallId);
    if (at === -1) {
      refuseRequest(
        `messages[${index}] has a result for call ${toolCallId}, which the assistant message before it lacks.`,
      );
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
