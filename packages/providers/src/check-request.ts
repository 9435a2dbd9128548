import { ProviderError } from './errors.ts';
import { type Message, toolCalls } from './message.ts';
import type { ModelRequest } from './request.ts';

/**
 * Throws `provider/invalid-request` for what every vendor is sure to refuse. `ownFields` are those of the body that `vendorOptions` may
 * not replace, as the request has its own words for them.
 */
export function checkRequest(request: ModelRequest, ownFields: readonly string[]): void {
  if (request.messages.length === 0) refuseRequest('messages is empty; at least one message is expected.');
  checkCallsAnswered(request.messages);
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
  let unanswered: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      for (const { toolCallId } of message.content) {
        const at = unanswered.indexOf(toolCallId);
        if (at === -1) {
          refuseRequest(
            `messages[${index}] has a result for call ${toolCallId}, which the assistant message before it lacks.`,
          );
        }
        unanswered.splice(at, 1);
      }
      continue;
    }
    refuseUnanswered(unanswered, `before messages[${index}]`);
    unanswered = toolCalls(message).map((call) => call.id);
  }
  refuseUnanswered(unanswered, 'at the end of messages');
}

function refuseUnanswered([call]: readonly string[], where: string): void {
  if (call !== undefined) refuseRequest(`Call ${call} has no result ${where}; a tool message is expected.`);
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
