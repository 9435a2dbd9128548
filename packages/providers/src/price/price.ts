import { promptTokenCount, type TokenCounts } from '../token-counts.ts';
import type { Billing, ReportedCost } from './billing.ts';
import { planIterations, type RunToPrice } from './iterations.ts';
import { findMultiplier, findPrice, multiplyPrice, type PricedModel } from './lookup.ts';
import { hiddenDoubts, isPriceable, type PriceDoubt, type PriceParts, partsOf, priceParts } from './parts.ts';
import { type PriceSums, sumParts } from './sum-parts.ts';

/**
 * What one model response cost.
 *
 * Owns: counts → money, and how sure the result is.
 * Leaves to `lookup.ts`: whose price it is. To `parts.ts`: rates. To `iterations.ts`: what was run.
 *
 * R1. Money is whole picoUsd (10⁻¹² US dollars) end to end; a rate finer than that is rounded, and that is a doubt.
 * R2. A price we do not know is `undefined`, never 0. A free model has a price: 0.
 * R3. `exact` means that no doubt is left; each doubt is named.
 * R4. A tier reprices the whole request. The whole prompt picks it, cache reads and writes included; each iteration has its own.
 * R5. What the vendor says it charges is what was paid, and no list price changes it.
 * R6. What a response ran beside its counts is paid too, at the price of the model that ran.
 */

export type TurnPrice = KnownTurnPrice | UnknownTurnPrice;

export interface KnownTurnPrice {
  readonly status: 'exact' | 'estimated';
  /** What was paid: the vendor's own figure if there is one, else the sum of the iterations. */
  readonly picoUsd: bigint;
  /**
   * What the iterations cost by bucket at list price, which is the whole of `picoUsd` unless the vendor gave a figure of its own.
   * `undefined` where there are no iterations.
   */
  readonly parts: PriceSums | undefined;
  /** Where the vendor's own figure stands, such as `OpenRouter: usage.cost`; `undefined` for a list price. */
  readonly reportedBy: string | undefined;
  /** Each run of a model at list price; usually one. None where the vendor's own figure is all that is known, or is 0. */
  readonly iterations: readonly PricedIteration[];
  readonly doubts: readonly PriceDoubt[];
}

export interface UnknownTurnPrice {
  readonly status: 'unknown';
  readonly picoUsd: undefined;
  readonly parts: undefined;
  readonly reportedBy: undefined;
  readonly iterations: readonly [];
  readonly doubts: readonly [];
}

/** One run of a model at list price. */
export interface PricedIteration {
  /** In the vendor's words; `message` for the response itself. */
  readonly kind: string;
  readonly model: string;
  /** Whether the response's token counts hold it. */
  readonly isInTokens: boolean;
  /** The sum of the parts. */
  readonly picoUsd: bigint;
  readonly parts: PriceParts;
  readonly doubts: readonly PriceDoubt[];
}

/** A response to price: the model that answered, when, and what the response says of its bill. */
export interface PricedTurn extends PricedModel {
  readonly billing?: Billing;
}

/**
 * What one response cost. Unknown where the vendor gives no figure of its own and the model, its fresh tokens or its output are unknown.
 * Uses no network.
 */
export function priceTurn(tokens: TokenCounts, { billing = {}, ...model }: PricedTurn): TurnPrice {
  const listed = listTurnPrice(tokens, model, billing);
  return billing.cost === undefined ? listed : reportedPrice(billing.cost, listed);
}

const UNKNOWN: UnknownTurnPrice = {
  status: 'unknown',
  picoUsd: undefined,
  parts: undefined,
  reportedBy: undefined,
  iterations: [],
  doubts: [],
};

/** The list prices stay beside the vendor's figure, as they tell the buckets apart. A response that was free was not priced by them. */
function reportedPrice({ picoUsd, source }: ReportedCost, listed: TurnPrice): KnownTurnPrice {
  const isFree = picoUsd === 0n;
  return {
    status: 'exact',
    picoUsd,
    parts: isFree ? undefined : listed.parts,
    reportedBy: source,
    iterations: isFree ? [] : listed.iterations,
    doubts: [],
  };
}

function listTurnPrice(tokens: TokenCounts, model: PricedModel, billing: Billing): TurnPrice {
  const plan = planIterations(tokens, billing.iterations ?? []);
  const priced = plan.runs.map((run) => ({ run, price: priceRun(run, model, billing) }));
  if (priced.some(({ run, price }) => run.isInTokens && price === undefined)) return UNKNOWN;
  const iterations = priced.flatMap(({ price }) => price ?? []);
  const doubts = new Set<PriceDoubt>([
    ...iterations.flatMap((iteration) => iteration.doubts),
    ...plan.doubts,
    ...(iterations.length < priced.length ? (['unpriced-extra'] as const) : []),
    ...(billing.hasInferredLifetimes ? (['inferred-lifetime'] as const) : []),
  ]);
  return {
    status: doubts.size === 0 ? 'exact' : 'estimated',
    picoUsd: iterations.reduce((sum, { picoUsd }) => sum + picoUsd, 0n),
    parts: sumParts(iterations.map(({ parts }) => parts)),
    reportedBy: undefined,
    iterations,
    doubts: [...doubts],
  };
}

function priceRun(
  { kind, model: ranModel, tokens, isInTokens }: RunToPrice,
  asked: PricedModel,
  billing: Billing,
): PricedIteration | undefined {
  const model = { ...asked, model: ranModel ?? asked.model };
  const promptTokens = promptTokenCount(tokens);
  if (promptTokens === 'not-reported' || !isPriceable(tokens)) return undefined;
  const found = findPrice(model, promptTokens);
  if (found === undefined) return undefined;
  const multiplier = findMultiplier(billing, model.model);
  const price = multiplyPrice(found.price, multiplier.times);
  const parts = priceParts(tokens, model, price);
  const doubts = new Set([
    ...found.doubts,
    ...multiplier.doubts,
    ...partsOf(parts).flatMap(({ doubt }) => doubt ?? []),
    ...hiddenDoubts(tokens, model, price),
  ]);
  return {
    kind,
    model: model.model,
    isInTokens,
    picoUsd: partsOf(parts).reduce((sum, { picoUsd }) => sum + picoUsd, 0n),
    parts,
    doubts: [...doubts],
  };
}
