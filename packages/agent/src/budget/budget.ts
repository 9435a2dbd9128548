/**
 * Whether a request can be paid for. Pure.
 *
 * Owns: what a budget is, and what follows from it before a request is sent.
 * Leaves to `context/estimate-request.ts`: what the request may cost. To `run-budget.ts`: what was spent.
 *
 * B1. No request is sent that may cost more than is left: with everything missing the cache, and the longest answer it allows.
 * B2. Where only the answer's length is in the way, the answer is allowed less, but never so little that it says nothing.
 * B3. What is not known is not free: a model without a price is refused, unless the caller says otherwise.
 */

import { type Model, type ModelRequest, priceTurn, tokenCounts, type WarningEvent } from '@reprise/providers';
import type { RequestEstimate } from '../context/estimate-request.ts';
import { outputCap } from '../context/output-cap.ts';
import { AgentError } from '../errors.ts';
import { usdText } from './usd.ts';

/** What may be spent. */
export interface Budget {
  /** In 10⁻¹² US dollars; `usd('0.50')` makes it of an amount. */
  readonly picoUsd: bigint;
  /**
   * What the budget is for. `run`, the default: each run has its own. `session`: all that the session has spent in its lifetime counts,
   * rewound turns included; a fork begins at nothing, and without a store a session is one run.
   */
  readonly scope?: 'run' | 'session';
  /**
   * What becomes of a request whose price is not known. With `refuse`, the default, `createAgent` throws `agent/unpriced-model`; with
   * `allow` it is sent, and does not count.
   */
  readonly unpriced?: 'refuse' | 'allow';
}

/** What may be done about the next request. */
export type Spending =
  | {
      readonly step: 'ask';
      readonly request: ModelRequest;
      readonly atMostPicoUsd: bigint;
      readonly note?: WarningEvent;
    }
  | { readonly step: 'refuse'; readonly note: WarningEvent };

/** Decides on a request for which so much is left. */
export function planSpending(
  model: Model,
  request: ModelRequest,
  estimate: RequestEstimate,
  leftPicoUsd: bigint,
): Spending {
  const { atMost } = estimate.picoUsd;
  if (!atMost) return { step: 'ask', request, atMostPicoUsd: 0n };
  if (atMost.total <= leftPicoUsd) return { step: 'ask', request, atMostPicoUsd: atMost.total };
  const { prompt, perOutputToken } = atMost;
  const { settable } = outputCap(model, request);
  const affordable = perOutputToken === 0n ? 0n : (leftPicoUsd - prompt) / perOutputToken;
  const maxTokens = Math.min(Number(affordable), settable, estimate.output.atMost);
  if (maxTokens < Math.min(leastOutputTokens(request), estimate.output.atMost)) {
    return { step: 'refuse', note: refusalNote(estimate, atMost.total, leftPicoUsd) };
  }
  return {
    step: 'ask',
    request: { ...request, maxTokens },
    atMostPicoUsd: prompt + BigInt(maxTokens) * perOutputToken,
    note: {
      type: 'warning',
      code: 'budget/output-capped',
      message: `maxTokens is ${maxTokens} for this request: that is what the ${usdText(leftPicoUsd)} left of the budget pay for, should nothing be read from the cache.`,
    },
  };
}

/** The shortest answer worth paying for. One that thinks by a budget needs 1 024 tokens for that alone (Anthropic, 2026). */
function leastOutputTokens({ think }: Pick<ModelRequest, 'think'>): number {
  return think === undefined || think === 'off' ? 256 : 2048;
}

function refusalNote({ picoUsd }: RequestEstimate, atMost: bigint, left: bigint): WarningEvent {
  const expected = picoUsd.warm === undefined ? 'unknown' : usdText(picoUsd.warm);
  return {
    type: 'warning',
    code: 'budget/refused',
    message: `The next request may cost ${usdText(atMost)} (expected: ${expected}), and ${usdText(left)} of the budget are left: it was not sent. Raise the budget, lower maxTokens or compact the session to go on.`,
  };
}

/** Throws `agent/invalid-option` for a budget that is none, and `agent/unpriced-model` where it could not be kept. */
export function checkBudget(budget: Budget | undefined, model: Model, at: number): void {
  if (!budget) return;
  const { picoUsd, scope = 'run', unpriced = 'refuse' } = budget;
  if (typeof picoUsd !== 'bigint' || picoUsd <= 0n) {
    throw new AgentError(
      'agent/invalid-option',
      `budget.picoUsd is ${String(picoUsd)}; it must be a bigint above 0, such as usd('0.50').`,
    );
  }
  if (!['run', 'session'].includes(scope)) {
    throw new AgentError('agent/invalid-option', `budget.scope is ${scope}; it must be 'run' or 'session'.`);
  }
  if (!['refuse', 'allow'].includes(unpriced)) {
    throw new AgentError('agent/invalid-option', `budget.unpriced is ${unpriced}; it must be 'refuse' or 'allow'.`);
  }
  const price = priceTurn(tokenCounts({ fresh: 1, output: 1 }), { family: model.family, model: model.id, at });
  if (price.status === 'unknown' && unpriced === 'refuse') throw unpricedModel(`model ${model.id}`);
}

export function unpricedModel(what: string): AgentError {
  return new AgentError(
    'agent/unpriced-model',
    `The price of ${what} is not known, so a budget cannot be kept. Set budget.unpriced to 'allow' to let it pass uncounted, or limit tokens with maxOutputTokens.`,
  );
}
