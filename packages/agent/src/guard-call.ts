/**
 * What a request passes before it is made.
 *
 * Owns: the order: what leaving a model costs, whether the budget pays for it, and whether it is its turn.
 * Leaves to `model-switch.ts`, `budget/` and `limiter.ts`: each of these.
 *
 * G1. Nothing is noted and nothing spent while a request is held up here.
 */

import type { ModelRequest } from '@reprise/providers';
import type { AgentEventBody } from './agent-event.ts';
import type { RunBudget } from './budget/run-budget.ts';
import { estimateNextRequest } from './context/estimate-request.ts';
import type { Conversation } from './conversation.ts';
import { passLimiter } from './limiter.ts';
import { modelSwitch } from './model-switch.ts';
import type { RunOptions } from './run-options.ts';

/** A request that may be made. */
export interface AdmittedRequest {
  /** With the output cap that the budget pays for. */
  readonly request: ModelRequest;
  /** Called once it has been answered, or not made after all. */
  release(): void;
}

/** Lets a request through, or says why not. Rejects with `agent/unpriced-model`, and with what the limiter or the store rejects with. */
export async function* admitRequest(
  request: ModelRequest,
  { recorder, signal, ports }: Conversation,
  { model, limiter }: RunOptions,
  { budget, isFirst }: { readonly budget?: RunBudget | undefined; readonly isFirst: boolean },
): AsyncGenerator<AgentEventBody, AdmittedRequest | 'aborted' | 'over-budget', undefined> {
  // A run has one model: after its first request there is nothing to tell.
  const switched = isFirst && modelSwitch(recorder.lastRequest(), model, request, ports.clock());
  if (switched) yield switched;
  const spending = await budget?.admit(request);
  if (spending?.note) yield spending.note;
  if (spending?.step === 'refuse') return 'over-budget';
  const asked = spending?.request ?? request;
  if (!limiter) return { request: asked, release: () => {} };
  const last = recorder.lastRequest();
  const { prompt } = estimateNextRequest({ model, request: asked, at: ports.clock(), last });
  const call = { model: model.id, family: model.family, estimatedInputTokens: prompt.expected };
  const release = await passLimiter(limiter, call, signal);
  return release ? { request: asked, release } : 'aborted';
}
