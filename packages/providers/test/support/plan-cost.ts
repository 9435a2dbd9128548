import { expect } from 'vitest';
import { type CacheMark, type CacheState, EMPTY_CACHE, serveFromCache } from '../../src/cache/cache-model.ts';
import type { CacheRules } from '../../src/cache/family-rules.ts';
import { type CachePolicy, planBreakpoints } from '../../src/cache/plan-breakpoints.ts';
import type { PrefixBlock, prefixHashes } from '../../src/cache/prefix.ts';

// Hundredths of the price of a fresh input token.
export const FRESH = 100;
const READ = 10;
export const WRITE = 125;
export const PREMIUM = WRITE - FRESH;

/** These keep the end of every request, as `auto` does. */
export const END_KEEPING: readonly CachePolicy[] = [
  'automatic',
  'last_user_message',
  'last_2_user_messages',
  'last_3_user_messages',
  { breakpoints: ['system', 'last'] },
  { breakpoints: [0, 1, -2, 'last'] },
];

export const OTHERS: readonly CachePolicy[] = [
  'none',
  'system_and_tools',
  'tools_only',
  { breakpoints: [-1] },
  { breakpoints: [0, -2, -3] },
];

export type Requests = readonly (readonly PrefixBlock[])[];
export type MarksOf = (blocks: readonly PrefixBlock[]) => readonly CacheMark[];

export function planned(policy: CachePolicy, rules: CacheRules): MarksOf {
  return (blocks) => planBreakpoints(blocks, policy, rules).marks;
}

export function markAt(blockIndex: number, { lifetimes }: CacheRules): CacheMark {
  return { blockIndex, lifetime: lifetimes[0] ?? 'unknown' };
}

/** In a conversation that only grows, the number of blocks names a prefix. */
const byLength: typeof prefixHashes = (blocks) => blocks.map((_, at) => String(at));

/** What serving the requests one after another costs. A block is as many tokens as its text has characters. */
export function account(requests: Requests, marksOf: MarksOf, rules: CacheRules, hashesOf = byLength) {
  let state: CacheState = EMPTY_CACHE;
  let cost = 0;
  let lastWritten = 0;
  const reads: number[] = [];
  for (const blocks of requests) {
    const served = serve(state, blocks, marksOf(blocks), rules, hashesOf);
    state = served.state;
    cost += served.cost;
    lastWritten = served.written;
    reads.push(served.read);
  }
  const totals = requests.map((blocks) => blocks.reduce((sum, { text }) => sum + text.length, 0));
  return { cost, lastWritten, reads, totals };
}

export function serve(
  state: CacheState,
  blocks: readonly PrefixBlock[],
  marks: readonly CacheMark[],
  rules: CacheRules,
  hashesOf = byLength,
) {
  const hashes = hashesOf(blocks);
  const sized = blocks.map(({ kind, text }, at) => ({ hash: hashes[at] ?? '', kind, tokens: text.length }));
  const verdict = serveFromCache(state, { at: 0, blocks: sized, marks }, rules);
  const written = Object.values(verdict.written).reduce((sum, tokens) => sum + tokens, 0);
  return { ...verdict, written, cost: verdict.fresh * FRESH + verdict.read * READ + written * WRITE };
}

/** That `auto` costs no more than the other but for so much, and reads at least as much in each request. `name` is the other's. */
export function expectNoBetter(other: Account, auto: Account, slack: number, name?: string): void {
  expect(other.cost, name).toBeGreaterThanOrEqual(auto.cost - slack);
  for (const [index, read] of other.reads.entries()) expect(read, name).toBeLessThanOrEqual(auto.reads[index] ?? 0);
}

type Account = Pick<ReturnType<typeof account>, 'cost' | 'reads'>;
