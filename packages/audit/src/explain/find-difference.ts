/**
 * Where a request first does not go on as the one before it, and what happened there.
 *
 * Owns: the first differing block and the kind of the difference.
 * Leaves to `locate.ts`: the place within a block. To `owner.ts`: whose doing it is.
 *
 * D1. A difference is one of bytes: blocks with equal bytes and roles never differ.
 * D2. `reorder`, `insert` and `remove` are told only of whole blocks that are there, byte for byte, on both sides of the change.
 */

import { isDeepStrictEqual } from 'node:util';
import type { PrefixBlock } from '@reprise/providers';
import type { Difference, PrefixPart } from './break.ts';
import { locateIn, locateWhole } from './locate.ts';
import { shapeOf } from './shape.ts';

type Blocks = readonly PrefixBlock[];

/** The first of the blocks before `end` that the next request does not repeat; `undefined` if it repeats them all. */
export function findDifference(
  before: Blocks,
  after: Blocks,
  end: number = before.length,
): Omit<Difference, 'owner'> | undefined {
  const blockIndex = before.slice(0, end).findIndex((block, index) => !isSame(block, after[index]));
  if (blockIndex === -1) return undefined;
  const [was, is] = [before[blockIndex], after[blockIndex]];
  const part = firstPart(was, is);
  const found = { why: 'difference', part, blockIndex } as const;
  const [old, now] = [partFrom(before, blockIndex, part), partFrom(after, blockIndex, part)];
  const kind = moved(old, now);
  if (kind === 'insert' && is) return { ...found, kind, ...locateWhole(is, 'after') };
  if (kind === 'remove' && was) return { ...found, kind, ...locateWhole(was, 'before') };
  if (!was || !is) return { ...found, kind: 'remove', ...(was ? locateWhole(was, 'before') : NOWHERE) };
  const place = locateIn(was, is);
  return kind === 'reorder'
    ? { ...found, kind, ...place, path: was.path }
    : { ...found, ...shapeOf(old, now), ...place };
}

const NOWHERE = { path: undefined, byteOffset: undefined, before: undefined, after: undefined };

/** How a part went on, as whole blocks; `undefined` where a block was changed. */
function moved(old: Blocks, now: Blocks): 'insert' | 'remove' | 'reorder' | undefined {
  if (old.length > 1 && isPermutation(old, now.slice(0, old.length))) return 'reorder';
  if (now.length > 0 && now.some((_, cut) => (cut > 0 || old.length === 0) && goesOn(now, cut, old))) return 'insert';
  if (old.length > 0 && (now.length === 0 || old.some((_, cut) => cut > 0 && goesOn(now, 0, old.slice(cut)))))
    return 'remove';
  const [first, next] = [old[0], now[0]];
  const isMoved = now.slice(1).some((block) => isSame(block, first));
  const wasMoved = old.slice(1).some((block) => isSame(block, next));
  if (isMoved && wasMoved) return 'reorder';
  if (isMoved) return 'insert';
  return wasMoved ? 'remove' : undefined;
}

function isPermutation(old: Blocks, now: Blocks): boolean {
  const [was, is] = [old, now].map((blocks) => blocks.map(({ role, text }) => `${role}\n${text}`).sort());
  return isDeepStrictEqual(was, is);
}

/** Whether `blocks` from `start` go on with all of `others`. */
function goesOn(blocks: Blocks, start: number, others: Blocks): boolean {
  return others.every((block, index) => isSame(block, blocks[start + index]));
}

function isSame(one: PrefixBlock | undefined, other: PrefixBlock | undefined): boolean {
  return one?.text === other?.text && one?.role === other?.role;
}

/** The part that the change is in: of two the one that stands in front. */
function firstPart(was: PrefixBlock | undefined, is: PrefixBlock | undefined): PrefixPart {
  const parts = [was, is].flatMap((block) => (block ? [partOf(block)] : []));
  return parts.includes('tools') ? 'tools' : parts.includes('system') ? 'system' : 'messages';
}

export function partOf({ role }: Pick<PrefixBlock, 'role'>): PrefixPart {
  if (role === 'tool') return 'tools';
  return role === 'system' ? 'system' : 'messages';
}

/** The blocks from a place on, up to the end of the part it is in. */
function partFrom(blocks: Blocks, start: number, part: PrefixPart): Blocks {
  const rest = blocks.slice(start);
  if (part === 'messages') return rest;
  const end = rest.findIndex((block) => partOf(block) !== part);
  return end === -1 ? rest : rest.slice(0, end);
}
