/**
 * How many tokens a request will be, and what it may cost, before it is sent. Pure.
 *
 * Owns: the bound that no request exceeds, and what is likely.
 * Leaves to the cache rules and prices of `@reprise/providers`: the numbers. To `budget/`: what follows from them.
 *
 * Z1. A token is at least one byte of what is sent (every vendor's tokenizer works on bytes, or falls back to them), so bytes are the
 *     bound; what the vendor has counted already is taken as it was counted.
 * Z2. The bound misses nothing that is billed but what the vendor adds while it answers: what its own searches find, and their fees.
 * Z3. A price that is not known is `undefined`, never 0.
 */

import {
  asObject,
  type Billing,
  type CacheLifetime,
  type CacheRules,
  cacheRules,
  cacheWriteCount,
  countOrZero,
  type Family,
  type KnownTokenCounts,
  LIFETIME_MS,
  type Model,
  type ModelRequest,
  type PlannedMark,
  type PrefixBlock,
  type PricedTurn,
  priceTurn,
  promptTokenCount,
  type TokenCounts,
  tokenCounts,
  transientMessages,
} from '@reprise/providers';
import { beginsWith, isSameModel, type SentPrefix, type StoredPrefix, sentPrefix } from '../session/prefix-change.ts';
import { outputCap } from './output-cap.ts';

/** The last request of a branch that its vendor has counted. */
export interface CountedRequest extends StoredPrefix {
  /** Of the model that was asked. */
  readonly family: Family;
  /** The model that was asked. */
  readonly id: string;
  /** Epoch milliseconds at which it was sent. */
  readonly startedAt: number;
  readonly tokens: TokenCounts;
}

/** A request that may be sent. */
export interface NextRequest {
  readonly model: Model;
  readonly request: ModelRequest;
  /** Epoch milliseconds at which it would be sent. */
  readonly at: number;
  /** What went before it; without one, and where the request does not begin with it, all is guessed from bytes. */
  readonly last?: CountedRequest | undefined;
}

/** A number of tokens: what is likely, and what it cannot exceed. */
interface TokenEstimate {
  readonly expected: number;
  readonly atMost: number;
}

export interface RequestEstimate {
  readonly prompt: TokenEstimate;
  /** Expected is as much as the last response had; 0 if there was none. */
  readonly output: TokenEstimate;
  /** How many of the expected prompt tokens the vendor still holds, so that they are read. */
  readonly heldTokens: number;
  /** Output included; `undefined` where the price is not known. */
  readonly picoUsd: {
    /** Expected, with what is held being read. */
    readonly warm: bigint | undefined;
    /** Expected, with nothing held. */
    readonly cold: bigint | undefined;
    /** The most: nothing is held, all is kept for the longest lifetime there is a mark of, and the answer is as long as it may be. */
    readonly atMost: MostPicoUsd | undefined;
  };
  /** Names the request for the estimate of the next one; see `CountedRequest`. */
  readonly prefix: StoredPrefix;
}

/** The most that a request may cost, by what it is for. */
export interface MostPicoUsd {
  readonly prompt: bigint;
  /** Each token of the answer. */
  readonly perOutputToken: bigint;
  /** With the longest answer there can be. */
  readonly total: bigint;
}

/** What a request comes to. Its blocks are made once. */
export function estimateNextRequest(next: NextRequest): RequestEstimate {
  const { model, request, at } = next;
  const prefix = sentPrefix(model, request);
  const marks = model.planMarks(request, prefix.blocks);
  const last = next.last && isSameModel(next.last, model) && beginsWith(prefix, next.last) ? next.last : undefined;
  const prompt = promptSize(prefix, request, last);
  const output = { expected: countOrZero(next.last?.tokens.output ?? 0), atMost: outputCap(model, request).atMost };
  const keeps = marks.length > 0 || cacheRules(model.family, model.id).dialect === 'none';
  const heldTokens = last && keeps ? Math.min(prompt.expected, heldTokensOf(last, at)) : 0;
  const kept = keptTokens(prompt.expected, prefix.blocks, marks, model);
  const priced = { family: model.family, model: model.id, at, billing: askedBilling(request) };
  const expected = (held: number) => {
    const split = splitPrompt({ prompt: prompt.expected, held, kept, lifetime: marks.at(-1)?.lifetime });
    return priceTurn(tokenCounts({ ...split, output: output.expected }), priced).picoUsd;
  };
  const picoUsd = {
    warm: expected(heldTokens),
    cold: expected(0),
    atMost: mostPicoUsd(prompt.atMost, output.atMost, bucketsOf(model.family, marks), priced),
  };
  const stored = { prefixFingerprint: prefix.fingerprint, prefixBlocks: prefix.blocks.length };
  return { prompt, output, heldTokens, picoUsd, prefix: stored };
}

/** The price if all of the prompt falls into the dearest bucket it may fall into; `undefined` where it is not known. */
export function mostPicoUsd(
  promptTokens: number,
  outputTokens: number,
  buckets: readonly PromptBucket[],
  priced: PricedTurn,
): MostPicoUsd | undefined {
  const priceOf = (bucket: PromptBucket, tokens: number, output: number) => {
    const counts = bucket === 'fresh' ? { fresh: tokens } : { fresh: 0, cacheWrite: { [bucket]: tokens } };
    return priceTurn(tokenCounts({ ...counts, output }), priced).picoUsd;
  };
  let prompt = 0n;
  for (const bucket of buckets) {
    const price = priceOf(bucket, promptTokens, 0);
    if (price === undefined) return undefined;
    if (price > prompt) prompt = price;
  }
  // At the size of this prompt: some vendors price the answers to a long one higher.
  const perOutputToken = (priceOf('fresh', promptTokens, 1) ?? 0n) - (priceOf('fresh', promptTokens, 0) ?? 0n);
  return { prompt, perOutputToken, total: prompt + BigInt(outputTokens) * perOutputToken };
}

/** Where a prompt token may be billed that is not read. */
export type PromptBucket = 'fresh' | CacheLifetime;

/** The buckets that a request with these marks may fall into. Vendors but Anthropic may keep what nobody marked, for a time they do not name. */
export function bucketsOf(family: string, marks: readonly Pick<PlannedMark, 'lifetime'>[]): readonly PromptBucket[] {
  const unasked = family === 'anthropic' ? [] : (['unknown'] as const);
  return ['fresh', ...new Set([...marks.map(({ lifetime }) => lifetime), ...unasked])];
}

/** What vendors add to a prompt that is in none of its blocks, such as instructions on the use of tools (Anthropic, 2026: up to 800 tokens). */
const ADDED_BY_VENDOR = 2000;

/** What they may add to a request beside what they added to the one before it. */
const ADDED_TO_LAST = 256;

/** One token is about so many bytes of a request's JSON. */
const BYTES_PER_TOKEN = 4;

function promptSize({ blocks }: SentPrefix, request: ModelRequest, last: CountedRequest | undefined): TokenEstimate {
  const counted = last ? promptTokenCount(last.tokens) : 'not-reported';
  const isCounted = last !== undefined && counted !== 'not-reported';
  const added = sizeOf(isCounted ? blocks.slice(last.prefixBlocks ?? 0) : blocks);
  const beside = Buffer.byteLength(JSON.stringify(besideBlocks(request)));
  const known = isCounted ? Number(counted) : 0;
  return {
    expected: known + added.expected + Math.ceil(beside / BYTES_PER_TOKEN),
    atMost: known + added.atMost + beside + (isCounted ? ADDED_TO_LAST : ADDED_BY_VENDOR),
  };
}

/** What a request says beside its prefix blocks: none of it is there in the next one's prefix, and each vendor may count it. */
function besideBlocks({ messages, output, prefill, search, vendorOptions }: ModelRequest): readonly unknown[] {
  return [...transientMessages({ messages }), output, prefill, search, vendorOptions].filter(
    (part) => part !== undefined,
  );
}

/** No picture is more tokens, whatever its bytes: Anthropic reads 28 × 28 pixels as one, and at most 2 576 each way (its vision page, 2026). */
const IMAGE_TOKENS = 10_000;
const EXPECTED_IMAGE_TOKENS = 1600;

/** A picture's bytes as the adapters write them. */
const IMAGE_DATA =
  /"type":"base64","media_type":"image\/[^"]*","data":"([^"]*)"|"(?:image_url|url)":"data:image\/[^;"]*;base64,([^"]*)"/g;

function sizeOf(blocks: readonly PrefixBlock[]): TokenEstimate {
  let [bytes, images] = [0, 0];
  for (const { text } of blocks) {
    bytes += Buffer.byteLength(text);
    for (const [, anthropics, openais] of text.matchAll(IMAGE_DATA)) {
      images += 1;
      bytes -= (anthropics ?? openais ?? '').length;
    }
  }
  return {
    expected: Math.ceil(bytes / BYTES_PER_TOKEN) + images * EXPECTED_IMAGE_TOKENS,
    atMost: bytes + images * IMAGE_TOKENS,
  };
}

/** How much of a request its vendor still holds at a time: what it read and wrote, or, where nothing is marked, what was seen. */
export function heldTokensOf({ family, id, startedAt, tokens }: CountedRequest, at: number): number {
  const rules = cacheRules(family, id);
  if (at >= startedAt + LIFETIME_MS[keptLifetime(tokens, rules)]) return 0;
  if (rules.dialect !== 'none') return countOrZero(tokens.cacheRead) + countOrZero(cacheWriteCount(tokens));
  const seen = promptTokenCount(tokens);
  const whole = seen === 'not-reported' ? 0 : Math.floor(seen / rules.stepTokens) * rules.stepTokens;
  return whole >= rules.minimumTokens ? whole : 0;
}

/** For how long a request was kept: as long as what it wrote; where it only read, as long as is usual. */
export function keptLifetime({ cacheWrite }: TokenCounts, { lifetimes }: CacheRules): CacheLifetime {
  return lifetimes.findLast((lifetime) => countOrZero(cacheWrite[lifetime]) > 0) ?? lifetimes[0] ?? 'unknown';
}

/** How much of a prompt its marks have kept. */
export function keptTokens(
  prompt: number,
  blocks: readonly PrefixBlock[],
  marks: readonly PlannedMark[],
  { family, id }: Pick<Model, 'family' | 'id'>,
): number {
  const last = marks.at(-1);
  if (!last) return 0;
  const share = sizeOf(blocks.slice(0, last.blockIndex + 1)).expected / Math.max(1, sizeOf(blocks).expected);
  const kept = Math.round(prompt * share);
  return kept >= cacheRules(family, id).minimumTokens ? kept : 0;
}

interface PromptParts {
  readonly prompt: number;
  /** How much of it is read. */
  readonly held: number;
  /** How much of it is kept afterwards, what is read included. */
  readonly kept: number;
  /** For how long; `undefined` where nothing is written. */
  readonly lifetime: CacheLifetime | undefined;
}

/** A prompt by the way it is billed: what is held is read, the rest of what is kept is written, and what follows is fresh. */
export function splitPrompt({ prompt, held, kept, lifetime }: PromptParts): KnownTokenCounts {
  const written = lifetime === undefined ? 0 : Math.max(0, Math.min(prompt, kept) - held);
  const fresh = prompt - held - written;
  return { fresh, cacheRead: held, ...(lifetime === undefined ? {} : { cacheWrite: { [lifetime]: written } }) };
}

/** The terms that a request asks to be served on, so far as they change its price: the words are those of the vendors' bodies. */
function askedBilling({ vendorOptions }: ModelRequest): Billing {
  const { service_tier: serviceTier, speed, inference_geo: inferenceGeo } = asObject(vendorOptions) ?? {};
  return {
    ...(typeof serviceTier === 'string' ? { serviceTier } : {}),
    ...(typeof speed === 'string' ? { speed } : {}),
    ...(typeof inferenceGeo === 'string' ? { inferenceGeo } : {}),
  };
}
