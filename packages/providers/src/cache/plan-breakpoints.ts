/**
 * Where a request's cache marks stand, and why. Pure: the same blocks, policy and rules give the same plan.
 *
 * Owns: that no plan breaks a vendor's rule, and that nothing asked for is left out without a word.
 * Leaves to `policy.ts`: which block a policy means. To `plan/marked-messages.ts`: which block a message ends with. To
 * `family-rules.ts`: the numbers and their sources. To `place-marks.ts` of an adapter: the wire.
 *
 * P1. Never more marks than the vendor takes, its own counted; none on a block that cannot carry one. Where more are asked for, the
 *     earliest in render order are dropped, as a later prefix holds the earlier one, and last the one by which `auto` reads. (Anthropic:
 *     a fifth mark is refused. OpenAI: the latest four are kept, three beside its own.)
 * P2. None on a prefix that is surely below the vendor's minimum, where it would be ignored in silence. OpenAI's own mark is its
 *     default and stays.
 * P3. The entry that the previous request left under the same policy is found however many blocks the turn since has added: `auto`
 *     always marks its end; other policies get a mark there if their own would miss it and one is left. (Anthropic looks back twenty
 *     positions; OpenAI reads where a mark stands and nowhere else.)
 * P4. Where the vendor refuses a longer lifetime behind a shorter one (Anthropic), the earlier marks are raised to the longer: they hold
 *     prefixes of what is asked to be kept longer. One note says so. Of two lifetimes asked for one block the longer is meant.
 * P5. What `auto` costs, a read being a tenth of a fresh token and a write a quarter more. Take a conversation that only grows, whose
 *     requests follow each other before an entry dies and end in a block that can carry a mark. Let W be the tokens that `auto` writes
 *     in the last request. No sequence of legal plans costs less than `auto` less a quarter of W, one costs exactly that, and none
 *     reads more in any request. So a policy that keeps the end of every request, as `automatic`, `last_user_message` and its
 *     siblings do, is never cheaper; `none`, `tools_only` and others can be, by at most a quarter of W, since nothing follows to read
 *     what was written last. Where system prompts change, `auto` reads what `tools_only` reads, but writes more; on OpenAI no mark
 *     can stand on tools, and neither reads them.
 */

import { type CacheMark, serveUnexplained } from './cache-model.ts';
import type { CacheRules } from './family-rules.ts';
import { checkPolicy } from './plan/check-policy.ts';
import { byPlace, type ChosenMark, chooseMarks, settle } from './plan/choose-marks.ts';
import { notPlaced, type PlanNote } from './plan/plan-note.ts';
import { type CachePolicy, previousRequestEnd, type RequestedMark, requestedMarks } from './policy.ts';
import type { PrefixBlock } from './prefix.ts';

export type { CachePolicy } from './policy.ts';

export interface BreakpointPlan {
  /** In render order, at most one on a block, and the vendor's own behind it. */
  readonly marks: readonly PlannedMark[];
  /** What was asked for and done otherwise, or not at all. */
  readonly notes: readonly PlanNote[];
}

/** A mark on one block: the prefix that ends with it is to be kept. */
export interface PlannedMark extends CacheMark {
  /** Where it stands in the vendor's body: the block's path, or `cache_control` or `prompt_cache_options` for the vendor's own. */
  readonly path: string;
  /** Why it stands there, for people. */
  readonly reason: string;
}

/** The path of Anthropic's own mark, the top-level flag. */
export const TOP_LEVEL_FLAG = 'cache_control';

/** The path of OpenAI's own mark: there unless the options say `mode: 'explicit'`. */
export const IMPLICIT_MARK = 'prompt_cache_options';

/**
 * Decides where a request's cache marks stand. `messageMarks` are asked for beside the policy's. Throws `provider/invalid-request` for a
 * policy or a lifetime the vendor does not know.
 */
export function planBreakpoints(
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
  rules: CacheRules,
  messageMarks: readonly RequestedMark[] = [],
): BreakpointPlan {
  checkPolicy(policy, rules);
  if (rules.dialect === 'none') return { marks: [], notes: unmarkable(policy, messageMarks) };
  const isRefused = policy === 'automatic' && !rules.placesMarks;
  const asked = isRefused ? [] : requestedMarks(blocks, policy, rules);
  const chosen = chooseMarks(blocks, [...asked, ...messageMarks], rules);
  const rolling = isRefused ? undefined : rollingMark(blocks, policy, rules, chosen.marks);
  const inOrder = [...chosen.marks, ...(rolling && 'blockIndex' in rolling ? [rolling] : [])].toSorted(byPlace);
  const { marks, notes } = raiseLifetimes(inOrder, rules);
  return {
    marks: marks.map((mark) => plannedMark(mark, blocks, rules)),
    notes: [
      ...(isRefused ? [FLAG_REFUSED] : []),
      ...chosen.notes,
      ...(rolling && 'code' in rolling ? [rolling] : []),
      ...notes,
    ],
  };
}

const FLAG_REFUSED: PlanNote = {
  code: 'cache/unsupported',
  cause: 'unsupported',
  message:
    'The cache policy "automatic" was ignored: this host takes no top-level flag. Marks on blocks it takes, as `auto` or `last_user_message` place them.',
};

function unmarkable(policy: CachePolicy, messageMarks: readonly RequestedMark[]): readonly PlanNote[] {
  const asked = [
    ...(policy === 'auto' || policy === 'none' ? [] : [`The cache policy ${JSON.stringify(policy)}`]),
    ...(messageMarks.length > 0 ? [`The \`cache\` of ${messageMarks.map((mark) => mark.asked).join(', ')}`] : []),
  ];
  const why = 'no mark can be placed for this model here, whose vendor keeps what it sees';
  return asked.map((what) => ({
    code: 'cache/unsupported',
    cause: 'unsupported',
    message: `${what} was ignored: ${why}.`,
  }));
}

/** A mark where the previous request's last one stood, if the chosen marks would miss its entry (P3). */
function rollingMark(
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
  rules: CacheRules,
  chosen: readonly ChosenMark[],
): ChosenMark | PlanNote | undefined {
  // `auto` has marked it already. OpenAI's own mark finds what it left by itself.
  if (policy === 'auto' || (policy === 'automatic' && rules.dialect === 'openai')) return undefined;
  const lastIndex = chosen.at(-1)?.blockIndex ?? 0;
  if (lastIndex < rules.lookbackPositions) return undefined;
  const previousBlocks = blocks.slice(0, previousRequestEnd(blocks));
  const previous = chooseMarks(previousBlocks, requestedMarks(previousBlocks, policy, rules), rules).marks.at(-1);
  // Behind the last mark it would keep what the policy does not ask to keep.
  if (!previous || previous.blockIndex >= lastIndex) return undefined;
  if (isFound(blocks, previous.blockIndex, chosen, rules)) return undefined;
  const { blockIndex, lifetime } = previous;
  const asked = 'the previous request';
  const reason = 'end of what the previous request kept, too far back for the other marks to find';
  return chosen.length < rules.maxMarks
    ? { ...settle({ asked, blockIndex, reason }, rules), lifetime }
    : notPlaced(asked, 'too-many', `it is out of the other marks' reach, and a request takes ${rules.maxMarks}`);
}

/** Whether any of the marks would find an entry that ends with a block. The cache model knows. */
function isFound(
  blocks: readonly PrefixBlock[],
  blockIndex: number,
  marks: readonly CacheMark[],
  rules: CacheRules,
): boolean {
  const entry = { tokens: 1, lifetime: 'unknown', expiresAt: Number.POSITIVE_INFINITY } as const;
  const sized = blocks.map(({ kind }, index) => ({ hash: String(index), kind, tokens: 1 }));
  const state = new Map([[String(blockIndex), entry]]);
  return serveUnexplained(state, { at: 0, blocks: sized, marks }, { ...rules, minimumTokens: 0 }).read > 0;
}

/** The marks with no longer lifetime behind a shorter, where the vendor minds (P4). */
function raiseLifetimes(
  marks: readonly ChosenMark[],
  { lifetimes, longestFirst }: CacheRules,
): { readonly marks: readonly ChosenMark[]; readonly notes: readonly PlanNote[] } {
  const ranks = marks.map(({ lifetime }) => lifetimes.indexOf(lifetime));
  const needed = ranks.map((_, index) => Math.max(...ranks.slice(index)));
  const raised = marks.filter((_, index) => longestFirst && (ranks[index] ?? 0) < (needed[index] ?? 0));
  if (raised.length === 0) return { marks, notes: [] };
  return {
    marks: marks.map((mark, index) => ({ ...mark, lifetime: lifetimes[needed[index] ?? 0] ?? mark.lifetime })),
    notes: [raisedNote(raised.map(({ asked }) => asked))],
  };
}

function raisedNote(asked: readonly string[]): PlanNote {
  const message = `The cache marks for ${asked.join(', ')} are kept as long as a later one: a longer lifetime may not follow a shorter.`;
  return { code: 'cache/lifetime-raised', cause: 'lifetime-order', message };
}

function plannedMark(mark: ChosenMark, blocks: readonly PrefixBlock[], { dialect }: CacheRules): PlannedMark {
  const { blockIndex, lifetime, reason, isVendorPlaced } = mark;
  if (!isVendorPlaced) return { blockIndex, path: blocks[blockIndex]?.path ?? '', lifetime, reason };
  const path = dialect === 'openai' ? IMPLICIT_MARK : TOP_LEVEL_FLAG;
  return { blockIndex, path, lifetime, reason, isVendorPlaced };
}
