import { type AssistantTurn, type Billing, billingFromUsage, priceTurn, type TurnPrice } from '@reprise/providers';

/** What a response says of its own bill, and what it cost at the time. */
export interface PricedResponse {
  readonly billing: Billing;
  readonly price: TurnPrice;
}

/** The price of a response: the one that its ledger row has. */
export function priceResponse({
  tokens,
  family,
  model,
  rawUsage,
  timing,
  serviceTier,
}: Pick<AssistantTurn, 'tokens' | 'family' | 'model' | 'rawUsage' | 'timing' | 'serviceTier'>): PricedResponse {
  // OpenAI names its tier beside the usage object.
  const billing = { ...(serviceTier === undefined ? {} : { serviceTier }), ...billingFromUsage(family, rawUsage) };
  return { billing, price: priceTurn(tokens, { family, model, at: timing.startedAt, billing }) };
}
