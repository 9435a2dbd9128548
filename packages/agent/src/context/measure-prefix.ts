/**
 * How many tokens the blocks of a request are, from what vendors reported of requests.
 *
 * Owns: tokens by block.
 * Leaves to `branch-cache.ts`: what a cache makes of them.
 *
 * Z1. Blocks up to a place whose length was reported sum up to exactly that.
 * Z2. Between two such places tokens are shared out by bytes; behind the last one a block is what it was elsewhere, or as long as its
 *     bytes let expect. Neither is exact.
 */

import type { PrefixBlock } from '@reprise/providers';

/** Blocks, with the hash of the prefix that ends with each. */
export interface HashedPrefix {
  readonly blocks: readonly PrefixBlock[];
  readonly hashes: readonly string[];
}

/** A prefix of which the vendor told something: so many of its first blocks are so many tokens. */
export interface MeasuredPrefix extends HashedPrefix {
  readonly known: readonly KnownLength[];
}

export interface KnownLength {
  readonly blocks: number;
  readonly tokens: number;
}

/** What is known of the size of blocks. */
export interface BlockSizes {
  /** Tokens of each block of a prefix. */
  of(prefix: HashedPrefix): readonly number[];
  /** How many tokens a text is, by its bytes. */
  estimate(text: string): number;
}

/** What a token is where nothing was reported: about four bytes, for every vendor's tokenizer. */
const TOKENS_PER_BYTE = 0.25;

/** Prefixes of one conversation, oldest first; what the newest tells counts most. */
export function measureBlocks(prefixes: readonly MeasuredPrefix[]): BlockSizes {
  const groups = growing(prefixes).map(measureGroup);
  const newest = groups.at(-1);
  const byText = new Map(groups.flatMap(({ prefix, sizes }) => sizes.map((size, at) => [textAt(prefix, at), size])));
  const weight = weightOf(newest?.prefix.blocks.slice(0, newest.sizes.length) ?? []);
  const perByte = weight === 0 ? TOKENS_PER_BYTE : sum(newest?.sizes ?? []) / weight;

  function of(prefix: HashedPrefix): readonly number[] {
    return prefix.blocks.map((block, index) => {
      const isShared = newest !== undefined && prefix.hashes[index] === newest.prefix.hashes[index];
      const placed = isShared ? newest.sizes[index] : undefined;
      return placed ?? byText.get(block.text) ?? Math.ceil(bytesOf(block.text) * perByte);
    });
  }
  return { of, estimate: (text) => Math.ceil(bytesOf(text) * perByte) };
}

/** So many tokens, shared out among blocks by their bytes. */
export function shareOut(tokens: number, blocks: readonly PrefixBlock[]): readonly number[] {
  const total = weightOf(blocks);
  let [weight, given] = [0, 0];
  return blocks.map((block, index) => {
    weight += bytesOf(block.text);
    const upTo = total === 0 ? (tokens * (index + 1)) / blocks.length : (tokens * weight) / total;
    const size = Math.round(upTo) - given;
    given += size;
    return size;
  });
}

/** Prefixes of which each begins with the one before it. */
function growing(prefixes: readonly MeasuredPrefix[]): readonly MeasuredPrefix[][] {
  const groups: MeasuredPrefix[][] = [];
  for (const prefix of prefixes) {
    const last = groups.at(-1)?.at(-1);
    if (last && goesOn(last, prefix)) groups.at(-1)?.push(prefix);
    else groups.push([prefix]);
  }
  return groups;
}

function goesOn({ hashes }: HashedPrefix, next: HashedPrefix): boolean {
  return hashes.length > 0 && next.hashes[hashes.length - 1] === hashes.at(-1);
}

/** The sizes of the blocks of the last prefix, up to the last place whose length is known. */
function measureGroup(group: readonly MeasuredPrefix[]): {
  readonly prefix: HashedPrefix;
  readonly sizes: readonly number[];
} {
  const prefix = group.at(-1) ?? { blocks: [], hashes: [] };
  const sizes: number[] = [];
  let start: KnownLength = { blocks: 0, tokens: 0 };
  for (const place of consistent(group.flatMap(({ known }) => known))) {
    sizes.push(...shareOut(place.tokens - start.tokens, prefix.blocks.slice(start.blocks, place.blocks)));
    start = place;
  }
  return { prefix, sizes };
}

/** Lengths in order, growing with their blocks; of those that contradict each other the longest, and of one place what was said last. */
function consistent(known: readonly KnownLength[]): readonly KnownLength[] {
  const byPlace = new Map(known.map(({ blocks, tokens }) => [blocks, tokens]));
  const kept: KnownLength[] = [];
  for (const [blocks, tokens] of [...byPlace].toSorted(([a], [b]) => b - a)) {
    if (blocks > 0 && tokens <= (kept.at(-1)?.tokens ?? tokens)) kept.push({ blocks, tokens });
  }
  return kept.reverse();
}

/** More than this many bytes of a picture or a file tell nothing of its size. */
const MAX_MEDIA_BYTES = 6400;

/** Inside a JSON string the quotes would be escaped. */
const MEDIA = /"(?:base64|image_url|images|file_data)":?/;

function bytesOf(text: string): number {
  const bytes = Buffer.byteLength(text);
  return bytes > MAX_MEDIA_BYTES && MEDIA.test(text) ? MAX_MEDIA_BYTES : bytes;
}

function weightOf(blocks: readonly PrefixBlock[]): number {
  return sum(blocks.map(({ text }) => bytesOf(text)));
}

function textAt({ blocks }: HashedPrefix, index: number): string {
  return blocks[index]?.text ?? '';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
