/**
 * What is known of the vendors' caches while turns are explained.
 *
 * Owns: one cache for each model; which requests have left something in it by when.
 * Leaves to `serveFromCache`: what is read, and why no more. To `block-sizes.ts`: how long blocks are.
 *
 * R1. What a request wrote is seen by requests that start once its answer has begun, and by no other.
 * R2. A request of which the vendor says that nothing was kept has left nothing.
 * R3. Requests that are not known may have left more than stands here, never less.
 */

import {
  type CachedRequest,
  type CacheMark,
  type CacheParameters,
  type CacheRules,
  type CacheState,
  type CacheVerdict,
  cacheRules,
  EMPTY_CACHE,
  type PrefixBlock,
  promptTokenCount,
  reportsCache,
  serveFromCache,
  serveUnexplained,
} from '@reprise/providers';
import { type BlockSizes, createBlockSizes } from '../replay/block-sizes.ts';
import { keptTokens } from '../replay/kept-tokens.ts';
import type { RecordedTurn } from '../replay/recorded-turns.ts';

/** What a cache makes of a request, before it has left anything. */
export interface Looked extends Pick<CacheVerdict, 'read'> {
  /** Why no more is read, found when it is asked for: that takes as long as everything else, and few turns are asked about. */
  readonly reasons: () => CacheVerdict['reasons'];
  /** What it would read if everything that is being written at that time could be read. */
  readonly readIfSettled: number;
  /** Tokens of the prefix that ends with each block. */
  readonly ends: readonly number[];
  readonly rules: CacheRules;
}

/** Turns are looked at, and then kept, in the order of their start. */
export interface KnownCaches {
  /** `undefined` for a turn whose request, or whose marks, are not known. */
  look(turn: RecordedTurn): Looked | undefined;
  keep(turn: RecordedTurn): void;
}

export function createKnownCaches(): KnownCaches {
  const caches = new Map<string, KnownCaches>();

  function cacheOf({ asked: { family, model } }: RecordedTurn): KnownCaches {
    const key = `${family}/${model}`;
    const cache = caches.get(key) ?? createModelCache();
    caches.set(key, cache);
    return cache;
  }

  return {
    look: (turn) => cacheOf(turn).look(turn),
    keep: (turn) => cacheOf(turn).keep(turn),
  };
}

/** The cache rules of a recorded request's model, whose host shows only in the marks it was sent. */
export function rulesOf({ asked: { family, model }, marks = [] }: Pick<RecordedTurn, 'asked' | 'marks'>): CacheRules {
  const rules = cacheRules(family, model);
  const isClaudes = marks.some(({ lifetime }) => lifetime === '5m' || lifetime === '1h');
  return isClaudes && rules.dialect !== 'anthropic' ? cacheRules(family, model, { dialect: 'anthropic' }) : rules;
}

interface KeptRequest {
  readonly request: CachedRequest;
  readonly rules: CacheRules;
  readonly visibleAt: number;
}

function createModelCache(): KnownCaches {
  const sizes = createBlockSizes();
  let state = EMPTY_CACHE;
  let underWay: readonly KeptRequest[] = [];
  let marksUnasked = false;

  /** R1. */
  function settle(at: number): void {
    for (const kept of underWay.filter(({ visibleAt }) => visibleAt <= at)) state = withRequest(state, kept);
    underWay = underWay.filter(({ visibleAt }) => visibleAt > at);
  }

  function requestOf(turn: RecordedTurn, rules: CacheRules): CachedRequest | undefined {
    const { prefix, row, isWhole } = turn;
    marksUnasked ||= rules.dialect === 'openai' && turn.marks?.length === 0 && keptTokens(row.tokens) > 0;
    const marks = placedMarks(turn, rules, marksUnasked);
    if (!prefix || !marks) return undefined;
    if (row.usageState === 'final') sizes.learn({ prefix, marks, tokens: row.tokens, isWhole });
    return cachedRequest(turn, prefix, marks, sizes);
  }

  return {
    look(turn) {
      settle(turn.row.startedAt);
      const rules = rulesOf(turn);
      const request = requestOf(turn, rules);
      if (!request) return undefined;
      const known = state;
      const { read } = serveUnexplained(known, request, rules);
      const reasons = () => serveFromCache(known, request, rules).reasons;
      const isAlone = underWay.length === 0;
      const readIfSettled = isAlone ? read : serveUnexplained(underWay.reduce(withRequest, state), request, rules).read;
      return { read, reasons, readIfSettled, ends: prefixLengths(request), rules };
    },
    keep(turn) {
      const { tokens } = turn.row;
      const rules = rulesOf(turn);
      const request = requestOf(turn, rules);
      const hasLeftSomething = rules.dialect === 'none' || !reportsCache(tokens) || keptTokens(tokens) > 0;
      if (request && hasLeftSomething) underWay = [...underWay, { request, rules, visibleAt: turn.visibleAt }];
    },
  };
}

function withRequest(state: CacheState, { request, rules }: KeptRequest): CacheState {
  return serveUnexplained(state, request, rules).state;
}

function prefixLengths({ blocks }: CachedRequest): readonly number[] {
  let total = 0;
  return blocks.map(({ tokens }) => {
    total += tokens;
    return total;
  });
}

/** A gateway that takes no marks may speak to a vendor that places one by itself. */
function placedMarks(
  { marks, prefix }: RecordedTurn,
  { dialect, lifetimes: [lifetime = 'unknown'] }: CacheRules,
  marksUnasked: boolean,
): readonly CacheMark[] | undefined {
  if (dialect === 'none') return [];
  if (!marks || marks.length > 0 || !marksUnasked) return marks;
  return [{ blockIndex: (prefix?.blocks.length ?? 0) - 1, lifetime, isVendorPlaced: true }];
}

function cachedRequest(
  { parameters, keepAlive, row }: RecordedTurn,
  prefix: NonNullable<RecordedTurn['prefix']>,
  marks: readonly CacheMark[],
  sizes: BlockSizes,
): CachedRequest {
  const prompt = promptTokenCount(row.tokens);
  const tokens = sizes.of(prefix, prompt === 'not-reported' || row.usageState !== 'final' ? undefined : prompt);
  return {
    blocks: prefix.blocks.map(({ kind, role }, index) => ({
      kind,
      tokens: tokens[index] ?? 0,
      hash: `${prefix.hashes[index]}${settingsOf(role, parameters)}`,
    })),
    marks,
    at: row.startedAt,
    keepAlive,
  };
}

/** What of the settings ends the prefixes that hold a block of that role. */
function settingsOf(role: PrefixBlock['role'], parameters: CacheParameters | undefined): string {
  if (!parameters) return '';
  const { tools, system, messages } = parameters;
  if (role === 'tool') return tools;
  return role === 'system' ? `${tools}${system}` : `${tools}${system}${messages}`;
}
