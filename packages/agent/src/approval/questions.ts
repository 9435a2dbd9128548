/**
 * Requests that `approve` is asked to decide, while the run waits.
 *
 * Owns: who was asked, and what they have said.
 * Leaves to `tool-round.ts`: what follows from it. To the recorder: making it durable.
 *
 * Q1. Each request is asked for once a run; one that is left for later stays open.
 * Q2. The wait ends with the first decisions, with the run, or when nobody is left to decide. It has no other limit: whoever decides may
 *     be asleep.
 * Q3. A failure of `approve` ends the run, after what was decided by then.
 */

import { AgentError } from '../errors.ts';
import type { ApprovalDecision, ApprovalRequest, Approve, DecidedApproval } from './approval.ts';

export interface ApprovalQuestions {
  ask(request: ApprovalRequest): void;
  /** The decisions that have come since, at least one; none when there is nobody to wait for, or the run has to stop. */
  next(): Promise<readonly DecidedApproval[]>;
  /** Tells those who are still deciding that nobody waits any more. */
  end(): void;
}

export interface QuestionsOptions {
  readonly approve: Approve | undefined;
  /** The run's. */
  readonly signal: AbortSignal;
  readonly clock: () => number;
}

export function createQuestions({ approve, ...options }: QuestionsOptions): ApprovalQuestions {
  return approve ? new Questions({ ...options, approve }) : NOBODY_TO_ASK;
}

const NOBODY_TO_ASK: ApprovalQuestions = { ask: () => {}, next: async () => [], end: () => {} };

class Questions implements ApprovalQuestions {
  readonly #options: QuestionsOptions & { readonly approve: Approve };
  readonly #over = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #asked = new Set<string>();
  readonly #pending = new Set<Promise<void>>();
  #decided: readonly DecidedApproval[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(options: QuestionsOptions & { readonly approve: Approve }) {
    this.#options = options;
    this.#over.signal.addEventListener('abort', () => this.#stopped.resolve(), { once: true });
    options.signal.addEventListener('abort', this.#stop, { once: true });
    if (options.signal.aborted) this.#stop();
  }

  ask(request: ApprovalRequest): void {
    const { approve } = this.#options;
    if (this.#asked.has(request.id) || this.#over.signal.aborted) return;
    this.#asked.add(request.id);
    const answer = this.#decide(approve, request).finally(() => this.#pending.delete(answer));
    this.#pending.add(answer);
  }

  async next(): Promise<readonly DecidedApproval[]> {
    for (;;) {
      if (this.#over.signal.aborted) return [];
      const decided = this.#decided;
      this.#decided = [];
      if (decided.length > 0) return decided;
      if (this.#failure) throw this.#failure.error;
      if (this.#pending.size === 0) return [];
      await Promise.race([...this.#pending, this.#stopped.promise]);
    }
  }

  end(): void {
    this.#options.signal.removeEventListener('abort', this.#stop);
    if (this.#pending.size === 0) return;
    this.#over.abort(new AgentError('agent/run-abandoned', 'The run does not wait for this decision any more.'));
  }

  /** Never rejects. */
  async #decide(approve: Approve, request: ApprovalRequest): Promise<void> {
    try {
      const decision = await approve(request, { signal: this.#over.signal });
      if (decision === undefined) return;
      const decided = { ...checkDecision(decision), id: request.id, decidedAt: this.#options.clock() };
      this.#decided = [...this.#decided, decided];
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  readonly #stop = (): void => this.#over.abort(this.#options.signal.reason);
}

/** The decision with nothing else in it. Throws `agent/invalid-option` for anything that is not a plain yes or no. */
export function checkDecision(decision: ApprovalDecision): ApprovalDecision {
  // It is the application's, and may not have been checked by a compiler.
  const { isApproved, reason, by }: Partial<ApprovalDecision> = decision ?? {};
  if (typeof isApproved !== 'boolean') {
    throw new AgentError('agent/invalid-option', `A decision's isApproved is ${isApproved}; it must be true or false.`);
  }
  for (const [name, value] of Object.entries({ reason, by })) {
    if (value === undefined || typeof value === 'string') continue;
    throw new AgentError('agent/invalid-option', `A decision's ${name} is ${value}; it must be a text or left out.`);
  }
  return { isApproved, ...(reason === undefined ? {} : { reason }), ...(by === undefined ? {} : { by }) };
}
