import { CACHE_LIFETIMES, type CacheLifetime, type Count, cacheWriteCount, type TokenCounts } from '../token-counts.ts';
import type { ListPrice } from './list.ts';
import { modelName, type PricedModel } from './lookup.ts';

/**
 * Why a price is only estimated:
 * - `other-model`: the list has no such model, a sibling's price was taken
 * - `unconfirmed-price`: the price was not seen at the vendor that billed it
 * - `missing-rate`: a bucket in use has no listed rate, the nearest was taken
 * - `rounded-rate`: a rate in use is no whole number of picoUsd
 * - `unknown-lifetime`: the price of a cache write hangs on its lifetime, which the vendor did not say
 * - `inferred-lifetime`: the vendor split its cache writes by lifetime into parts that are not the whole
 * - `hidden-cache`: the vendor caches unasked at another rate, and did not say how many tokens
 * - `unpriced-extra`: something was billed that is not priced here, such as a server tool other than web search
 * - `unpriced-terms`: the response was served in a tier, at a speed or in a place whose price is not known
 * - `unadded-iterations`: the iterations of a response do not add up to its counts, or are of a kind nobody described
 * - `unconfirmed-charge`: an iteration is priced that may not have been billed, such as one that was declined
 */
export type PriceDoubt =
  | 'other-model'
  | 'unconfirmed-price'
  | 'missing-rate'
  | 'rounded-rate'
  | 'unknown-lifetime'
  | 'inferred-lifetime'
  | 'hidden-cache'
  | 'unpriced-extra'
  | 'unpriced-terms'
  | 'unadded-iterations'
  | 'unconfirmed-charge';

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

/** Counts that can be priced. */
export interface PriceableCounts extends TokenCounts {
  readonly fresh: number;
  readonly output: number;
}

/** Whether the counts that every bill needs were reported. */
export function isPriceable(tokens: TokenCounts): tokens is PriceableCounts {
  return tokens.fresh !== 'not-reported' && tokens.output !== 'not-reported';
}

/** Each bucket at its rate. */
export function priceParts(tokens: PriceableCounts, model: PricedModel, price: ListPrice): PriceParts {
  const rates = createRates(price, model);
  return {
    fresh: tokenPart(tokens.fresh, rates.fresh),
    cacheRead: tokens.cacheRead === 'not-reported' ? undefined : tokenPart(tokens.cacheRead, rates.cacheRead),
    cacheWrite: writeParts(tokens, rates),
    output: tokenPart(tokens.output, rates.output),
    webSearch: searchPart(tokens, rates),
  };
}

/** The parts there are, in one list. */
export function partsOf(parts: PriceParts): readonly (PricePart | RequestPart)[] {
  const all = [parts.fresh, parts.cacheRead, ...Object.values(parts.cacheWrite), parts.output, parts.webSearch];
  return all.filter((part) => part !== undefined);
}

/** Doubts about what the counts leave out. */
export function hiddenDoubts(tokens: TokenCounts, { family }: PricedModel, price: ListPrice): readonly PriceDoubt[] {
  const { webSearch: _priced, webFetch: _free, ...unpricedTools } = tokens.serverTools;
  const hidesTool = Object.values(unpricedTools).some((requests) => requests > 0);
  const hidesRead = tokens.cacheRead === 'not-reported' && (price.cacheRead ?? price.input) !== price.input;
  const hidesWrite = cacheWriteCount(tokens) === 'not-reported' && (price.cacheWrite ?? price.input) !== price.input;
  // Every vendor but Anthropic keeps what it sees, unless it is told not to.
  const cachesUnasked = family !== 'anthropic';
  return [
    ...(hidesTool ? (['unpriced-extra'] as const) : []),
    ...(cachesUnasked && (hidesRead || hidesWrite) ? (['hidden-cache'] as const) : []),
  ];
}

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
      // Twice the 30-minute rate at each of OpenAI's models whose 12-hour price was seen (November 2026).
      '12h':
        price.cacheWrite12h === undefined
          ? rate((write ?? price.input * 1.25) * 2, 'missing-rate')
          : rate(price.cacheWrite12h),
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
    const written: Count = cacheWrite[lifetime];
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
