/**
 * What a vendor's cache holds of a branch, and what a request would read of it and cost. Pure.
 *
 * Owns: requests of a branch → cache state; a request → counts and price.
 * Leaves to `cache-model.ts` of providers: the cache itself. To `measure-prefix.ts`: sizes. To `session/read-branch.ts`: what was sent.
 *
 * H1. What is told here is what this branch alone has left in the cache. Forks and other sessions may keep the same prefix alive, and a
 *     vendor may lose it.
 */

import {
  type Billing,
  type CachedRequest,
  type CacheMark,
  type CacheRules,
  type CacheState,
  type CacheVerdict,
  cacheRules,
  cacheWriteCount,
  countOrZero,
  EMPTY_CACHE,
  type Model,
  priceTurn,
  promptTokenCount,
  reportsCache,
  serveUnexplained,
  type TokenCounts,
  tokenCounts,
} from '@reprise/providers';
import { type BlockSizes, type HashedPrefix, type KnownLength, measureBlocks } from './measure-prefix.ts';

/** A request as a cache meets it, but for its time and its sizes. */
export interface AskedRequest extends HashedPrefix {
  readonly marks: readonly CacheMark[];
  /** Settings that lose the cached messages when they change, as a text that is equal for equal settings. */
  readonly settings: string;
  /** Ollama's `keep_alive`. */
  readonly keepAlive?: unknown;
}

/** A request that a vendor has answered, and what it reported. */
export interface SentRequest extends AskedRequest {
  /** Epoch milliseconds at which it started. */
  readonly at: number;
  readonly tokens: TokenCounts;
  /** Whether the counts are of these blocks alone: nothing was injected or searched for. */
  readonly isWhole: boolean;
}

/** How the vendor keeps prefixes of this branch. */
interface CacheHabits {
  readonly rules: CacheRules;
  /** Whether the vendor marks the end of requests that carry no mark. */
  readonly marksUnasked: boolean;
  /** So many of the first blocks are shorter than the vendor's minimum: a mark among them was not kept. */
  readonly shortBlocks: number;
}

/** A branch's cache, as far as it is known here. */
export interface BranchCache extends CacheHabits {
  readonly sizes: BlockSizes;
  readonly state: CacheState;
  /** The requests whose length is known, oldest first. */
  readonly requests: readonly SentRequest[];
  /** The last of them; `undefined` before the first. */
  readonly newest: SentRequest | undefined;
}

/** Whose prices count. */
export interface PriceTerms {
  readonly family: string;
  readonly model: string;
  /** The tier, speed and place of the last response, which are taken to stay. */
  readonly billing: Billing;
}

/** What a request would be charged for. */
export interface RequestForecast {
  /** Prompt tokens, in disjoint parts. */
  readonly fresh: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** `undefined` where the price is not known. */
  readonly picoUsd: bigint | undefined;
}

/** Replays the requests of a branch, oldest first, into a cache that was empty. */
export function replayBranch(requests: readonly SentRequest[], rules: CacheRules): BranchCache {
  const seen = requests.filter(({ tokens }) => tokens.fresh !== 'not-reported');
  const marksUnasked = rules.dialect === 'openai' && seen.some(isMarkedUnasked);
  const habits = { rules, marksUnasked, shortBlocks: Math.max(0, ...seen.map(shortBlocksOf)) };
  const sizes = measureBlocks(seen.map((request) => ({ ...request, known: knownLengths(request, habits) })));
  let state = EMPTY_CACHE;
  for (const request of seen) {
    if (!hasLeftSomething(request, rules)) continue;
    state = serveAt(state, cachedRequest(request, sizes.of(request), habits), rules, request.at).state;
  }
  return { ...habits, sizes, state, requests: seen, newest: seen.at(-1) };
}

/** A request as the cache model takes it. */
export function cachedRequest(
  asked: AskedRequest,
  sizes: readonly number[],
  habits: CacheHabits,
): Omit<CachedRequest, 'at'> {
  const ofMessages = habits.rules.toolChoiceLoses === 'messages' ? `\n${asked.settings}` : '';
  return {
    blocks: asked.blocks.map(({ kind, role }, index) => {
      const own = role === 'tool' || role === 'system' ? '' : ofMessages;
      return { kind, tokens: sizes[index] ?? 0, hash: `${asked.hashes[index]}${own}` };
    }),
    marks: marksOf(asked, habits),
    keepAlive: asked.keepAlive,
  };
}

/** Where a request's prefixes are kept: by its marks, or by the vendor's own where it has none and the vendor keeps it nevertheless. */
function marksOf(
  { blocks, marks }: AskedRequest,
  { marksUnasked, shortBlocks, rules }: CacheHabits,
): readonly CacheMark[] {
  if (!marksUnasked || marks.length > 0) return marks.filter(({ blockIndex }) => blockIndex >= shortBlocks);
  return [{ blockIndex: blocks.length - 1, lifetime: rules.lifetimes[0] ?? 'unknown', isVendorPlaced: true }];
}

/** Marks for whose lifetime the vendor says that it wrote nothing, and that it read nothing either, stand on too little. */
function shortBlocksOf({ marks, tokens: { cacheRead, cacheWrite } }: SentRequest): number {
  const short = marks.filter(({ lifetime }) => cacheRead === 0 && cacheWrite[lifetime] === 0);
  return Math.max(0, ...short.map(({ blockIndex }) => blockIndex + 1));
}

/** A gateway that takes no marks may speak to a vendor that places one by itself. */
function isMarkedUnasked({ marks, tokens }: SentRequest): boolean {
  return marks.length === 0 && keptTokens(tokens) > 0;
}

function keptTokens(tokens: TokenCounts): number {
  return countOrZero(tokens.cacheRead) + countOrZero(cacheWriteCount(tokens));
}

export function serveAt(
  state: CacheState,
  request: Omit<CachedRequest, 'at'>,
  rules: CacheRules,
  at: number,
): Omit<CacheVerdict, 'reasons'> {
  return serveUnexplained(state, { ...request, at }, rules);
}

/** What a request costs that the cache serves so, with an answer of so many tokens. */
export function forecast(
  { fresh, read, written }: Pick<CacheVerdict, 'fresh' | 'read' | 'written'>,
  terms: PriceTerms,
  { at, output }: { readonly at: number; readonly output: number },
): RequestForecast {
  const tokens = tokenCounts({ fresh, cacheRead: read, cacheWrite: written, output });
  const price = priceTurn(tokens, { ...terms, at });
  return { fresh, cacheRead: read, cacheWrite: countOrZero(cacheWriteCount(tokens)), picoUsd: price.picoUsd };
}

/** The cache rules of a model, whose host shows only in the marks it takes. */
export function rulesOf({ family, id }: Pick<Model, 'family' | 'id'>, marks: readonly CacheMark[]): CacheRules {
  const rules = cacheRules(family, id);
  const isClaudes = marks.some(({ lifetime }) => lifetime === '5m' || lifetime === '1h');
  return isClaudes && rules.dialect !== 'anthropic' ? cacheRules(family, id, { dialect: 'anthropic' }) : rules;
}

/** Places of a request whose length its counts tell: its end, and marks up to which it was read or written. */
function knownLengths(request: SentRequest, habits: CacheHabits): readonly KnownLength[] {
  const { blocks, tokens, isWhole } = request;
  const prompt = promptTokenCount(tokens);
  return [
    ...(habits.rules.dialect === 'none' ? [] : markedLengths(marksOf(request, habits), tokens)),
    ...(isWhole && prompt !== 'not-reported' ? [{ blocks: blocks.length, tokens: prompt }] : []),
  ];
}

/** What is written for a lifetime ends with the last mark of that lifetime; what is read and written ends with the last mark. */
function markedLengths(marks: readonly CacheMark[], tokens: TokenCounts): readonly KnownLength[] {
  const known: KnownLength[] = [];
  const ends = new Map(marks.map(({ lifetime, blockIndex }) => [lifetime, blockIndex + 1]));
  let kept = countOrZero(tokens.cacheRead);
  for (const [lifetime, blocks] of ends) {
    const written = countOrZero(tokens.cacheWrite[lifetime]);
    kept += written;
    if (written > 0) known.push({ blocks, tokens: kept });
  }
  const last = Math.max(...marks.map(({ blockIndex }) => blockIndex + 1));
  return keptTokens(tokens) === 0 || marks.length === 0
    ? known
    : [...known, { blocks: last, tokens: keptTokens(tokens) }];
}

/** Whether a request can have left anything: where marks are kept, the vendor says so. */
function hasLeftSomething({ tokens }: SentRequest, { dialect }: CacheRules): boolean {
  return dialect === 'none' || !reportsCache(tokens) || keptTokens(tokens) > 0;
}
