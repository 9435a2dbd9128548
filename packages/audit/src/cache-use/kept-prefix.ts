import { type CacheLifetime, LIFETIME_MS } from '@reprise/providers';

/**
 * What the ledger of one conversation says that a vendor's cache holds of it, in positions of the prompt.
 *
 * Owns: which positions are alive, and whose write is still unread.
 * Leaves to `cache-use.ts`: what a turn read and wrote.
 *
 * K1. A position belongs to the write that was the last to cover it.
 * K2. A write lives its lifetime from the start of its request; a read of a position begins that anew.
 * K3. A position that was read is nobody's any more: it is alive, and no write is owed to it.
 */

/** Positions from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly lifetime: CacheLifetime;
  /** Epoch milliseconds. */
  readonly diesAt: number;
  /** The place of the turn that wrote it, as long as nobody has read it. */
  readonly unreadOf: number | undefined;
}

/** The spans without gaps between them are in order and do not overlap. */
export type KeptPrefix = readonly Span[];

/** The parts of the spans before and from a position on. */
export function splitAt(kept: KeptPrefix, position: number): readonly [KeptPrefix, KeptPrefix] {
  const before = kept.flatMap((span) =>
    span.start < position ? [{ ...span, end: Math.min(span.end, position) }] : [],
  );
  const after = kept.flatMap((span) =>
    span.end > position ? [{ ...span, start: Math.max(span.start, position) }] : [],
  );
  return [before, after];
}

/** What is alive at a time, of the first `reach` positions: up to where it ends. */
export function aliveEnd(kept: KeptPrefix, reach: number, at: number): number {
  return Math.max(
    0,
    ...kept.flatMap((span) => (span.start < reach && at < span.diesAt ? [Math.min(span.end, reach)] : [])),
  );
}

/** After a read of everything before `end`. What was read beyond what is known was somebody else's; `lifetime` is taken to be its. */
export function renewed(
  kept: KeptPrefix,
  end: number,
  { at, lifetime }: { readonly at: number; readonly lifetime: CacheLifetime },
): KeptPrefix {
  const [read, rest] = splitAt(kept, end);
  const runs: Span[] = [];
  for (const span of filled(read, end, lifetime)) {
    const last = runs.at(-1);
    if (last?.lifetime === span.lifetime) runs[runs.length - 1] = { ...last, end: span.end };
    else runs.push({ ...span, diesAt: at + LIFETIME_MS[span.lifetime], unreadOf: undefined });
  }
  return [...runs, ...rest];
}

/** After a write, whose spans follow each other. */
export function overwritten(kept: KeptPrefix, spans: readonly Span[]): KeptPrefix {
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined) return kept;
  const [before] = splitAt(kept, first.start);
  const [, after] = splitAt(kept, last.end);
  return [...before, ...spans, ...after];
}

/** The spans and, where between them or before `end` there is none, others. */
function filled(spans: KeptPrefix, end: number, lifetime: CacheLifetime): KeptPrefix {
  const all: Span[] = [];
  let position = 0;
  for (const span of [...spans, { start: end, end, lifetime, diesAt: 0, unreadOf: undefined }]) {
    if (span.start > position) all.push({ start: position, end: span.start, lifetime, diesAt: 0, unreadOf: undefined });
    if (span.end > span.start) all.push(span);
    position = span.end;
  }
  return all;
}
