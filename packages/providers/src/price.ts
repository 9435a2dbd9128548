import { cacheRules } from './cache/family-rules.ts';
import type { ListPrice } from './price-list.ts';
import { findPrice, modelName, type PricedModel } from './price-lookup.ts';
import {
  CACHE_LIFETIMES,
  type CacheLifetime,
  cacheWriteCount,
  promptTokenCount,
  type TokenCounts,
} from './token-counts.ts';

/**
 * What one model response cost at list price.
 *
 * Owns: counts → money, and how sure the result is.
 * Leaves to `price-lookup.ts`: whose price it is. To nobody yet: batch, fast and priority rates, which the counts do not show.
 *
 * R1. Money is whole picoUsd (10⁻¹² US dollars) end to end; a rate finer than that is rounded, and that is a doubt.
 * R2. A price we do not know is `undefined`, never 0. A free model has a price: 0.
 * R3. `exact` means that no doubt is left; each doubt is named.
 * R4. A tier reprices the whole request. The whole prompt picks it, cache reads and writes included.
 */

/**
 * Why a price is only estimated:
 * - `other-model`: the list has no such model, a sibling's price was taken
 * - `unconfirmed-price`: the price was not seen at the vendor that billed it
 * - `missing-rate`: a bucket in use has no listed rate, the nearest was taken
 * - `rounded-rate`: a rate in use is no whole number of picoUsd
 * - `unknown-lifetime`: the price of a cache write hangs on its lifetime, which the vendor did not say
 * - `hidden-cache`: the vendor caches unasked at another rate, and did not say how many tokens
 * - `unpriced-extra`: something was billed that is not priced here, such as a server tool other than web search
 */
export type PriceDoubt =
  | 'other-model'
  | 'unconfirmed-price'
  | 'missing-rate'
  | 'rounded-rate'
  | 'unknown-lifetime'
  | 'hidden-cache'
  | 'unpriced-extra';

export type TurnPrice = KnownTurnPrice | UnknownTurnPrice;

export interface KnownTurnPrice {
  readonly status: 'exact' | 'estimated';
  /** The sum of the parts. */
  readonly picoUsd: bigint;
  readonly parts: PriceParts;
  readonly doubts: readonly PriceDoubt[];
}

export interface UnknownTurnPrice {
  readonly status: 'unknown';
  readonly picoUsd: undefined;
  readonly parts: undefined;
  readonly doubts: readonly [];
}

/** The cost by bucket. A bucket that was not reported has no part and costs nothing. */
export interface PriceParts {
  readonly fresh: PricePart;
  readonly cacheRead: PricePart | undefined;
  readonly cacheWrite: Readonly<Partial<Record<CacheLifetime, PricePart>>>;
  readonly output: PricePart;
  readonly webSearch: RequestPart | undefined;
}

export interface PricePart {
  readonly tokens: number;
  readonly picoUsdPerToken: bigint;
  readonly picoUsd: bigint;
  /** What is uncertain about this part's rate, if anything was billed at it. */
  readonly doubt: PriceDoubt | undefined;
}

export interface RequestPart {
  readonly requests: number;
  readonly picoUsdPerRequest: bigint;
  readonly picoUsd: bigint;
  readonly doubt: PriceDoubt | undefined;
}

/** The list price of one response: unknown where the model, its fresh tokens or its output are. Uses no network. */
export function priceTurn(tokens: TokenCounts, model: PricedModel): TurnPrice {
  const promptTokens = promptTokenCount(tokens);
  if (tokens.fresh === 'not-reported' || tokens.output === 'not-reported' || promptTokens === 'not-reported') {
    return UNKNOWN;
  }
  const found = findPrice(model, promptTokens);
  if (found === undefined) return UNKNOWN;

  const rates = createRates(found.price, model);
  const parts: PriceParts = {
    fresh: tokenPart(tokens.fresh, rates.fresh),
    cacheRead: tokens.cacheRead === 'not-reported' ? undefined : tokenPart(tokens.cacheRead, rates.cacheRead),
    cacheWrite: writeParts(tokens, rates),
    output: tokenPart(tokens.output, rates.output),
    webSearch: searchPart(tokens, rates),
  };
  const bills = [parts.fresh, parts.cacheRead, ...Object.values(parts.cacheWrite), parts.output, parts.webSearch];
  const doubts = new Set([
    ...found.doubts,
    ...bills.flatMap((part) => part?.doubt ?? []),
    ...hiddenDoubts(tokens, model, found.price),
  ]);
  return {
    status: doubts.size === 0 ? 'exact' : 'estimated',
    picoUsd: bills.reduce((sum, part) => sum + (part?.picoUsd ?? 0n), 0n),
    parts,
    doubts: [...doubts],
  };
}

const UNKNOWN: UnknownTurnPrice = { status: 'unknown', picoUsd: undefined, parts: undefined, doubts: [] };

/** Money for one token or one request. */
interface Rate {
  readonly picoUsd: bigint;
  readonly doubt: PriceDoubt | undefined;
}

interface Rates {
  readonly fresh: Rate;
  readonly cacheRead: Rate;
  readonly cacheWrite: Readonly<Record<CacheLifetime, Rate>>;
  readonly output: Rate;
  readonly webSearch: Rate;
}

function createRates(price: ListPrice, { family, model }: PricedModel): Rates {
  // True of every Claude: a write costs 1.25 times the input price for 5 minutes and twice for an hour, a search one cent.
  const isClaude = family === 'anthropic' || modelName(model).startsWith('claude');
  const write = price.cacheWrite ?? (isClaude ? price.input * 1.25 : undefined);
  const hourWrite = price.cacheWrite1h ?? (isClaude ? price.input * 2 : undefined);
  const search = price.webSearch ?? (isClaude ? 10 : undefined);
  // Where no write rate is listed, writing is most likely free and the tokens cost what fresh ones do.
  const nearest = rate(write ?? price.input, 'missing-rate');
  const listed = write === undefined ? nearest : rate(write);
  return {
    fresh: rate(price.input),
    cacheRead: price.cacheRead === undefined ? rate(price.input, 'missing-rate') : rate(price.cacheRead),
    cacheWrite: {
      '5m': isClaude ? listed : nearest,
      '1h': hourWrite === undefined ? nearest : rate(hourWrite),
      '30m': price.cacheWrite === undefined ? rate(price.input * 1.25, 'missing-rate') : listed,
      // OpenAI sells 12 hours and has not said at what price (November 2026).
      '12h': nearest,
      unknown: { ...listed, doubt: 'unknown-lifetime' },
    },
    output: rate(price.output),
    webSearch: search === undefined ? { picoUsd: 0n, doubt: 'unpriced-extra' } : rate(search, undefined, 1_000),
  };
}

const PICO_USD = 1e12;

function rate(usd: number, doubt?: PriceDoubt, per = 1_000_000): Rate {
  const exact = (usd * PICO_USD) / per;
  const whole = Math.round(exact);
  // Doubles miss a decimal price by far less than a thousandth of a picoUsd; what is off by more was finer than our unit.
  return { picoUsd: BigInt(whole), doubt: doubt ?? (Math.abs(exact - whole) > 1e-3 ? 'rounded-rate' : undefined) };
}

function tokenPart(tokens: number, { picoUsd, doubt }: Rate): PricePart {
  return {
    tokens,
    picoUsdPerToken: picoUsd,
    picoUsd: BigInt(tokens) * picoUsd,
    doubt: tokens === 0 ? undefined : doubt,
  };
}

function writeParts({ cacheWrite }: TokenCounts, rates: Rates): PriceParts['cacheWrite'] {
  const parts: Partial<Record<CacheLifetime, PricePart>> = {};
  for (const lifetime of CACHE_LIFETIMES) {
    const written = cacheWrite[lifetime];
    if (written !== 'not-reported') parts[lifetime] = tokenPart(written, rates.cacheWrite[lifetime]);
  }
  return parts;
}

function searchPart({ serverTools }: TokenCounts, { webSearch }: Rates): RequestPart | undefined {
  const requests = serverTools['webSearch'];
  if (requests === undefined) return undefined;
  return {
    requests,
    picoUsdPerRequest: webSearch.picoUsd,
    picoUsd: BigInt(requests) * webSearch.picoUsd,
    doubt: requests === 0 ? undefined : webSearch.doubt,
  };
}

/** Doubts about what the counts leave out. */
function hiddenDoubts(tokens: TokenCounts, { family, model }: PricedModel, price: ListPrice): readonly PriceDoubt[] {
  const { webSearch: _priced, webFetch: _free, ...unpricedTools } = tokens.serverTools;
  const hidesTool = Object.values(unpricedTools).some((requests) => requests > 0);
  const hidesRead = tokens.cacheRead === 'not-reported' && (price.cacheRead ?? price.input) !== price.input;
  const hidesWrite = cacheWriteCount(tokens) === 'not-reported' && (price.cacheWrite ?? price.input) !== price.input;
  const cachesUnasked = cacheRules(family, model).control === 'implicit';
  return [
    ...(hidesTool ? (['unpriced-extra'] as const) : []),
    ...(cachesUnasked && (hidesRead || hidesWrite) ? (['hidden-cache'] as const) : []),
  ];
}
