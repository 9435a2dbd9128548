import {
  asArray,
  asObject,
  type Block,
  type ImageBlock,
  type JsonObject,
  type MediaBlock,
  mediaHash,
  type TextBlock,
  type VendorFields,
} from '@reprise/providers';
import { BLOCK_DETAILS, details, summaryCode } from './grammar.ts';
import type { TranscriptSettings } from './options.ts';
import {
  canonicalBase64,
  cutText,
  markFields,
  markOf,
  type ResolveHash,
  readTruncation,
  restoreMedia,
  restoreText,
} from './reference.ts';

/** A block as its JSON in a transcript. */
export type BlockData = Readonly<Record<string, unknown>>;

/** A block as data in a transcript: whole, or a file by its hash. */
export function blockDetails(block: Block, settings: TranscriptSettings): string {
  const data = encodeBlock(block, settings);
  const words = [data['type'], data['mediaType']].filter((word) => typeof word === 'string');
  return details(BLOCK_DETAILS, summaryCode(words.join(' ')), data);
}

/** Whether it stands for a block that could not be found. */
export function isStandIn(block: Block): boolean {
  const mark = markOf(block);
  return mark !== undefined && 'block' in mark;
}

function encodeBlock(block: Block, { media }: Pick<TranscriptSettings, 'media'>): BlockData {
  const mark = markOf(block);
  if (mark && 'block' in mark) return mark.block;
  const isMedia = block.type === 'image' || block.type === 'document';
  return isMedia && media === 'reference' && isCanonical(block)
    ? { ...block, data: { hash: mediaHash(block) } }
    : { ...block };
}

/** A text within a tool's result, cut where it is too long; an image as `encodeBlock`. */
export function encodePart(part: TextBlock | ImageBlock, settings: TranscriptSettings): BlockData {
  if (part.type !== 'text') return encodeBlock(part, settings);
  const mark = markOf(part);
  if (mark && 'truncated' in mark) return { type: 'text', text: part.text, truncated: mark.truncated };
  if (part.vendorFields || part.citations) return encodeBlock(part, settings);
  return { type: 'text', ...cutText(part.text, settings.maxResultCharacters) };
}

/**
 * The block that was encoded; a marked text for one whose file or whole text is not to be found. `undefined` for data that are no block.
 * Throws `agent/broken-transcript` if `resolve` gives something else than the hash names.
 */
export function decodeBlock(data: BlockData, resolve: ResolveHash | undefined): Block | undefined {
  const hash = asObject(data['data'])?.['hash'];
  if (typeof hash === 'string') return decodeMedia(data, hash, resolve);
  const truncated = readTruncation(data['truncated']);
  const { text } = data;
  if (data['type'] !== 'text' || typeof text !== 'string' || !truncated) return isBlock(data) ? data : undefined;
  const whole = restoreText(truncated, resolve);
  return whole === undefined
    ? { type: 'text', text, vendorFields: markFields({ truncated }) }
    : { type: 'text', text: whole };
}

function decodeMedia(data: BlockData, hash: string, resolve: ResolveHash | undefined): Block | undefined {
  const found = restoreMedia(hash, resolve);
  const block = { ...data, data: found ?? '' };
  if (!isBlock(block) || found !== undefined) return isBlock(block) ? block : undefined;
  const text = `[${String(data['mediaType'])} that is not at hand: ${hash}]`;
  // What was read from JSON is JSON.
  return { type: 'text', text, vendorFields: markFields({ block: data as JsonObject }) };
}

const FIELDS = {
  text: ['text'],
  thinking: ['text'],
  'redacted-thinking': ['data'],
  'tool-call': ['id', 'name', 'argumentsText'],
  'tool-result': ['toolCallId', 'toolName'],
  image: ['mediaType', 'data'],
  document: ['mediaType', 'data'],
  opaque: ['family'],
} as const satisfies Record<Block['type'], readonly string[]>;

/** Whether it has what every block of its type has. Where blocks come in as JSON, it says what they are. */
export function isBlock(data: BlockData): data is BlockData & Block {
  const { type } = data;
  if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) return false;
  const isWhole = FIELDS[type as Block['type']].every((field) => typeof data[field] === 'string');
  if (type === 'opaque') return isWhole && asObject(data['data']) !== undefined;
  if (type !== 'tool-result') return isWhole;
  const { content } = data;
  return isWhole && Array.isArray(content) && asArray(content).every((part) => isBlock(asObject(part) ?? {}));
}

export function isVendorFields(value: unknown): value is VendorFields {
  const fields = asObject(value);
  return typeof fields?.['family'] === 'string' && asObject(fields['fields']) !== undefined;
}

/** Base64 that its own bytes give again: any other would not come back from its hash. */
function isCanonical({ data }: MediaBlock): boolean {
  return data !== '' && canonicalBase64(data) === data;
}
