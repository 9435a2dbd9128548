import type { Model } from '@reprise/providers';
import { type Budget, checkBudget } from './budget/budget.ts';
import type { OverflowPolicy } from './context/overflow.ts';
import { AgentError } from './errors.ts';
import type { Limiter } from './limiter.ts';

/** What stands between a run and its model calls. */
export interface CallGuardOptions {
  /**
   * What may be spent. A request that may cost more than is left is not sent: the run ends with the reason `budget-limit`, and a warning
   * `budget/refused` says what it may have cost. Default: no limit.
   */
  readonly budget?: Budget;
  /** Lets model calls through; see `Limiter`. Default: all at once. */
  readonly limiter?: Limiter;
  /** What becomes of a request that does not fit the context window. Default `truncate-last-results`. */
  readonly onOverflow?: OverflowPolicy;
}

/** Checks them, and fills in the default. Throws `agent/invalid-option`, and `agent/unpriced-model` for a budget that cannot be kept. */
export function checkCallGuards(
  { budget, limiter, onOverflow = 'truncate-last-results' }: CallGuardOptions,
  model: Model,
  at: number,
): { readonly onOverflow: OverflowPolicy } {
  checkBudget(budget, model, at);
  if (limiter !== undefined && typeof limiter.acquire !== 'function') {
    throw new AgentError('agent/invalid-option', 'limiter has no function `acquire`.');
  }
  if (typeof onOverflow !== 'function' && !['truncate-last-results', 'throw'].includes(onOverflow)) {
    throw new AgentError(
      'agent/invalid-option',
      `onOverflow is ${onOverflow}; it must be 'truncate-last-results', 'throw' or a function.`,
    );
  }
  return { onOverflow };
}
