/**
 * A request of ours as the body of a Responses call.
 *
 * Owns: the body's JSON, to the byte.
 * Leaves to `check-request.ts`: what is refused. To `encode-assistant.ts`: what the model said before. To `encode-options.ts`: what is asked beside the history.
 *
 * W1. The same request gives the same bytes, and a longer history only adds to them.
 * W2. The beginning of a history is encoded as it is in the whole, also where it could not be sent alone.
 * W3. The vendor keeps nothing: the history goes along whole, its encrypted reasoning included.
 * W4. The system prompt is the first input item and not `instructions`, which can hold no cache breakpoint.
 */

import { ProviderError } from '../../errors.ts';
import { foldGrowing } from '../../frozen.ts';
import { asArray, type JsonObject } from '../../json.ts';
import { IMAGE_TYPES, type MediaBlock } from '../../media.ts';
import type {
  AssistantMessage,
  DocumentBlock,
  ImageBlock,
  Message,
  ToolResultBlock,
  UserBlock,
} from '../../message.ts';
import type { ModelRequest, ToolChoice, ToolDefinition } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import { createLeftOutWarnings, leftOutText } from '../../tool-media.ts';
import { withUniqueCallIds } from '../../unique-call-ids.ts';
import { dataUrl } from '../data-url.ts';
import { openaiModelRules } from '../models.ts';
import { encodeAssistant, keptItems } from './encode-assistant.ts';
import { encodeOptions } from './encode-options.ts';
import { callIdOf, isCustomCall } from './item-text.ts';

export interface ResponsesBody {
  readonly model: string;
  readonly input: readonly JsonObject[];
  readonly stream: true;
  readonly [field: string]: unknown;
}

export interface EncodedRequest {
  readonly body: ResponsesBody;
  /** What was adapted. */
  readonly warnings: readonly WarningEvent[];
}

/** Throws `provider/unsupported-media`, and `provider/invalid-request` for an output schema where the model takes none. */
export function encodeRequest(request: ModelRequest, model: string): EncodedRequest {
  const { tools: givenTools, ...vendorOptions } = request.vendorOptions ?? {};
  const { fields, tools: ownTools, warnings: adapted } = encodeOptions(request, model, openaiModelRules(model));
  // The vendor's tools stand last: those before them are the same prefix with them and without.
  const tools = [...(givenTools ? asArray(givenTools) : (request.tools ?? []).map(encodeTool)), ...ownTools];
  const body: ResponsesBody = {
    model,
    input: [...encodeSystem(request.system ?? ''), ...encodeHistory(request.messages, vendorOptions['store'] === true)],
    ...(tools.length > 0 ? { tools } : {}),
    ...(request.toolChoice === undefined || tools.length === 0
      ? {}
      : { tool_choice: encodeToolChoice(request.toolChoice) }),
    ...(request.maxTokens === undefined ? {} : { max_output_tokens: request.maxTokens }),
    store: false,
    ...vendorOptions,
    ...fields,
    stream: true,
  };
  return { body, warnings: [...adapted, ...leftOutWarnings(request.messages)] };
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

const NO_CALLS: ReadonlySet<string> = new Set();

function encodeHistory(messages: readonly Message[], isStored: boolean): readonly JsonObject[] {
  return encodeMessages(withUniqueCallIds(messages), isStored);
}

const encodeMessages = foldGrowing(
  NO_CALLS,
  (message: Message, _index, callsBefore: ReadonlySet<string>, isStored: boolean) => {
    const customCalls = message.role === 'assistant' ? withCustomCalls(callsBefore, message) : callsBefore;
    return { results: encodeMessage(message, isStored, customCalls), state: customCalls };
  },
);

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
function withCustomCalls(before: ReadonlySet<string>, { content }: AssistantMessage): ReadonlySet<string> {
  const calls = keptItems(content).filter(isCustomCall);
  return calls.length === 0 ? before : new Set([...before, ...calls.flatMap((item) => callIdOf(item) ?? [])]);
}

function encodeUserBlock(block: UserBlock): JsonObject {
  switch (block.type) {
    case 'text':
      return encodeText(block.text);
    case 'image':
      return encodeImage(block);
    case 'document':
      return encodeDocument(block);
  }
}

function encodeDocument(block: DocumentBlock): JsonObject {
  if (!isReadable(block)) {
    throw new ProviderError(
      'provider/unsupported-media',
      `A user message holds a document of type ${block.mediaType}, and Responses takes neither audio nor video.`,
    );
  }
  return { type: 'input_file', filename: block.name ?? 'document', file_data: dataUrl(block) };
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

/** PDFs, texts and office files are read; sound and pictures in motion are not (developers.openai.com, file inputs, 2026-11). */
function isReadable({ mediaType }: DocumentBlock): boolean {
  return !/^(audio|video)\//.test(mediaType);
}

/** Results hold what a user's message does (`openai` 7.55, responses.d.ts). */
function isTakenOfTool(block: MediaBlock): boolean {
  return block.type === 'image' ? IMAGE_TYPES.has(block.mediaType) : block.type === 'document' && isReadable(block);
}

const leftOutWarnings = createLeftOutWarnings('Responses', isTakenOfTool);

function withoutUntaken(block: UserBlock): UserBlock {
  return block.type === 'text' || isTakenOfTool(block) ? block : { type: 'text', text: leftOutText(block) };
}

/** Text alone goes as a string, which every compatible server takes. The format has no flag for a failed call, so its text says so. */
function encodeOutput({ content, isError }: ToolResultBlock): string | readonly JsonObject[] {
  const blocks = content.map(withoutUntaken);
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  if (texts.length === blocks.length) return `${isError ? 'Error: ' : ''}${texts.join('\n')}`;
  const parts = blocks.map(encodeUserBlock);
  return isError ? [encodeText('Error:'), ...parts] : parts;
}
