/**
 * A request of ours as the body of a Chat Completions call.
 *
 * Owns: the body's JSON, to the byte.
 * Leaves to `encode-messages.ts`: the history. To `claude-messages.ts`: what Claude's vendor would refuse of it. To `encode-options.ts`:
 * what is asked beside it. To `vendor-list.ts`: what a vendor wants otherwise.
 *
 * W1. The same request gives the same bytes, and a longer history only adds to them.
 * W2. What every vendor is sure to refuse is refused at once.
 */

import { asObject, type JsonObject } from '../../json.ts';
import type { ModelRequest, ToolChoice, ToolDefinition } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import { withUniqueCallIds } from '../../unique-call-ids.ts';
import type { ChatVendor } from '../vendors.ts';
import { claudeMessages, isClaude } from './claude-messages.ts';
import { type ChatMessage, encodeMessages, leftOutWarnings } from './encode-messages.ts';
import { encodeOptions } from './encode-options.ts';

export interface ChatBody {
  readonly model: string;
  readonly messages: readonly (ChatMessage | JsonObject)[];
  readonly stream: true;
  readonly [field: string]: unknown;
}

export interface EncodedRequest {
  readonly body: ChatBody;
  readonly headers: Readonly<Record<string, string>>;
  /** What was adapted. */
  readonly warnings: readonly WarningEvent[];
}

/** Throws `provider/invalid-request`, `provider/unsupported` or `provider/unsupported-media` for what has no place in the body. */
export function encodeRequest(request: ModelRequest, model: string, vendor: ChatVendor): EncodedRequest {
  const { vendorOptions = {} } = request;
  const options = encodeOptions(request, model, vendor);
  const ownTools = (request.tools ?? []).map(encodeTool);
  const tools = [...ownTools, ...options.tools];
  const messages = [
    ...encodeSystem([request.system ?? '', options.instruction]),
    ...encodeMessages(withUniqueCallIds(request.messages), model, vendor),
  ];
  const body: ChatBody = {
    model,
    messages: [...(isClaude(model) ? claudeMessages(messages) : messages), ...options.beginning],
    ...(tools.length > 0 ? { tools } : {}),
    ...(request.toolChoice === undefined || ownTools.length === 0
      ? {}
      : { tool_choice: encodeToolChoice(request.toolChoice) }),
    ...(request.maxTokens === undefined ? {} : { [vendor.maxTokensField ?? 'max_tokens']: request.maxTokens }),
    ...(request.stopSequences === undefined ? {} : { stop: [...request.stopSequences] }),
    ...options.fields,
    ...vendorOptions,
    ...mergeSettings(options.fields, vendorOptions),
    stream: true,
    ...encodeUsageOption(vendorOptions, vendor),
  };
  const warnings = [...options.warnings, ...leftOutWarnings(request.messages)];
  return { body, headers: options.headers, warnings };
}

function encodeSystem(texts: readonly string[]): readonly ChatMessage[] {
  const system = texts.filter((text) => text !== '').join('\n\n');
  return system === '' ? [] : [{ role: 'system', content: system }];
}

function encodeTool({ name, description, inputSchema }: ToolDefinition): JsonObject {
  return { type: 'function', function: { name, description, parameters: inputSchema } };
}

function encodeToolChoice(choice: ToolChoice): JsonObject | string {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.tool } } : choice;
}

type WireFields = Readonly<Record<string, unknown>>;

const SETTINGS = ['chat_template_kwargs', 'reasoning', 'web_search_options'];

/** Objects that hold several settings keep those of both sides, and what stands in `vendorOptions` wins. */
function mergeSettings(fields: JsonObject, vendorOptions: JsonObject): WireFields {
  const shared = SETTINGS.filter((name) => asObject(fields[name]) && asObject(vendorOptions[name]));
  return Object.fromEntries(
    shared.map((name) => [name, { ...asObject(fields[name]), ...asObject(vendorOptions[name]) }]),
  );
}

/** Without it there is no usage in a stream. */
function encodeUsageOption(vendorOptions: JsonObject, { refusesUsageOption }: ChatVendor): WireFields {
  if (refusesUsageOption) return {};
  return { stream_options: { ...asObject(vendorOptions['stream_options']), include_usage: true } };
}
