/**
 * Where a request's cache marks stand, and why. Pure: the same blocks, policy and rules give the same plan.
 *
 * Owns: that no plan breaks a vendor's rule, and that nothing asked for is left out without a word.
 * Leaves to `policy.ts`: which block a policy means. To `place-marks.ts` of an adapter: the wire.
 *
 * P1. Never more marks than the vendor takes, the vendor's own flag counted; none on a block that cannot carry one. Where more are
 *     asked for, the earliest in render order are dropped: a later prefix holds the earlier one.
 * P2. None on a prefix that is surely below the vendor's minimum, where it would be ignored in silence.
 * P3. The entry that the previous request left under the same policy is found however many blocks the turn since has added: `auto`
 *     always marks its end; other policies get a mark there if their own would miss it and one is left.
 * P4. All marks of a plan have one lifetime, so a longer one never follows a shorter one.
 * P5. What `auto` costs, a read being a tenth of a fresh token and a write a quarter more. Take a conversation that only grows, whose
 *     requests follow each other before an entry dies and end in a block that can carry a mark. Let W be the tokens that `auto` writes
 *     in the last request. No sequence of legal plans costs less than `auto` less a quarter of W, one costs exactly that, and none
 *     reads more in any request. So a policy that keeps the end of every request, as `automatic`, `last_user_message` and its
 *     siblings do, is never cheaper; `none`, `tools_only` and others can be, by at most a quarter of W, since nothing follows to read
 *     what was written last. Where system prompts change, `auto` reads what `tools_only` reads, but writes more.
 */

import { ProviderError } from '../errors.ts';
import type { WarningEvent } from '../stream-event.ts';
import type { CacheLifetime } from '../token-counts.ts';
import { serveFromCache } from './cache-model.ts';
import type { CacheRules } from './family-rules.ts';
import { type CachePolicy, previousRequestEnd, type RequestedMark, requestedMarks } from './policy.ts';
import type { PrefixBlock } from './prefix.ts';

export type { CachePolicy } from './policy.ts';

export interface BreakpointPlan {
  /** In render order, at most one on a block. */
  readonly marks: readonly PlannedMark[];
  /** What the policy asked for and did not get. */
  readonly notes: readonly PlanNote[];
}

/** A mark on one block: the prefix that ends with it is to be kept. */
export interface PlannedMark {
  readonly blockIndex: number;
  /** Where it stands in the vendor's body: the block's path, or `cache_control` for the top-level flag. */
  readonly path: string;
  readonly lifetime: CacheLifetime;
  /** Why it stands there, for people. */
  readonly reason: string;
}

interface PlanNote {
  readonly code: 'cache/mark-not-placed' | 'cache/unsupported';
  readonly cause: 'below-minimum' | 'no-block' | 'out-of-range' | 'own-marks' | 'too-many' | 'unsupported';
  readonly message: string;
}

/** The path of the vendor's top-level flag. */
export const TOP_LEVEL_FLAG = 'cache_control';

/** Decides where a request's cache marks stand. Throws `provider/invalid-request` for a policy or a lifetime the vendor does not know. */
export function planBreakpoints(
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
  rules: CacheRules,
): BreakpointPlan {
  if (rules.control === 'implicit') return { marks: [], notes: unsupported(policy) };
  const requested = requestedMarks(blocks, policy);
  if (!requested) throw unknownPolicy(policy);
  const lifetime = lifetimeOf(policy, rules);
  const chosen = chooseBlocks(blocks, requested, rules);
  const rolling = policy === 'auto' ? undefined : rollingMark(blocks, policy, rules, chosen.blocks);
  const placed = [...chosen.blocks, ...(rolling && 'blockIndex' in rolling ? [rolling] : [])];
  return {
    marks: placed
      .toSorted((a, b) => a.blockIndex - b.blockIndex)
      .map(({ blockIndex, reason, isVendorPlaced }) => ({
        blockIndex,
        path: isVendorPlaced ? TOP_LEVEL_FLAG : (blocks[blockIndex]?.path ?? ''),
        lifetime,
        reason,
      })),
    // Nobody asked `auto` for any mark in particular.
    notes: policy === 'auto' ? [] : [...chosen.notes, ...(rolling && 'code' in rolling ? [rolling] : [])],
  };
}

/** What a plan left out, as the warnings with which a stream begins. */
export function planWarnings({ notes }: BreakpointPlan): readonly WarningEvent[] {
  return notes.map(({ code, message }) => ({ type: 'warning', code, message }));
}

/** The warnings of a request to a model whose vendor takes no marks. Throws like `planBreakpoints`. */
export function unmarkedWarnings(policy: CachePolicy | undefined, rules: CacheRules): readonly WarningEvent[] {
  return planWarnings(planBreakpoints([], policy ?? 'auto', rules));
}

function unknownPolicy(policy: unknown): ProviderError {
  return new ProviderError(
    'provider/invalid-request',
    `cache is ${JSON.stringify(policy)}; expected a policy's name or { breakpoints, ttl }.`,
  );
}

function unsupported(policy: CachePolicy): readonly PlanNote[] {
  if (policy === 'auto' || policy === 'none') return [];
  const message = `The cache policy ${JSON.stringify(policy)} was ignored: no mark can be placed for this model, whose vendor keeps what it sees.`;
  return [{ code: 'cache/unsupported', cause: 'unsupported', message }];
}

function lifetimeOf(policy: CachePolicy, { lifetimes }: CacheRules): CacheLifetime {
  const asked = typeof policy === 'object' ? policy.ttl : undefined;
  if (asked === undefined) return lifetimes[0] ?? 'unknown';
  if (lifetimes.includes(asked)) return asked;
  throw new ProviderError('provider/invalid-request', `cache.ttl is ${asked}; expected ${lifetimes.join(' or ')}.`);
}

type PlaceableMark = Extract<RequestedMark, { readonly blockIndex: number }>;

/** The asked blocks that can be marked, and why the others are not (P1, P2). */
function chooseBlocks(
  blocks: readonly PrefixBlock[],
  requested: readonly RequestedMark[],
  rules: CacheRules,
): { readonly blocks: readonly PlaceableMark[]; readonly notes: readonly PlanNote[] } {
  const byBlock = new Map<number, PlaceableMark>();
  const notes: PlanNote[] = [];
  for (const mark of requested) {
    if ('missing' in mark) notes.push(notPlaced(mark, mark.missing, mark.detail));
    else if (isSurelyBelowMinimum(blocks, mark.blockIndex, rules)) {
      notes.push(notPlaced(mark, 'below-minimum', `its prefix is below the minimum of ${rules.minimumTokens} tokens`));
    } else byBlock.set(mark.blockIndex, mark);
  }
  const ordered = [...byBlock.values()].sort((a, b) => a.blockIndex - b.blockIndex);
  const dropped = ordered.splice(0, Math.max(0, ordered.length - rules.maxMarks));
  for (const mark of dropped) notes.push(notPlaced(mark, 'too-many', `a request takes ${rules.maxMarks} marks`));
  return { blocks: ordered, notes };
}

/** A mark where the previous request's last one stood, if the chosen marks would miss its entry (P3). */
function rollingMark(
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
  rules: CacheRules,
  chosen: readonly PlaceableMark[],
): PlaceableMark | PlanNote | undefined {
  const lastIndex = chosen.at(-1)?.blockIndex ?? 0;
  if (lastIndex < rules.lookbackPositions) return undefined;
  const previousBlocks = blocks.slice(0, previousRequestEnd(blocks));
  const previous = chooseBlocks(previousBlocks, requestedMarks(previousBlocks, policy) ?? [], rules).blocks.at(-1);
  // Behind the last mark it would keep what the policy does not ask to keep.
  if (!previous || previous.blockIndex >= lastIndex) return undefined;
  if (isFound(blocks, previous.blockIndex, chosen, rules)) return undefined;
  const { blockIndex } = previous;
  const rolling = {
    asked: 'the previous request',
    blockIndex,
    reason: 'end of what the previous request kept, too far back for the other marks to find',
  };
  return chosen.length < rules.maxMarks
    ? rolling
    : notPlaced(rolling, 'too-many', `it is out of the other marks' reach, and a request takes ${rules.maxMarks}`);
}

/** Whether any of the marks would find an entry that ends with a block. The cache model knows. */
function isFound(
  blocks: readonly PrefixBlock[],
  blockIndex: number,
  marks: readonly PlaceableMark[],
  rules: CacheRules,
): boolean {
  const entry = { tokens: 1, lifetime: 'unknown', expiresAt: Number.POSITIVE_INFINITY } as const;
  const request = {
    at: 0,
    blocks: blocks.map(({ kind }, index) => ({ hash: String(index), kind, tokens: 1 })),
    marks: marks.map((mark) => ({ blockIndex: mark.blockIndex, lifetime: entry.lifetime })),
  };
  return serveFromCache(new Map([[String(blockIndex), entry]]), request, { ...rules, minimumTokens: 0 }).read > 0;
}

function notPlaced({ asked }: RequestedMark, cause: PlanNote['cause'], detail: string): PlanNote {
  return { code: 'cache/mark-not-placed', cause, message: `No cache mark for ${asked}: ${detail}.` };
}

/** A token is at least one byte, so fewer bytes than the minimum are fewer tokens too. A character may be several tokens. */
function isSurelyBelowMinimum(blocks: readonly PrefixBlock[], blockIndex: number, rules: CacheRules): boolean {
  let bytes = 0;
  for (let index = 0; index <= blockIndex; index += 1) {
    bytes += Buffer.byteLength(blocks[index]?.text ?? '');
    if (bytes >= rules.minimumTokens) return false;
  }
  return true;
}
