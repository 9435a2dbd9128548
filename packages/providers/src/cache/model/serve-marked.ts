import type { CacheLifetime } from '../../token-counts.ts';
import { type CacheRules, LIFETIME_MS } from '../family-rules.ts';
import { findMarked } from './look-back.ts';
import type { CachedRequest, CacheMark, MarkVerdict } from './request.ts';
import { type CacheEntry, isAlive, keepEntry } from './state.ts';

/** What was read and kept; `entries` has been changed accordingly. */
export interface Served {
  /** Prompt tokens. */
  readonly read: number;
  readonly written: Readonly<Partial<Record<CacheLifetime, number>>>;
  readonly marks: readonly MarkVerdict[];
}

/** Anthropic, and OpenAI from 5.6 on: each mark looks back for the longest kept prefix, then keeps its own. */
export function serveMarked(
  entries: Map<string, CacheEntry>,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): Served {
  const { eligible, found } = findMarked(entries, request, ends, rules);
  const readIndex = Math.max(-1, ...found.values());
  const read = ends[readIndex] ?? 0;
  for (const blockIndex of found.values()) renewAt(entries, request, blockIndex);

  const outcomes = new Map<CacheMark, MarkVerdict['outcome']>();
  const written: Partial<Record<CacheLifetime, number>> = {};
  let covered = { index: readIndex, tokens: read };
  for (const [order, mark] of eligible.entries()) {
    const { blockIndex, lifetime } = mark;
    const tokens = ends[blockIndex] ?? 0;
    if (tokens <= covered.tokens) {
      outcomes.set(mark, coveredOutcome(entries, request, blockIndex, readIndex));
    } else if (order < eligible.length - rules.maxMarks) {
      outcomes.set(mark, 'over-limit');
    } else {
      written[lifetime] = (written[lifetime] ?? 0) + tokens - covered.tokens;
      keepPrefix(entries, request, { mark, tokens, after: covered.index });
      covered = { index: blockIndex, tokens };
      outcomes.set(mark, 'written');
    }
  }
  const marks = request.marks.map((mark): MarkVerdict => {
    const { blockIndex } = mark;
    const otherwise = blockIndex in ends ? 'below-minimum' : 'no-block';
    const foundIndex = found.get(mark) ?? -1;
    return {
      blockIndex,
      outcome: outcomes.get(mark) ?? otherwise,
      tokens: ends[blockIndex] ?? 0,
      ...(foundIndex === -1 ? {} : { foundBlockIndex: foundIndex }),
    };
  });
  return { read, written, marks };
}

function coveredOutcome(
  entries: ReadonlyMap<string, CacheEntry>,
  { blocks, at }: CachedRequest,
  blockIndex: number,
  readIndex: number,
): MarkVerdict['outcome'] {
  if (blockIndex === readIndex) return 'read';
  const entry = entries.get(blocks[blockIndex]?.hash ?? '');
  return entry && isAlive(entry, at) ? 'held-already' : 'covered';
}

function renewAt(entries: Map<string, CacheEntry>, { blocks, at }: CachedRequest, blockIndex: number): void {
  const hash = blocks[blockIndex]?.hash;
  const entry = hash === undefined ? undefined : entries.get(hash);
  if (hash === undefined || !entry) return;
  keepEntry(entries, hash, { ...entry, expiresAt: at + LIFETIME_MS[entry.lifetime] }, at);
}

function keepPrefix(
  entries: Map<string, CacheEntry>,
  { blocks, at }: CachedRequest,
  { mark: { blockIndex, lifetime }, tokens, after }: { mark: CacheMark; tokens: number; after: number },
): void {
  const hash = blocks[blockIndex]?.hash;
  if (hash === undefined) return;
  const before = blocks.slice(Math.max(0, after), blockIndex).map((block) => block.hash);
  const expiresAt = at + LIFETIME_MS[lifetime];
  keepEntry(entries, hash, { tokens, lifetime, expiresAt, ...(before.length === 0 ? {} : { after: before }) }, at);
}
