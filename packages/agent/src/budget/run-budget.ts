/**
 * What a run may still spend.
 *
 * Owns: what was spent so far, and by which responses.
 * Leaves to `budget.ts`: what follows from it.
 *
 * U1. A response counts at its price; one whose counts did not all arrive counts as the most it may have cost.
 * U2. A request that was admitted and has no response, since the vendor refused it or nobody could be reached, costs nothing.
 */

import { type AssistantTurn, type Model, type ModelRequest, promptTokenCount } from '@reprise/providers';
import { type CountedRequest, estimateNextRequest } from '../context/estimate-request.ts';
import type { Ports } from '../ports.ts';
import type { Recorder } from '../recorder.ts';
import type { StoredPrefix } from '../session/prefix-change.ts';
import { priceResponse } from '../usage/price-response.ts';
import { type Budget, planSpending, type Spending, unpricedModel } from './budget.ts';
import { spentBefore } from './spent-before.ts';

/** A request that was let through, until it is known what came of it. */
interface Admitted {
  readonly atMostPicoUsd: bigint;
  readonly prefix: StoredPrefix;
}

export class RunBudget {
  readonly #budget: Budget;
  readonly #model: Model;
  readonly #recorder: Recorder;
  readonly #clock: () => number;
  /** Absent until somebody asks. */
  #spent: bigint | undefined;
  #last: CountedRequest | undefined;
  #admitted: Admitted | undefined;

  constructor(budget: Budget, model: Model, recorder: Recorder, clock: () => number) {
    this.#budget = budget;
    this.#model = model;
    this.#recorder = recorder;
    this.#clock = clock;
  }

  /** Whether a request may be sent, and as what. Rejects with `agent/unpriced-model`, and like the store. */
  async admit(request: ModelRequest): Promise<Spending> {
    const at = this.#clock();
    this.#last ??= this.#recorder.lastRequest();
    const estimate = estimateNextRequest({ model: this.#model, request, at, last: this.#last });
    if (!estimate.picoUsd.atMost && this.#budget.unpriced !== 'allow') throw unpricedModel(`model ${this.#model.id}`);
    this.#spent ??= await this.#spentBefore(request, at);
    const left = this.#budget.picoUsd - this.#spent;
    const spending = planSpending(this.#model, request, estimate, left);
    if (spending.step === 'ask') {
      this.#admitted = { atMostPicoUsd: spending.atMostPicoUsd, prefix: estimate.prefix };
    }
    return spending;
  }

  /** Counts the response to the request that was admitted last. */
  settle(turn: AssistantTurn): void {
    if (!this.#admitted) return;
    const { atMostPicoUsd, prefix } = this.#admitted;
    this.#admitted = undefined;
    const { picoUsd } = priceResponse(turn).price;
    const isKnown = turn.usageState === 'final' && picoUsd !== undefined;
    this.#spent = (this.#spent ?? 0n) + (isKnown ? picoUsd : atMostPicoUsd);
    if (turn.usageState !== 'final' || promptTokenCount(turn.tokens) === 'not-reported') return;
    const { family, id } = this.#model;
    this.#last = { ...prefix, family, id, startedAt: turn.timing.startedAt, tokens: turn.tokens };
  }

  async #spentBefore(request: ModelRequest, at: number): Promise<bigint> {
    if (this.#budget.scope !== 'session') return 0n;
    const rows = await this.#recorder.readLedger();
    // This request has grown from those before it.
    const { prompt } = estimateNextRequest({ model: this.#model, request, at });
    const { picoUsd, unpriced } = spentBefore(rows, prompt.atMost);
    if (unpriced && this.#budget.unpriced !== 'allow') {
      throw unpricedModel(`model ${unpriced.model}, which turn ${unpriced.id} of the session has asked,`);
    }
    return picoUsd;
  }
}

/** The budget of a run; `undefined` where nothing limits it. */
export function createRunBudget(
  { budget, model, ports }: { readonly budget?: Budget; readonly model: Model; readonly ports: Pick<Ports, 'clock'> },
  recorder: Recorder,
): RunBudget | undefined {
  return budget && new RunBudget(budget, model, recorder, ports.clock);
}
