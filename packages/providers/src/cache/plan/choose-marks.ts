import type { CacheLifetime } from '../../token-counts.ts';
import type { CacheRules } from '../family-rules.ts';
import type { PlaceableMark, RequestedMark } from '../policy.ts';
import type { PrefixBlock } from '../prefix.ts';
import { notPlaced, type PlanNote } from './plan-note.ts';
import { isSurelyBelow } from './prefix-size.ts';

/** A mark whose lifetime is settled. */
export interface ChosenMark extends PlaceableMark {
  readonly lifetime: CacheLifetime;
}

/** The marks that are placed, in render order, and why the others are not (P1 and P2 of `plan-breakpoints.ts`). */
export function chooseMarks(
  blocks: readonly PrefixBlock[],
  requested: readonly RequestedMark[],
  rules: CacheRules,
): { readonly marks: readonly ChosenMark[]; readonly notes: readonly PlanNote[] } {
  const bySlot = new Map<string, ChosenMark>();
  const notes: PlanNote[] = [];
  for (const mark of requested) {
    const obstacle = findObstacle(blocks, mark, rules);
    if (obstacle && !mark.isQuiet) notes.push(obstacle);
    if (obstacle || 'missing' in mark) continue;
    const slot = isApart(mark, rules) ? 'vendor' : String(mark.blockIndex);
    bySlot.set(slot, joinMarks(bySlot.get(slot), settle(mark, rules), rules));
  }
  const ordered = [...bySlot.values()].sort(byPlace);
  const dropped = new Set(dropOrder(ordered).slice(0, Math.max(0, ordered.length - rules.maxMarks)));
  for (const mark of dropped) {
    if (!mark.isQuiet) notes.push(notPlaced(mark.asked, 'too-many', `a request takes ${rules.maxMarks} marks`));
  }
  return { marks: ordered.filter((mark) => !dropped.has(mark)), notes };
}

/** A mark with the lifetime it asks for, or the vendor's default. */
export function settle(mark: PlaceableMark, { lifetimes }: CacheRules): ChosenMark {
  return { ...mark, lifetime: mark.ttl ?? lifetimes[0] ?? 'unknown' };
}

/** Render order; the vendor's own mark stands behind another on its block. */
export function byPlace(a: PlaceableMark, b: PlaceableMark): number {
  return a.blockIndex - b.blockIndex || Number(a.isVendorPlaced ?? 0) - Number(b.isVendorPlaced ?? 0);
}

function findObstacle(blocks: readonly PrefixBlock[], mark: RequestedMark, rules: CacheRules): PlanNote | undefined {
  if ('missing' in mark) return notPlaced(mark.asked, mark.missing, mark.detail);
  const { minimumTokens } = rules;
  if (isApart(mark, rules) || !isSurelyBelow(blocks, mark.blockIndex, minimumTokens)) return undefined;
  return notPlaced(mark.asked, 'below-minimum', `its prefix is below the minimum of ${minimumTokens} tokens`);
}

/** OpenAI's own mark is not on a block. Anthropic's is, and beside another lifetime on that block it is refused. */
function isApart({ isVendorPlaced }: PlaceableMark, { dialect }: CacheRules): boolean {
  return isVendorPlaced === true && dialect === 'openai';
}

function joinMarks(first: ChosenMark | undefined, second: ChosenMark, { lifetimes }: CacheRules): ChosenMark {
  if (!first) return second;
  const isLonger = lifetimes.indexOf(first.lifetime) > lifetimes.indexOf(second.lifetime);
  return {
    ...first,
    ...second,
    lifetime: isLonger ? first.lifetime : second.lifetime,
    isQuiet: first.isQuiet === true && second.isQuiet === true,
  };
}

/** What can be spared first: the earliest, and last the one that reads and the vendor's own. */
function dropOrder(ordered: readonly ChosenMark[]): readonly ChosenMark[] {
  const rank = ({ isRead, isVendorPlaced }: ChosenMark) => Number(isRead ?? 0) + 2 * Number(isVendorPlaced ?? 0);
  return ordered.toSorted((a, b) => rank(a) - rank(b));
}
