/**
 * A request of ours as the body of a Responses call.
 *
 * Owns: the body's JSON, to the byte.
 * Leaves to `encode-assistant.ts`: what the model said before.
 *
 * W1. The same request gives the same bytes, and a longer history only adds to them.
 * W2. What the format has no place for is refused.
 * W3. The vendor keeps nothing: the history goes along whole, its encrypted reasoning included.
 * W4. The system prompt is the first input item and not `instructions`, which can hold no cache breakpoint.
 */

import { ProviderError } from '../../errors.ts';
import { asArray, type JsonObject } from '../../json.ts';
import type { ImageBlock, Message, ToolResultBlock, UserBlock } from '../../message.ts';
import type { ModelRequest, ToolChoice, ToolDefinition } from '../../request.ts';
import { dataUrl } from '../data-url.ts';
import { encodeAssistant, keptItems } from './encode-assistant.ts';
import { callIdOf, isCustomCall } from './item-text.ts';

export interface ResponsesBody {
  readonly model: string;
  readonly input: readonly JsonObject[];
  readonly stream: true;
  readonly [field: string]: unknown;
}

const ENCRYPTED_REASONING = 'reasoning.encrypted_content';

// These models do not reason, and refuse to be asked for it: "Encrypted content is not supported with this model."
const WITHOUT_REASONING = /(^|[/.])(gpt-3|gpt-4|chatgpt-4)/;

export function encodeRequest(request: ModelRequest, model: string): ResponsesBody {
  const { vendorOptions = {} } = request;
  if (request.stopSequences?.length) {
    throw new ProviderError(
      'provider/unsupported',
      'stopSequences is set, and the Responses format has no place for it.',
    );
  }
  const tools = (request.tools ?? []).map(encodeTool);
  const include = encodeInclude(model, vendorOptions['include']);
  return {
    model,
    input: [...encodeSystem(request.system ?? ''), ...encodeHistory(request.messages, vendorOptions['store'] === true)],
    ...(tools.length > 0 ? { tools } : {}),
    ...(request.toolChoice === undefined || tools.length === 0
      ? {}
      : { tool_choice: encodeToolChoice(request.toolChoice) }),
    ...(request.maxTokens === undefined ? {} : { max_output_tokens: request.maxTokens }),
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    store: false,
    ...vendorOptions,
    ...(include.length > 0 ? { include } : {}),
    stream: true,
  };
}

function encodeInclude(model: string, asked: unknown): readonly unknown[] {
  const own = WITHOUT_REASONING.test(model) ? [] : [ENCRYPTED_REASONING];
  return [...new Set([...own, ...asArray(asked)])];
}

function encodeSystem(system: string): readonly JsonObject[] {
  return system === '' ? [] : [{ role: 'system', content: [encodeText(system)] }];
}

/** Without `strict: false` the vendor makes every argument a required one. */
function encodeTool({ name, description, inputSchema }: ToolDefinition): JsonObject {
  return { type: 'function', name, description, parameters: inputSchema, strict: false };
}

function encodeToolChoice(choice: ToolChoice): string | JsonObject {
  return typeof choice === 'object' ? { type: 'function', name: choice.tool } : choice;
}

function encodeHistory(messages: readonly Message[], isStored: boolean): readonly JsonObject[] {
  const customCalls = customCallIds(messages);
  return messages.flatMap((message) => encodeMessage(message, isStored, customCalls));
}

function encodeMessage(message: Message, isStored: boolean, customCalls: ReadonlySet<string>): readonly JsonObject[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: message.content.map(encodeUserBlock) }];
    case 'assistant':
      return encodeAssistant(message, { isStored });
    case 'tool':
      return message.content.map((result) => encodeToolResult(result, customCalls.has(result.toolCallId)));
  }
}

/** A call of a custom tool is answered by an item of its own type. */
function customCallIds(messages: readonly Message[]): ReadonlySet<string> {
  const items = messages.flatMap((message) => (message.role === 'assistant' ? keptItems(message.content) : []));
  return new Set(items.filter(isCustomCall).flatMap((item) => callIdOf(item) ?? []));
}

function encodeUserBlock(block: UserBlock): JsonObject {
  switch (block.type) {
    case 'text':
      return encodeText(block.text);
    case 'image':
      return encodeImage(block);
    case 'document':
      return { type: 'input_file', filename: block.name ?? 'document', file_data: dataUrl(block) };
  }
}

function encodeText(text: string): JsonObject {
  return { type: 'input_text', text };
}

function encodeImage(block: ImageBlock): JsonObject {
  return { type: 'input_image', detail: 'auto', image_url: dataUrl(block) };
}

function encodeToolResult(result: ToolResultBlock, isCustom: boolean): JsonObject {
  return {
    type: isCustom ? 'custom_tool_call_output' : 'function_call_output',
    call_id: result.toolCallId,
    output: encodeOutput(result),
  };
}

/** Text alone goes as a string, which every compatible server takes. The format has no flag for a failed call, so its text says so. */
function encodeOutput({ content, isError }: ToolResultBlock): string | readonly JsonObject[] {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  if (texts.length === content.length) return `${isError ? 'Error: ' : ''}${texts.join('\n')}`;
  const parts = content.map((block) => (block.type === 'text' ? encodeText(block.text) : encodeImage(block)));
  return isError ? [encodeText('Error:'), ...parts] : parts;
}
