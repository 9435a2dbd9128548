import { calcPrice, type MatchLogic, type ModelPrice } from '@pydantic/genai-prices';
import type { Family } from '../message.ts';
import type { Billing } from './billing.ts';
import { type ListPrice, PRICE_MULTIPLIERS, PRICE_OVERRIDES } from './list.ts';

/** A model at a time. */
export interface PricedModel {
  readonly family: Family;
  /** A vendor prefix, a cloud's decoration and a date are understood: `anthropic/claude-opus-5-20260801`. */
  readonly model: string;
  /** When the request was sent, in epoch milliseconds. */
  readonly at: number;
}

export interface FoundPrice {
  readonly price: ListPrice;
  readonly doubts: readonly ('other-model' | 'unconfirmed-price' | 'unpriced-extra')[];
}

/** What the terms of a response make of its token rates. */
export interface FoundMultiplier {
  readonly times: number;
  readonly doubts: readonly 'unpriced-terms'[];
}

/** Billed things that token counts do not hold. */
const UNCOUNTED_PRICES = ['requests_kcount', 'output_reasoning_mtok', 'output_citation_mtok'];

/** The list price of a model for a prompt of that size, or `undefined`. Our overrides come first. */
export function findPrice(model: PricedModel, promptTokens: number): FoundPrice | undefined {
  // Local models have no list price, and their names are often those of hosted ones.
  if (model.family === 'ollama' || isLocalTag(model.model)) return undefined;
  return findOverride(model, promptTokens) ?? findBasePrice(model, promptTokens);
}

/** What the terms that a response was served on multiply its token rates by. Terms without a known price multiply by 1. */
export function findMultiplier(terms: Billing, model: string): FoundMultiplier {
  const name = modelName(model);
  const told = (['serviceTier', 'speed', 'inferenceGeo'] as const).filter((term) => terms[term] !== undefined);
  const found = told.map((term) =>
    PRICE_MULTIPLIERS.find((one) => one.term === term && one.value === terms[term] && (one.models?.test(name) ?? true)),
  );
  return {
    times: found.reduce((product, multiplier) => product * (multiplier?.times ?? 1), 1),
    doubts: found.includes(undefined) ? ['unpriced-terms'] : [],
  };
}

/** The price with each token rate multiplied. */
export function multiplyPrice(price: ListPrice, times: number): ListPrice {
  const multiplied = (usd: number | undefined) => (usd === undefined ? undefined : usd * times);
  return {
    input: price.input * times,
    output: price.output * times,
    cacheRead: multiplied(price.cacheRead),
    cacheWrite: multiplied(price.cacheWrite),
    cacheWrite1h: multiplied(price.cacheWrite1h),
    cacheWrite12h: multiplied(price.cacheWrite12h),
    webSearch: price.webSearch,
  };
}

/**
 * A model id without vendor prefix, cloud decoration, date and `-latest`, with dashes for dots:
 * `us.anthropic.claude-opus-4-5-20251101-v1:0`, `anthropic/claude-opus-4.5` and `claude-opus-4-5@20251101` are one name.
 */
export function modelName(id: string): string {
  return id
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(BEDROCK_PREFIX, '')
    .replace(/-v\d+(:\d+)?$/, '')
    .replace(/[-@]20\d{6}$|-20\d\d-\d\d-\d\d$|-latest$/, '')
    .replaceAll('.', '-');
}

const BEDROCK_PREFIX = /^(?:[a-z-]+\.)?anthropic\./;

/** `name:tag` is how local servers name models; vendors with a colon in an id also have a slash or a prefix. */
function isLocalTag(id: string): boolean {
  return id.includes(':') && !id.includes('/') && !BEDROCK_PREFIX.test(id);
}

function findOverride({ model, at }: PricedModel, promptTokens: number): FoundPrice | undefined {
  const name = modelName(model);
  const entry = PRICE_OVERRIDES.findLast(
    (candidate) => candidate.model === name && (candidate.from === 'launch' || at >= Date.parse(candidate.from)),
  );
  if (entry === undefined) return undefined;
  const price = entry.above && promptTokens > entry.above.promptTokens ? entry.above.price : entry.price;
  // The overrides are the vendor's own prices; Bedrock's regions cost a tenth more than its global endpoint.
  const isBedrock = BEDROCK_PREFIX.test(model);
  return {
    price: isBedrock && !model.startsWith('global.') ? multiplyPrice(price, 1.1) : price,
    doubts: entry.isConfirmed && !isBedrock ? [] : ['unconfirmed-price'],
  };
}

function findBasePrice({ family, model, at }: PricedModel, promptTokens: number): FoundPrice | undefined {
  for (const { providerId, id } of baseCandidates(family, model)) {
    const found = calcPrice({}, id, { ...(providerId && { providerId }), timestamp: new Date(at) });
    if (found === null) continue;
    const price = listPrice(found.model_price, promptTokens);
    if (price === undefined) continue;
    // The list matches by prefix, so a new model silently takes an older sibling's price.
    const isSame = modelName(found.model.id) === modelName(model) || isNamedBy(found.model.match, id);
    return {
      price,
      doubts: [
        ...(isSame ? [] : (['other-model'] as const)),
        ...(UNCOUNTED_PRICES.some((key) => key in found.model_price) ? (['unpriced-extra'] as const) : []),
      ],
    };
  }
  return undefined;
}

/** Where to look an id up, best first. */
function baseCandidates(family: Family, model: string): readonly { providerId?: string; id: string }[] {
  if (BEDROCK_PREFIX.test(model)) return [{ providerId: 'aws', id: model }];
  const slash = model.indexOf('/');
  if (slash > 0) {
    const vendor = model.slice(0, slash);
    return [{ providerId: vendor, id: model.slice(slash + 1) }, { providerId: 'openrouter', id: model }, { id: model }];
  }
  // Vertex dates a model with `@`, which the list does not know.
  const id = model.replace(/@20\d{6}$/, '');
  return family === 'anthropic' ? [{ providerId: 'anthropic', id }] : [{ id }];
}

/** Whether the list names this id in full, as it does with aliases. */
function isNamedBy(match: MatchLogic, id: string): boolean {
  if ('or' in match) return match.or.some((option) => isNamedBy(option, id));
  return 'equals' in match && match.equals.toLowerCase() === id.toLowerCase();
}

function listPrice(listed: ModelPrice, promptTokens: number): ListPrice | undefined {
  const input = usd(listed['input_mtok'], promptTokens);
  const output = usd(listed['output_mtok'], promptTokens);
  if (input === undefined || output === undefined) return undefined;
  return {
    input,
    output,
    cacheRead: usd(listed['cache_read_mtok'], promptTokens),
    cacheWrite: usd(listed['cache_write_mtok'], promptTokens),
    cacheWrite1h: usd(listed['cache_write_1h_mtok'], promptTokens),
    webSearch: usd(listed['web_searches_kcount'], promptTokens),
  };
}

function usd(price: ModelPrice[string], promptTokens: number): number | undefined {
  if (price === undefined || typeof price === 'number') return price;
  return price.tiers.findLast((tier) => promptTokens > tier.start)?.price ?? price.base;
}
