import { asObject, type JsonObject, type JsonValue } from './json.ts';
import type { Message } from './message.ts';

/** Where a message has something from, in the same words for every vendor. Fields the vendor left out are absent. */
export interface Citation {
  /** Absent for documents that came with the request, and files. */
  readonly url?: string;
  /** Of a page, a document or a file. */
  readonly title?: string;
  /** The words of the source, not of the answer. */
  readonly citedText?: string;
  /** Where the passage begins and ends, counted as `indexUnit` says, from and to what the vendor sent. */
  readonly startIndex?: number;
  readonly endIndex?: number;
  /** What the indexes count: characters of the answer (OpenAI), or of the source its characters, its pages or its blocks (Anthropic). */
  readonly indexUnit?: 'answer-character' | 'source-character' | 'source-page' | 'source-block';
  /** The vendor's proof that the passage was found. It goes back with the block, which keeps `wire`. */
  readonly encryptedIndex?: string;
  /** As the vendor sent it. */
  readonly wire: JsonObject;
}

/** The citations of a message, in its order. */
export function citationsOf(message: Message): readonly Citation[] {
  return message.content.flatMap((block) => (block.type === 'text' ? (block.citations ?? []).map(citationOf) : []));
}

/** One citation as it came, in our words. What has none stays in `wire`. */
export function citationOf(wire: JsonObject): Citation {
  const fields = ownFields(wire);
  const url = text(fields['url']) ?? webAddress(fields['source']);
  const title = firstText(fields, ['title', 'document_title', 'filename', 'name']);
  const citedText = firstText(fields, ['cited_text', 'content']);
  const encryptedIndex = text(fields['encrypted_index']);
  return {
    ...(url === undefined ? {} : { url }),
    ...(title === undefined ? {} : { title }),
    ...(citedText === undefined ? {} : { citedText }),
    ...range(fields),
    ...(encryptedIndex === undefined ? {} : { encryptedIndex }),
    wire,
  };
}

/** Chat Completions puts the fields of a citation under the name of its type, and Responses beside it. */
function ownFields(wire: JsonObject): JsonObject {
  const nested = wire[String(wire['type'])];
  return isJsonObject(nested) ? nested : wire;
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return asObject(value) !== undefined;
}

const INDEX_FIELDS: readonly (readonly [start: string, end: string, unit: NonNullable<Citation['indexUnit']>])[] = [
  ['start_index', 'end_index', 'answer-character'],
  ['start_char_index', 'end_char_index', 'source-character'],
  ['start_page_number', 'end_page_number', 'source-page'],
  ['start_block_index', 'end_block_index', 'source-block'],
];

function range(fields: JsonObject): Pick<Citation, 'startIndex' | 'endIndex' | 'indexUnit'> {
  for (const [start, end, indexUnit] of INDEX_FIELDS) {
    const { [start]: startIndex, [end]: endIndex } = fields;
    if (typeof startIndex === 'number' && typeof endIndex === 'number') return { startIndex, endIndex, indexUnit };
  }
  return {};
}

function firstText(fields: JsonObject, names: readonly string[]): string | undefined {
  return names.map((name) => text(fields[name])).find((found) => found !== undefined);
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A search result of the caller's own names its source by an address or by any other name. */
function webAddress(value: JsonValue | undefined): string | undefined {
  const source = text(value);
  return source !== undefined && /^https?:\/\//i.test(source) ? source : undefined;
}
