import type { RecordedTurn } from '../replay/recorded-turns.ts';
import type { Difference } from './break.ts';
import { partOf } from './find-difference.ts';
import { snippet } from './locate.ts';

/**
 * The first differing block of two requests of which one cannot be made again, by the hashes that were kept of both; `undefined` where there is
 * none, or where a hash before it was not kept. What stands there is told of the side that is known.
 */
export function findHashDifference(
  before: RecordedTurn,
  after: RecordedTurn,
  end: number,
): Omit<Difference, 'owner'> | undefined {
  const [was, is] = [before, after].map(digitsOf);
  if (!was || !is) return undefined;
  const blockIndex = was.slice(0, end).findIndex((hash, index) => hash === undefined || hash !== is[index]);
  const isKnown = was[blockIndex] !== undefined && (is[blockIndex] !== undefined || blockIndex >= is.length);
  if (blockIndex === -1 || !isKnown) return undefined;
  const [old, now] = [before.prefix?.blocks[blockIndex], after.prefix?.blocks[blockIndex]];
  const block = old ?? now;
  return {
    why: 'difference',
    kind: blockIndex >= is.length ? 'remove' : 'edit',
    path: block?.path,
    part: block && partOf(block),
    blockIndex,
    byteOffset: undefined,
    before: old && snippet(old.text, 0),
    after: now && snippet(now.text, 0),
  };
}

/** How many digits of each hash the ledger keeps. */
const KEPT_DIGITS = 16;

function digitsOf({ prefix, keptHashes }: RecordedTurn): readonly (string | undefined)[] | undefined {
  if (prefix) return prefix.hashes.map((hash) => hash.slice(0, KEPT_DIGITS));
  return keptHashes.length === 0 ? undefined : keptHashes;
}
