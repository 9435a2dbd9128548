/**
 * How many tokens the blocks of recorded requests are.
 *
 * Owns: what vendors reported → tokens by block.
 * Leaves to `cache-replay.ts`: what a cache makes of them.
 *
 * B1. Blocks up to a place whose length is known sum up to exactly that: the end of a request, and the marks up to which it was read or
 *     written. What two requests begin with alike is as long in both.
 * B2. Between two such places tokens are shared out by bytes, and behind the last one they are expected by bytes. Neither is exact.
 */

import {
  type CacheLifetime,
  type CacheMark,
  type Count,
  cacheWriteCount,
  countOrZero,
  type PrefixBlock,
  promptTokenCount,
  type TokenCounts,
} from '@reprise/providers';
import type { RecordedPrefix } from './recorded-turns.ts';

/** A request's blocks, and what its vendor counted. */
interface CountedPrefix {
  readonly prefix: RecordedPrefix;
  /** Where its prefixes were kept; empty where nothing is marked. */
  readonly marks: readonly CacheMark[];
  readonly tokens: TokenCounts;
  /** Whether the counts are of these blocks alone. */
  readonly isWhole: boolean;
}

/** What is known of the length of prefixes, by the hash of each. */
export interface BlockSizes {
  /** Takes in what the counts of a request tell. */
  learn(request: CountedPrefix): void;
  /** Takes in how long a prefix can be; what contradicts what is known, or its bytes, is left out. */
  bound(prefix: RecordedPrefix, bounds: LengthBounds): void;
  /** Tokens of each block; together no more than `limit`. */
  of(prefix: RecordedPrefix, limit?: number): readonly number[];
}

/** That the first `blocks` blocks have from `least` to `most` tokens. */
interface LengthBounds {
  readonly blocks: number;
  readonly least: number;
  readonly most: number;
}

/** A prefix whose length is known. */
interface KnownLength {
  readonly blocks: number;
  readonly tokens: number;
}

/** A text is not taken to be more than so many times as long, or as short, as its bytes let expect. */
const MAX_SURPRISE = 2;

/** What a token is where nothing was reported: about four bytes, for every vendor's tokenizer. */
const BYTES_PER_TOKEN = 4;

export function createBlockSizes(): BlockSizes {
  const lengths = new Map<string, number>();
  const weights = new Map<string, number>();
  const measured = { bytes: 0, tokens: 0 };

  function learn({ prefix, marks, tokens, isWhole }: CountedPrefix): void {
    const known = markedLengths(marks, tokens);
    const prompt = promptTokenCount(tokens);
    const end = isWhole && prompt !== 'not-reported' ? [{ blocks: prefix.blocks.length, tokens: prompt }] : [];
    for (const { blocks, tokens: length } of [...known, ...end]) {
      const hash = prefix.hashes[blocks - 1];
      if (hash !== undefined) lengths.set(hash, length);
    }
    if (prompt === 'not-reported' || !isWhole) return;
    measured.bytes += prefix.blocks.reduce((sum, _, index) => sum + weightAt(prefix, index), 0);
    measured.tokens += prompt;
  }

  function of(prefix: RecordedPrefix, limit: number = Number.POSITIVE_INFINITY): readonly number[] {
    const known = knownLengths(prefix);
    const sizes = sizesOf(prefix, known);
    if (sum(sizes) <= limit) return sizes;
    const within = known.filter(({ blocks, tokens }) => blocks < prefix.blocks.length && tokens <= limit);
    return sizesOf(prefix, [...within, { blocks: prefix.blocks.length, tokens: limit }]);
  }

  function sizesOf(prefix: RecordedPrefix, known: readonly KnownLength[]): readonly number[] {
    const sizes: number[] = [];
    let start: KnownLength = { blocks: 0, tokens: 0 };
    for (const place of known) {
      sizes.push(...shareOut(place.tokens - start.tokens, weightsOf(prefix, start.blocks, place.blocks)));
      start = place;
    }
    const perByte = measured.bytes === 0 ? 1 / BYTES_PER_TOKEN : measured.tokens / measured.bytes;
    const rest = weightsOf(prefix, start.blocks, prefix.blocks.length);
    return [...sizes, ...rest.map((weight) => Math.ceil(weight * perByte))];
  }

  /** Growing with their blocks; of those that contradict each other the longest. */
  function knownLengths({ hashes }: RecordedPrefix): readonly KnownLength[] {
    const kept: KnownLength[] = [];
    for (let blocks = hashes.length; blocks > 0; blocks -= 1) {
      const tokens = lengths.get(hashes[blocks - 1] ?? '');
      if (tokens !== undefined && tokens <= (kept.at(-1)?.tokens ?? tokens)) kept.push({ blocks, tokens });
    }
    return kept.reverse();
  }

  function bound(prefix: RecordedPrefix, { blocks, least, most }: LengthBounds): void {
    const hash = prefix.hashes[blocks - 1];
    if (hash === undefined || lengths.has(hash)) return;
    const known = knownLengths(prefix);
    const before = known.findLast((place) => place.blocks < blocks) ?? { blocks: 0, tokens: 0 };
    const after = known.find((place) => place.blocks > blocks);
    const expected = sum(sizesOf(prefix, known).slice(0, blocks)) - before.tokens;
    const low = Math.max(least, before.tokens + expected / MAX_SURPRISE);
    // Every block has a token at least.
    const ceiling = after ? after.tokens - (after.blocks - blocks) : Number.POSITIVE_INFINITY;
    const high = Math.min(most, ceiling, before.tokens + expected * MAX_SURPRISE);
    const length = Math.round(Math.min(high, Math.max(low, before.tokens + expected)));
    if (low <= high && length >= least && length <= most) lengths.set(hash, length);
  }

  function weightsOf(prefix: RecordedPrefix, from: number, to: number): readonly number[] {
    return prefix.blocks.slice(from, to).map((_, index) => weightAt(prefix, from + index));
  }

  /** A block is weighed once, however many requests hold it. */
  function weightAt({ blocks, hashes }: RecordedPrefix, index: number): number {
    const hash = hashes[index] ?? '';
    const known = weights.get(hash);
    if (known !== undefined) return known;
    const weight = bytesOf(blocks[index]);
    weights.set(hash, weight);
    return weight;
  }

  return { learn, bound, of };
}

/** So many tokens, shared out by weight. */
function shareOut(tokens: number, weights: readonly number[]): readonly number[] {
  const total = sum(weights);
  let [weight, given] = [0, 0];
  return weights.map((own, index) => {
    weight += own;
    const upTo = total === 0 ? (tokens * (index + 1)) / weights.length : (tokens * weight) / total;
    const size = Math.round(upTo) - given;
    given += size;
    return size;
  });
}

/** What is written for a lifetime ends with the last mark of that lifetime; what is read and written ends with the last mark. */
function markedLengths(marks: readonly CacheMark[], tokens: TokenCounts): readonly KnownLength[] {
  const ends = new Map<CacheLifetime, number>();
  for (const { lifetime, blockIndex } of marks) ends.set(lifetime, Math.max(ends.get(lifetime) ?? 0, blockIndex + 1));
  const inOrder = [...ends].toSorted(([, a], [, b]) => a - b);
  const kept = countOrZero(tokens.cacheRead) + countOrZero(cacheWriteCount(tokens));
  const last = inOrder.at(-1)?.[1];
  if (last === undefined || kept === 0 || !isTold(tokens.cacheRead)) return [];
  const known: KnownLength[] = [];
  let length = countOrZero(tokens.cacheRead);
  for (const [lifetime, blocks] of inOrder) {
    const written = countOrZero(tokens.cacheWrite[lifetime]);
    length += written;
    if (written > 0) known.push({ blocks, tokens: length });
  }
  return [...known, { blocks: last, tokens: kept }];
}

function isTold(count: Count): count is number {
  return count !== 'not-reported';
}

/** More than this many bytes of a picture or a file tell nothing of its size. */
const MAX_MEDIA_BYTES = 6400;

/** Inside a JSON string the quotes would be escaped. */
const MEDIA = /"(?:base64|image_url|images|file_data)":?/;

function bytesOf(block: PrefixBlock | undefined): number {
  const text = block?.text ?? '';
  const bytes = Buffer.byteLength(text);
  return bytes > MAX_MEDIA_BYTES && MEDIA.test(text) ? MAX_MEDIA_BYTES : bytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
