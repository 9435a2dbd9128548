import { countOrZero } from '@reprise/providers';
import type { TurnStatement } from '../turn-statement.ts';

/** The buckets of a prompt in the order a bar shows them, each with a glyph that needs no colour. */
export const BAR_GLYPHS = { cacheRead: '█', cacheWrite: '▓', fresh: '░' } as const;

export type BarBucket = keyof typeof BAR_GLYPHS;

export interface BarSegment {
  readonly bucket: BarBucket;
  readonly text: string;
}

const BAR_BUCKETS: readonly BarBucket[] = ['cacheRead', 'cacheWrite', 'fresh'];

/**
 * A prompt's make-up as a bar of `cells` glyphs. A bucket with any token has a cell, as long as there are cells enough.
 * `undefined` where the vendor did not say what was read, empty for an empty prompt.
 */
export function promptBar(tokens: TurnStatement['tokens'], cells: number): readonly BarSegment[] | undefined {
  if (tokens.cacheRead === 'not-reported' || tokens.fresh === 'not-reported') return undefined;
  const used = BAR_BUCKETS.map((bucket) => ({ bucket, count: countOrZero(tokens[bucket]) })).filter(
    ({ count }) => count > 0,
  );
  const total = used.reduce((sum, { count }) => sum + count, 0);
  // One cell each, the rest by size; the largest takes what rounding leaves.
  const free = cells - used.length;
  const sizes = used.map(({ count }) => 1 + Math.floor((free * count) / total));
  const left = cells - sizes.reduce((sum, size) => sum + size, 0);
  const largest = used.reduce((best, { count }, index) => (count > (used[best]?.count ?? 0) ? index : best), 0);
  return used.map(({ bucket }, index) => ({
    bucket,
    text: BAR_GLYPHS[bucket].repeat((sizes[index] ?? 0) + (index === largest ? left : 0)),
  }));
}
