import { ProviderError } from '../errors.ts';
import { type Message, toolCalls } from '../message.ts';
import type { ModelRequest } from '../request.ts';

/** Fields of the body that `vendorOptions` may not replace: the request has its own words for them. */
const RESERVED_FIELDS = ['messages', 'stream', 'system'] as const;

/** Throws `provider/invalid-request` for a request that the vendor is sure to refuse. */
export function checkRequest(request: ModelRequest): void {
  if (request.messages.length === 0) refuse('messages is empty; at least one message is expected.');
  checkCallsAnswered(request.messages);
  checkToolChoice(request);
  for (const field of RESERVED_FIELDS) {
    if (request.vendorOptions && field in request.vendorOptions) {
      refuse(`vendorOptions.${field} is set; it would replace what the request itself says.`);
    }
  }
}

/** Every call is answered by the tool messages right after it, and nothing else is. */
function checkCallsAnswered(messages: readonly Message[]): void {
  let unanswered = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      for (const { toolCallId } of message.content) {
        if (!unanswered.delete(toolCallId)) {
          refuse(
            `messages[${index}] has a result for call ${toolCallId}, which the assistant message before it lacks.`,
          );
        }
      }
      continue;
    }
    refuseUnanswered(unanswered, `before messages[${index}]`);
    unanswered = new Set(toolCalls(message).map((call) => call.id));
  }
  refuseUnanswered(unanswered, 'at the end of messages');
}

function refuseUnanswered(unanswered: ReadonlySet<string>, where: string): void {
  const [call] = unanswered;
  if (call !== undefined) refuse(`Call ${call} has no result ${where}; a tool message is expected.`);
}

function checkToolChoice({ toolChoice, tools = [], vendorOptions }: ModelRequest): void {
  if (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return;
  if (vendorOptions?.['tools'] !== undefined) return;
  if (toolChoice === 'required') {
    if (tools.length === 0) refuse("toolChoice is 'required', but tools is empty.");
  } else if (!tools.some((tool) => tool.name === toolChoice.tool)) {
    refuse(`toolChoice names ${toolChoice.tool}, which is not one of the tools.`);
  }
}

function refuse(message: string): never {
  throw new ProviderError('provider/invalid-request', message);
}
