/**
 * What stands in a transcript in place of something long: its beginning or its kind, and the hash of the whole.
 *
 * R1. A hash names its content alone: `sha256:` over a text's UTF-8, or over a file's bytes.
 * R2. What could not be found is marked as such in the history, so that writing the transcript again gives the same reference. The mark is
 *     of a family that no vendor is, so it is sent to none.
 */

import { createHash } from 'node:crypto';
import {
  asObject,
  type Block,
  type JsonObject,
  type Message,
  mediaHash,
  type TextBlock,
  type VendorFields,
} from '@reprise/providers';
import { AgentError } from '../errors.ts';

/** Gives what a hash names: a text as it is, a file as base64. `undefined` for what it does not have. */
export type ResolveHash = (hash: string) => string | undefined;

/** What was cut off. */
export interface Truncation {
  readonly hash: string;
  /** UTF-16 code units of the whole. */
  readonly characters: number;
}

/** What a text of ours may carry: that it must stay whole, that it is a beginning only, or the block that it stands for. */
export type Mark = { readonly full: true } | { readonly truncated: Truncation } | { readonly block: JsonObject };

const FAMILY = 'reprise-transcript';
const TRUNCATED = '<TRUNCATED>';

export function markFields(mark: Mark): VendorFields {
  return { family: FAMILY, fields: { ...mark } as JsonObject };
}

/** The mark that a block carries, or `undefined`. */
export function markOf(block: Block): Mark | undefined {
  const { family, fields } = ('vendorFields' in block && block.vendorFields) || NO_FIELDS;
  if (family !== FAMILY) return undefined;
  const truncated = readTruncation(fields['truncated']);
  if (truncated) return { truncated };
  if (fields['full'] === true) return { full: true };
  const standsFor = asObject(fields['block']);
  // What a mark holds was read from JSON.
  return standsFor ? { block: standsFor as JsonObject } : undefined;
}

const NO_FIELDS: VendorFields = { family: '', fields: {} };

/** What a details block says was cut off; `undefined` for anything else. */
export function readTruncation(value: unknown): Truncation | undefined {
  const fields = asObject(value);
  const [hash, characters] = [fields?.['hash'], fields?.['characters']];
  return typeof hash === 'string' && typeof characters === 'number' ? { hash, characters } : undefined;
}

/** The beginning of a text that is too long, and what it was; a text that fits as it is. Unpaired surrogates have no UTF-8, so they stay. */
export function cutText(
  text: string,
  maxCharacters: number,
): { readonly text: string; readonly truncated?: Truncation } {
  if (text.length <= maxCharacters || !text.isWellFormed()) return { text };
  const beginning = text.slice(0, maxCharacters);
  // Not between the halves of a pair.
  const whole = beginning.isWellFormed() ? beginning : beginning.slice(0, -1);
  return { text: `${whole}${TRUNCATED}`, truncated: { hash: textHash(text), characters: text.length } };
}

/** The text that a truncation names, or `undefined`. Throws `agent/broken-transcript` for another than it names. */
export function restoreText({ hash }: Truncation, resolve: ResolveHash | undefined): string | undefined {
  return resolveChecked(hash, resolve, textHash);
}

/** The base64 of a file, or `undefined`. Throws `agent/broken-transcript` for another file. */
export function restoreMedia(hash: string, resolve: ResolveHash | undefined): string | undefined {
  const data = resolveChecked(hash, resolve, (found) => mediaHash({ data: found }));
  // The same bytes can be written otherwise; only files in this spelling are named by their hash.
  return data === undefined ? undefined : canonicalBase64(data);
}

/** How a file's bytes are spelled by all but those who break lines. */
export function canonicalBase64(data: string): string {
  return Buffer.from(data, 'base64').toString('base64');
}

/**
 * Gives the whole of what a transcript of these messages holds in part: `parseTranscript(text, { resolve: resolveFrom(messages) })`. Hashes
 * all of them when it is first asked.
 */
export function resolveFrom(messages: readonly Message[]): ResolveHash {
  let contents: ReadonlyMap<string, string> | undefined;
  return (hash) => {
    contents ??= new Map(messages.flatMap((message) => message.content.flatMap(contentOf)));
    return contents.get(hash);
  };
}

function contentOf(block: Message['content'][number]): readonly (readonly [hash: string, content: string])[] {
  switch (block.type) {
    case 'tool-result':
      return block.content.flatMap((part) => (part.type === 'text' ? [named(part)] : contentOf(part)));
    case 'tool-call':
      return [[textHash(block.argumentsText), block.argumentsText]];
    case 'image':
    case 'document':
      return [[mediaHash(block), block.data]];
    default:
      return [];
  }
}

function named({ text }: TextBlock): readonly [hash: string, content: string] {
  return [textHash(text), text];
}

function textHash(text: string): string {
  return `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;
}

function resolveChecked(
  hash: string,
  resolve: ResolveHash | undefined,
  hashOf: (content: string) => string,
): string | undefined {
  const content = resolve?.(hash);
  if (content === undefined) return undefined;
  const found = hashOf(content);
  if (found === hash) return content;
  throw new AgentError('agent/broken-transcript', `resolve gave content of the hash ${found} for ${hash}.`);
}
