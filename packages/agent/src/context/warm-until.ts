/**
 * Until when a branch's cached prefixes live, what its next message costs before and after that, and whether keeping them alive pays. Pure.
 *
 * Owns: the clock of each breakpoint, and the advice.
 * Leaves to `branch-cache.ts`: what the cache holds. To whoever asks: sending what keeps it alive.
 *
 * U1. The next message costs what is told here if it adds as many tokens as were told, the vendor keeps its own rules, and nobody else
 *     uses the prefix. Where the last request's length was not reported, sizes are estimates, and so is the cost.
 * U2. Whoever follows the advice pays at most its `bound` more than somebody who does nothing, whenever the next message comes. Without an
 *     expected gap it buys no more refreshes than the cold message they may save would cost.
 */

import { type CachedRequest, type CacheLifetime, EMPTY_CACHE, LIFETIME_MS } from '@reprise/providers';
import {
  type AskedRequest,
  type BranchCache,
  cachedRequest,
  forecast,
  type PriceTerms,
  type RequestForecast,
  type SentRequest,
  serveAt,
} from './branch-cache.ts';
import { shareOut } from './measure-prefix.ts';

export interface WarmUntilOptions {
  /** How many prompt tokens the next request adds to the last one, its answer and the new message together. Default: what the last answer counted. */
  readonly addedTokens?: number;
  /** When the next message is expected, in milliseconds from now. Default: nobody knows. */
  readonly expectedGapMs?: number;
}

export interface WarmUntil {
  /** Epoch milliseconds of all this. */
  readonly at: number;
  /** The last request's, in render order. Where a vendor keeps what it sees unasked: one, its end. Empty before the first. */
  readonly breakpoints: readonly WarmBreakpoint[];
  /** What the next message costs as input; its answer is not among it. */
  readonly nextMessage: {
    readonly addedTokens: number;
    /** Sent now. */
    readonly now: RequestForecast;
    /** Sent while everything that the last request left is held. */
    readonly warm: RequestForecast;
    /** Sent when nothing is. */
    readonly cold: RequestForecast;
  };
  readonly keepAlive: KeepAliveAdvice;
}

export interface WarmBreakpoint {
  /** Its block's path in the vendor's request. */
  readonly place: string;
  /** The length of its prefix. */
  readonly tokens: number;
  readonly lifetime: CacheLifetime;
  /** Epoch milliseconds; `not-kept` where nothing is held, `not-told` where the vendor names no lifetime. */
  readonly expiresAt: number | 'not-kept' | 'not-told';
  /** Until when the cache model takes it to be held, in epoch milliseconds; `undefined` where nothing is. */
  readonly assumedUntil: number | undefined;
}

/** Whether to send the last request again with an output of one token, so that its prefixes live on. */
export interface KeepAliveAdvice {
  readonly pays: boolean;
  /** When the first refresh is due, in epoch milliseconds; `undefined` unless it pays. */
  readonly firstAt: number | undefined;
  /** How often a refresh is due. 0 where nothing is held. */
  readonly everyMs: number;
  /** How many refreshes pay at most; then the prefix is let go. */
  readonly refreshes: number;
  /** `undefined` where the price is not known; then nothing is advised. */
  readonly costPerRefreshPicoUsd: bigint | undefined;
  /** The most that following the advice can cost beyond doing nothing. */
  readonly boundPicoUsd: bigint;
}

/** What is known of a branch, and the request that the next message would make. */
export interface WarmthInputs {
  readonly cache: BranchCache;
  readonly next: AskedRequest;
  readonly terms: PriceTerms;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** See `WarmUntil`. */
export function warmUntil(inputs: WarmthInputs, options: WarmUntilOptions = {}): WarmUntil {
  const { cache, now } = inputs;
  const addedTokens = options.addedTokens ?? answerTokens(inputs);
  const request = nextRequest(inputs, addedTokens);
  const price = (state: BranchCache['state'], at: number) =>
    forecast(serveAt(state, request, cache.rules, at), inputs.terms, { at: now, output: 0 });
  // Where the vendor needs time to settle an entry, that has passed.
  const warmAt = (cache.newest?.at ?? now) + cache.rules.settlesAfterMs;
  const nextMessage = {
    addedTokens,
    now: price(cache.state, now),
    warm: price(cache.state, warmAt),
    cold: price(EMPTY_CACHE, now),
  };
  const lifetimeMs = shortestLifetime(cache, now);
  const lapsed = price(cache.state, (cache.newest?.at ?? now) + (lifetimeMs ?? 0));
  return {
    at: now,
    breakpoints: breakpointsOf(cache),
    nextMessage,
    keepAlive: adviseKeepAlive(inputs, { ...nextMessage, lapsed, lifetimeMs }, options.expectedGapMs),
  };
}

function answerTokens({ cache: { newest, sizes }, next }: WarmthInputs): number {
  const output = newest?.tokens.output ?? 'not-reported';
  if (output !== 'not-reported') return output;
  const known = newest?.blocks.length ?? 0;
  return sizes.of(next).reduce((sum, tokens, index) => (index < known ? sum : sum + tokens), 0);
}

/** The next request with its sizes: what the last one counted, and so many tokens more. */
function nextRequest({ cache, next }: WarmthInputs, addedTokens: number): Omit<CachedRequest, 'at'> {
  const { sizes, newest } = cache;
  const shared = newest && isPrefix(newest, next) ? newest.blocks.length : 0;
  const before = sizes.of({ blocks: next.blocks.slice(0, shared), hashes: next.hashes });
  const added = shared === 0 ? sizes.of(next) : shareOut(addedTokens, next.blocks.slice(shared));
  return cachedRequest(next, [...before, ...added], cache);
}

function isPrefix({ hashes }: SentRequest, next: AskedRequest): boolean {
  return hashes.length > 0 && next.hashes[hashes.length - 1] === hashes.at(-1);
}

function breakpointsOf(cache: BranchCache): readonly WarmBreakpoint[] {
  const { newest, rules, state } = cache;
  if (!newest) return [];
  const { blocks, marks: placed } = cachedRequest(newest, cache.sizes.of(newest), cache);
  const lifetime = rules.lifetimes[0] ?? 'unknown';
  const asked = newest.marks.length > 0 ? newest.marks : placed;
  const marks = rules.dialect === 'none' ? [{ blockIndex: blocks.length - 1, lifetime }] : asked;
  return marks.map((mark) => {
    const held = state.get(blocks[mark.blockIndex]?.hash ?? '');
    return {
      place: newest.blocks[mark.blockIndex]?.path ?? '',
      tokens: blocks.slice(0, mark.blockIndex + 1).reduce((sum, { tokens }) => sum + tokens, 0),
      lifetime: mark.lifetime,
      expiresAt: held ? (mark.lifetime === 'unknown' ? 'not-told' : held.expiresAt) : 'not-kept',
      assumedUntil: held?.expiresAt,
    };
  });
}

const NO_ADVICE: KeepAliveAdvice = {
  pays: false,
  firstAt: undefined,
  everyMs: 0,
  refreshes: 0,
  costPerRefreshPicoUsd: undefined,
  boundPicoUsd: 0n,
};

/** A refresh is due when this part of the shortest lifetime has passed: what is late is lost. */
const REFRESHED_AFTER = 0.9;

/** So many refreshes of a free model are enough. */
const MAX_REFRESHES = 1000;

/** What the advice weighs. */
interface KeepAliveStakes extends Pick<WarmUntil['nextMessage'], 'now' | 'warm'> {
  /** The next message once what dies first has died. */
  readonly lapsed: RequestForecast;
  /** Of what dies first. */
  readonly lifetimeMs: number | undefined;
}

function adviseKeepAlive(
  inputs: WarmthInputs,
  { now, warm, lapsed, lifetimeMs }: KeepAliveStakes,
  expectedGapMs: number | undefined,
): KeepAliveAdvice {
  const { newest } = inputs.cache;
  const refresh = newest && refreshCost(inputs, newest);
  if (!newest || lifetimeMs === undefined || refresh === undefined) return NO_ADVICE;
  const everyMs = Math.floor(lifetimeMs * REFRESHED_AFTER);
  const silent = { ...NO_ADVICE, everyMs, costPerRefreshPicoUsd: refresh };
  if (now.picoUsd === undefined || warm.picoUsd === undefined || lapsed.picoUsd === undefined) return silent;
  // What has died already a refresh would have to write anew.
  if (now.picoUsd !== warm.picoUsd) return silent;
  const worth = worthwhileRefreshes(lapsed.picoUsd - warm.picoUsd, refresh);
  const firstAt = Math.max(inputs.now, newest.at + everyMs);
  const due = { lastAt: newest.at, firstAt, everyMs, lifetimeMs };
  const refreshes = expectedGapMs === undefined ? worth : refreshesUntil(inputs.now + expectedGapMs, due);
  if (refreshes === 0 || refreshes > worth) return silent;
  return { ...silent, pays: true, firstAt, refreshes, boundPicoUsd: BigInt(refreshes) * refresh };
}

/** How many refreshes cost no more than they can save. */
function worthwhileRefreshes(saved: bigint, refresh: bigint): number {
  if (saved <= 0n) return 0;
  return refresh === 0n ? MAX_REFRESHES : Math.min(MAX_REFRESHES, Number(saved / refresh));
}

/** Of what dies first of all that is held and dies at all; a refresh renews all that the last request has left. */
function shortestLifetime(cache: BranchCache, now: number): number | undefined {
  const { newest, sizes, state } = cache;
  const blocks = newest ? cachedRequest(newest, sizes.of(newest), cache).blocks : [];
  const held = blocks.flatMap(({ hash }) => state.get(hash) ?? []).filter(({ expiresAt }) => expiresAt > now);
  const lifetimes = held.map(({ lifetime, keepAliveMs }) => keepAliveMs ?? LIFETIME_MS[lifetime]);
  const finite = lifetimes.filter(Number.isFinite);
  return finite.length === 0 ? undefined : Math.min(...finite);
}

/** The price of the last request again, for an answer of one token. */
function refreshCost({ cache, terms, now }: WarmthInputs, newest: SentRequest): bigint | undefined {
  const { state, rules, sizes } = cache;
  const again = serveAt(state, cachedRequest(newest, sizes.of(newest), cache), rules, newest.at + rules.settlesAfterMs);
  return forecast(again, terms, { at: now, output: 1 }).picoUsd;
}

/** How many refreshes it takes that the prefix is held at `arrival`. */
function refreshesUntil(
  arrival: number,
  due: {
    readonly lastAt: number;
    readonly firstAt: number;
    readonly everyMs: number;
    readonly lifetimeMs: number;
  },
): number {
  const { lastAt, firstAt, everyMs, lifetimeMs } = due;
  if (arrival < lastAt + lifetimeMs) return 0;
  return 1 + Math.max(0, Math.floor((arrival - firstAt - lifetimeMs) / everyMs) + 1);
}
