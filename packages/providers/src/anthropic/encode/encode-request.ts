/**
 * A request of ours as the body of a Messages call.
 *
 * Owns: the body's JSON, to the byte.
 * Leaves to `encode-messages.ts`: the history. To `encode-options.ts`: what is asked beside it. To `check-request.ts`: what is refused. To
 * `place-marks.ts`: cache marks.
 *
 * W1. The same request gives the same bytes, and a longer history only adds to them.
 */

import type { ModelRequest, ToolChoice, ToolDefinition } from '../../request.ts';
import type { AnthropicHost } from '../host.ts';
import type { MessagesBody, WireTool, WireToolChoice } from '../wire.ts';
import { encodeMessages, encodeText, leftOutWarnings } from './encode-messages.ts';
import { type EncodedOptions, encodeOptions } from './encode-options.ts';

/** The prefill stands beside the body: it is no part of any later request's prefix, and carries no cache mark. */
export interface EncodedRequest extends Pick<EncodedOptions, 'prefill' | 'hasPrevious' | 'warnings'> {
  readonly body: MessagesBody;
}

/** Throws `provider/invalid-request` where thinking finds no room under `maxTokens`. */
export function encodeRequest(request: ModelRequest, model: string, host: AnthropicHost = 'unknown'): EncodedRequest {
  const { fields, maxTokens, tools: serverTools, warnings, ...rest } = encodeOptions(request, model, host);
  const system = encodeText(request.system ?? '');
  const tools = [...(request.tools ?? []).map(encodeTool), ...serverTools];
  const body: MessagesBody = {
    model,
    max_tokens: maxTokens,
    ...(system.length > 0 ? { system } : {}),
    ...(tools.length > 0 ? { tools } : {}),
    messages: encodeMessages(request.messages),
    ...(request.toolChoice === undefined || tools.length === 0
      ? {}
      : { tool_choice: encodeToolChoice(request.toolChoice) }),
    ...(request.stopSequences === undefined ? {} : { stop_sequences: request.stopSequences }),
    ...fields,
  };
  return { body, ...rest, warnings: [...warnings, ...leftOutWarnings(request.messages)] };
}

function encodeTool({ name, description, inputSchema }: ToolDefinition): WireTool {
  return { name, description, input_schema: inputSchema };
}

function encodeToolChoice(choice: ToolChoice): WireToolChoice {
  if (typeof choice === 'object') return { type: 'tool', name: choice.tool };
  return { type: choice === 'required' ? 'any' : choice };
}
