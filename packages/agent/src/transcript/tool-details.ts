/**
 * A tool call and its result as one block of a transcript.
 *
 * The shape is that of Lisette's transcripts (github.com/AnswerDotAI/lisette, 2026), `{ id, call: { function, arguments }, result }`, and
 * theirs are read. What we add stands beside it, and only where it is needed.
 *
 * D1. Arguments keep their JSON; the model's own text of them stands beside where it is not the JSON's shortest form.
 * D2. Without anything to resolve hashes, what is read is written as it was.
 */

import {
  asArray,
  asObject,
  type Block,
  type ImageBlock,
  type JsonValue,
  parseExactJson,
  type TextBlock,
  type ToolCallBlock,
  type ToolResultBlock,
  toolCallBlock,
} from '@reprise/providers';
import { type BlockData, decodeBlock, encodePart, isVendorFields } from './block-details.ts';
import { details, summaryCode, TOOL_DETAILS } from './grammar.ts';
import type { TranscriptSettings } from './options.ts';
import {
  cutText,
  type Mark,
  markFields,
  markOf,
  type ResolveHash,
  readTruncation,
  restoreText,
  type Truncation,
} from './reference.ts';

/** At least one of them. */
export interface ToolExchange {
  readonly call?: ToolCallBlock;
  readonly result?: ToolResultBlock;
}

/** A call with its result, or one of them without the other. */
export function toolDetails({ call, result }: ToolExchange, settings: TranscriptSettings): string {
  const data = {
    id: call?.id ?? result?.toolCallId,
    call: { function: call?.name ?? result?.toolName, ...(call ? encodeCall(call, settings) : {}) },
    ...(result ? encodeResult(result, settings) : {}),
  };
  return details(TOOL_DETAILS, summaryOf(data.call), data);
}

/** What a transcript says of a call under way or at its end, in one line of HTML. */
export function callSummary(call: ToolCallBlock): string {
  return summaryOf({ function: call.name, arguments: call.arguments });
}

/** What a details block holds; `undefined` for data of another shape. Throws as `decodeBlock`. */
export function decodeToolDetails(data: unknown, resolve: ResolveHash | undefined): DecodedExchange | undefined {
  const fields = asObject(data);
  const call = asObject(fields?.['call']);
  const id = fields?.['id'];
  const name = call?.['function'];
  if (!fields || !call || typeof id !== 'string' || typeof name !== 'string') return undefined;
  const decoded = decodeCall(call, { id, name }, resolve);
  if (!('result' in fields)) return { call: decoded };
  const result = decodeResult(fields, { id, name }, resolve);
  return result && { call: decoded, result };
}

export interface DecodedExchange {
  readonly call: ToolCallBlock;
  readonly result?: ToolResultBlock;
}

function encodeCall(call: ToolCallBlock, settings: TranscriptSettings): BlockData {
  const mark = markOf(call);
  if (mark && 'truncated' in mark) return { ...argumentFields(call.argumentsText), truncated: mark.truncated };
  const own = call.vendorFields ? { vendorFields: call.vendorFields } : {};
  // A call has room for one mark: one with fields of its vendor's stays whole.
  const { text, truncated } = call.vendorFields
    ? { text: call.argumentsText }
    : cutArguments(call.argumentsText, settings.maxArgumentCharacters);
  return { ...argumentFields(text), ...own, ...(truncated ? { truncated } : {}) };
}

/** D1. */
function argumentFields(argumentsText: string): BlockData {
  const value = toolCallBlock('', '', argumentsText).arguments;
  return JSON.stringify(value) === argumentsText ? { arguments: value } : { arguments: value, argumentsText };
}

/** Arguments whose long texts are cut, which leaves them JSON; what is not JSON is cut as a text. */
function cutArguments(
  argumentsText: string,
  maxCharacters: number,
): { readonly text: string; readonly truncated?: Truncation } {
  if (argumentsText.length <= maxCharacters) return { text: argumentsText };
  const value = parseExactJson(argumentsText);
  if (value === undefined) return cutText(argumentsText, maxCharacters);
  const text = JSON.stringify(value, (_key, part: JsonValue) =>
    typeof part === 'string' ? cutText(part, maxCharacters).text : part,
  );
  const { truncated } = cutText(argumentsText, 0);
  return truncated && text !== JSON.stringify(value) ? { text, truncated } : { text: argumentsText };
}

function decodeCall(
  data: BlockData,
  { id, name }: { readonly id: string; readonly name: string },
  resolve: ResolveHash | undefined,
): ToolCallBlock {
  const { arguments: value = {}, argumentsText, vendorFields } = data;
  const truncated = readTruncation(data['truncated']);
  const whole = truncated && restoreText(truncated, resolve);
  const text = whole ?? (typeof argumentsText === 'string' ? argumentsText : JSON.stringify(value));
  const call = toolCallBlock(id, name, text);
  if (truncated && whole === undefined) return { ...call, vendorFields: markFields({ truncated }) };
  return isVendorFields(vendorFields) ? { ...call, vendorFields } : call;
}

function encodeResult({ content, isError }: ToolResultBlock, settings: TranscriptSettings): BlockData {
  const [part, ...others] = content;
  const failed = isError ? { isError } : {};
  if (part === undefined) return { result: '', ...failed };
  if (others.length === 0 && part.type === 'text' && isPlain(part)) {
    const { text, ...fields } = encodePlainResult(part, settings);
    return { result: text, ...failed, ...fields };
  }
  const blocks = content.map((block) => encodePart(block, settings));
  const words = blocks.map(({ text, mediaType }) => String(text ?? `[${String(mediaType)}]`)).join('\n');
  return { result: cutText(words, settings.maxResultCharacters).text, ...failed, blocks };
}

/** Whether a result of this text alone needs no block beside its words. */
function isPlain(block: TextBlock): boolean {
  const { text, citations, vendorFields } = block;
  const mark = markOf(block);
  const isOurs = vendorFields === undefined || (mark !== undefined && !('block' in mark));
  return text !== '' && citations === undefined && isOurs;
}

function encodePlainResult(
  block: TextBlock,
  { maxResultCharacters }: TranscriptSettings,
): { readonly text: string } & Partial<Record<'full' | 'truncated', unknown>> {
  const mark = markOf(block);
  return mark ? { text: block.text, ...mark } : cutText(block.text, maxResultCharacters);
}

function decodeResult(
  data: BlockData,
  { id, name }: { readonly id: string; readonly name: string },
  resolve: ResolveHash | undefined,
): ToolResultBlock | undefined {
  const content = decodeContent(data, resolve);
  if (!content?.every(isPart)) return undefined;
  return { type: 'tool-result', toolCallId: id, toolName: name, content, isError: data['isError'] === true };
}

function decodeContent(data: BlockData, resolve: ResolveHash | undefined): readonly (Block | undefined)[] | undefined {
  const { result, blocks } = data;
  if (blocks !== undefined) return asArray(blocks).map((block) => decodeBlock(asObject(block) ?? {}, resolve));
  const text = typeof result === 'string' ? result : JSON.stringify(result);
  if (text === '') return [];
  const mark: Mark | undefined = data['full'] === true ? { full: true } : undefined;
  if (mark) return [{ type: 'text', text, vendorFields: markFields(mark) }];
  return [decodeBlock({ type: 'text', text, truncated: data['truncated'] }, resolve)];
}

function isPart(block: Block | undefined): block is TextBlock | ImageBlock {
  return block?.type === 'text' || block?.type === 'image';
}

const MAX_SUMMARY_CHARACTERS = 50;

function summaryOf({ function: name, arguments: value }: BlockData): string {
  const parameters = Object.entries(asObject(value) ?? {}).map(
    ([key, argument]) => `${key}=${shorten(JSON.stringify(argument))}`,
  );
  return summaryCode(value === undefined ? String(name) : `${name}(${parameters.join(', ')})`);
}

function shorten(text: string): string {
  return text.length <= MAX_SUMMARY_CHARACTERS ? text : `${text.slice(0, MAX_SUMMARY_CHARACTERS)}…`;
}
