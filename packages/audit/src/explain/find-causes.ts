/**
 * Why a turn read less than the one before it had made possible.
 *
 * Owns: which facts are causes, and which of them weighs most.
 * Leaves to `find-difference.ts`: what changed. To the cache model: what its rules make of time, marks and sizes.
 *
 * W1. The vendor's counts say that less was read; they are never doubted here. Only why is asked.
 * W2. A cause is a fact of the requests, or follows from the vendor's rules. Where neither tells, it is `unknown`.
 * W3. `provider-side` is said only where all is known: equal bytes and settings, alive, in reach of a mark, and long enough.
 * W4. What the caller has changed comes first, unless it explains less than half of what was missed.
 */

import { type CachePolicy, LIFETIME_MS, promptTokenCount, type UnreadReason } from '@reprise/providers';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import type { BreakCause, Difference } from './break.ts';
import type { ExpectedReads } from './expected-reads.ts';
import { expiredByTime } from './expired-by-time.ts';
import { findDifference, partOf } from './find-difference.ts';
import { findHashDifference } from './hash-difference.ts';
import type { Looked } from './known-caches.ts';
import { ownerOf } from './owner.ts';
import { parameterChange } from './parameter-change.ts';

/** A turn that fell short, and the one it is compared with. */
export interface Shortfall {
  readonly before: RecordedTurn;
  readonly after: RecordedTurn;
  readonly expected: ExpectedReads;
  readonly readTokens: number;
  /** What the cache model makes of the later request; `undefined` where that is not known. */
  readonly looked: Looked | undefined;
}

/** A cause, and how many tokens could still be read if it were the only one. */
interface Weighed {
  readonly cause: BreakCause;
  readonly limit: number;
}

type Causes = readonly [BreakCause, ...BreakCause[]];

export function findCauses(shortfall: Shortfall): Causes {
  const { before, after, expected } = shortfall;
  const [was, is] = [before.asked, after.asked];
  if (was.family !== is.family || was.model !== is.model) {
    const isSameName = was.model === is.model;
    const nameOf = ({ family, model }: typeof was) => (isSameName ? `${model} (${family})` : model);
    return [{ why: 'model-changed', before: nameOf(was), after: nameOf(is) }];
  }
  if (!expected.wasKept) return [neverKept(shortfall)];
  const [first, ...others] = byWeight(knownCauses(shortfall), expected.tokens);
  return first ? [first, ...others] : [unexplained(shortfall)];
}

function knownCauses(shortfall: Shortfall): readonly Weighed[] {
  const changes = [...differences(shortfall), ...parameters(shortfall)];
  const hasChanged = changes.length > 0;
  const causes = [...changes, ...ruleCauses(shortfall, hasChanged), ...(hasChanged ? [] : timeCauses(shortfall))];
  return causes.length > 0 && isLostAsWell(shortfall)
    ? [...causes, { cause: { why: 'provider-side' }, limit: 0 }]
    : causes;
}

/** What is too short because the rest has changed is no cause of its own. */
function ruleCauses(shortfall: Shortfall, hasChanged: boolean): readonly Weighed[] {
  const { looked } = shortfall;
  if (!looked) return [];
  const causes = looked
    .reasons()
    .filter(({ why }) => !(hasChanged && why === 'below-minimum'))
    .flatMap((reason) => ruleCause(reason, shortfall, looked));
  const isSettling = looked.readIfSettled > looked.read;
  if (!isSettling || causes.some(({ cause }) => cause.why === 'not-yet-visible')) return causes;
  return [...causes, { cause: { why: 'not-yet-visible' }, limit: looked.read }];
}

function timeCauses({ before, after, readTokens, looked }: Shortfall): readonly Weighed[] {
  const cause = looked ? undefined : expiredByTime(before, after, readTokens);
  return cause ? [{ cause, limit: 0 }] : [];
}

/** How little is surely not an error of the sizes that were shared out. */
const SURE_TOKENS = 512;

/** Whether the vendor read nothing at all where its rules, all other causes counted, leave a good deal to read. */
function isLostAsWell({ before, after, readTokens, looked }: Shortfall): boolean {
  if (!looked || readTokens > 0 || !before.parameters || !after.parameters) return false;
  return looked.read >= Math.max(SURE_TOKENS, 2 * looked.rules.minimumTokens);
}

function differences({ before, after, expected, looked }: Shortfall): readonly Weighed[] {
  const found =
    before.prefix && after.prefix
      ? findDifference(before.prefix.blocks, after.prefix.blocks, keptBlocks(before))
      : findHashDifference(before, after, keptBlocks(before));
  if (!found) return [];
  const cause: Difference = { ...found, owner: ownerOf(found, before, after) };
  const limit = looked ? keptBefore(found.blockIndex, before, looked) : 0;
  return limit >= expected.tokens ? [] : [{ cause, limit }];
}

/** How many of a request's blocks its vendor has kept: up to its last mark, or all. */
function keptBlocks({ marks, prefix, blockCount = 0 }: RecordedTurn): number {
  const last = marks?.at(-1)?.blockIndex;
  return last === undefined ? (prefix?.blocks.length ?? blockCount) : last + 1;
}

/** Tokens that were kept of the blocks before one: where marks are, up to the last mark before it. */
function keptBefore(blockIndex: number, { marks = [] }: RecordedTurn, { ends, rules }: Looked): number {
  const last =
    rules.dialect === 'none' ? blockIndex - 1 : marks.findLast((mark) => mark.blockIndex < blockIndex)?.blockIndex;
  return ends[last ?? -1] ?? 0;
}

function parameters({ before, after, looked }: Shortfall): readonly Weighed[] {
  if (!before.parameters || !after.parameters || !looked) return [];
  const cause = parameterChange(after.asked.family, before.parameters, after.parameters);
  if (!cause) return [];
  const start =
    after.prefix?.blocks.findIndex((block) => PARTS.indexOf(partOf(block)) >= PARTS.indexOf(cause.part)) ?? 0;
  return [{ cause, limit: start === -1 ? 0 : keptBefore(start, before, looked) }];
}

const PARTS = ['tools', 'system', 'messages'];

/** What the cache model says of its own rules; of changes it says less than the requests do. */
function ruleCause(reason: UnreadReason, { before, after }: Shortfall, looked: Looked): readonly Weighed[] {
  const limit = looked.read;
  const pathOf = (blockIndex: number) => after.prefix?.blocks[blockIndex]?.path;
  switch (reason.why) {
    case 'expired': {
      const { blockIndex, expiredAt } = reason;
      const lifetime = lifetimeAt(blockIndex, before, looked);
      const idleMs = after.row.startedAt - expiredAt + LIFETIME_MS[lifetime];
      const isDocumented = lifetime !== 'unknown';
      return [{ cause: { why: 'expired', lifetime, expiredAt, idleMs, isDocumented }, limit }];
    }
    case 'replaced':
      return [{ cause: { why: 'replaced', replacedAt: reason.replacedAt }, limit }];
    case 'not-settled':
      return [{ cause: { why: 'not-yet-visible' }, limit }];
    case 'below-minimum':
      return [{ cause: { why: 'below-minimum', tokens: reason.tokens, minimumTokens: reason.minimumTokens }, limit }];
    case 'no-mark':
      return [{ cause: markCause(reason.blockIndex, before, after), limit }];
    case 'beyond-lookback':
      // Where marks do not look back, a mark that does not stand where it stood finds nothing.
      return reason.reach === 1
        ? [{ cause: markCause(reason.blockIndex, before, after), limit }]
        : [{ cause: { why: 'beyond-lookback', path: pathOf(reason.blockIndex), reach: reason.reach }, limit }];
    case 'not-considered':
      return [{ cause: { why: 'not-considered', path: pathOf(reason.blockIndex) }, limit }];
    case 'prefix-changed':
    case 'cold':
      return [];
  }
}

function lifetimeAt(blockIndex: number, { marks = [] }: RecordedTurn, { rules: { lifetimes } }: Looked) {
  const mark = marks.find((each) => each.blockIndex >= blockIndex) ?? marks.at(-1);
  return mark?.lifetime ?? lifetimes[0] ?? 'unknown';
}

function markCause(blockIndex: number | undefined, before: RecordedTurn, after: RecordedTurn): BreakCause {
  const [was, is] = [policyText(before.policy), policyText(after.policy)];
  const last = after.marks?.at(-1);
  if (!last) return { why: 'no-mark', on: 'this-request', policy: is };
  const path = after.prefix?.blocks[blockIndex ?? -1]?.path ?? last.path;
  const nearest = after.marks?.findLast((mark) => mark.blockIndex < (blockIndex ?? 0)) ?? last;
  return { why: 'mark-change', path, before: `a mark (${was})`, after: `the mark at ${nearest.path} (${is})` };
}

function policyText(policy: CachePolicy | undefined): string {
  return typeof policy === 'object' ? JSON.stringify(policy) : (policy ?? 'auto');
}

/** Why nothing was kept of the request before. */
function neverKept({ before, looked }: Shortfall): BreakCause {
  const { marks, policy, row } = before;
  const prompt = promptTokenCount(row.tokens);
  if (!looked || prompt === 'not-reported') return { why: 'unknown', missing: 'content' };
  const { minimumTokens, dialect } = looked.rules;
  const tooShort = (tokens: number): BreakCause => ({ why: 'below-minimum', tokens, minimumTokens });
  if (prompt < minimumTokens || dialect === 'none') return tooShort(prompt);
  if (!marks) return { why: 'unknown', missing: 'marks' };
  const last = marks.at(-1);
  if (!last) return { why: 'no-mark', on: 'request-before', policy: policyText(policy) };
  const marked = looked.ends[last.blockIndex] ?? prompt;
  return marked < minimumTokens ? tooShort(marked) : { why: 'provider-side' };
}

/** W3. */
function unexplained({ before, after, looked, readTokens }: Shortfall): BreakCause {
  if (!before.prefix || !after.prefix) return { why: 'unknown', missing: 'content' };
  if (!looked) return { why: 'unknown', missing: 'marks' };
  const isKnown = before.parameters !== undefined && after.parameters !== undefined;
  if (!isKnown) return { why: 'unknown', missing: 'content' };
  return looked.read > readTokens ? { why: 'provider-side' } : { why: 'unknown', missing: 'nothing' };
}

const OF_THE_CALLER: ReadonlySet<BreakCause['why']> = new Set([
  'difference',
  'parameter-changed',
  'mark-change',
  'no-mark',
]);

/** W4. */
function byWeight(causes: readonly Weighed[], expectedTokens: number): readonly BreakCause[] {
  const rank = ({ cause, limit }: Weighed) => {
    const explains = expectedTokens - limit;
    return OF_THE_CALLER.has(cause.why) && 2 * explains >= expectedTokens ? explains + expectedTokens : explains;
  };
  return causes.toSorted((one, other) => rank(other) - rank(one)).map(({ cause }) => cause);
}
