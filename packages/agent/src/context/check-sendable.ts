/**
 * What a model would be sent, looked at before it is kept: a history that no request can be made of would refuse every later message.
 *
 * Nothing is sent, and no call is begun: the model only makes the blocks and plans the marks of the request.
 */

import { checkRequest, type Message, type Model, ProviderError, type UserMessage } from '@reprise/providers';
import type { HookSettings } from '../hooks/hook-options.ts';
import { isSameModel } from '../session/prefix-change.ts';
import { buildRequest, type RequestFrame } from './build-request.ts';

interface AskedFrame extends RequestFrame {
  readonly model: Model;
}

/** Throws the `ProviderError` with which the model refuses a message, whatever stands before it. */
export function checkInput(input: UserMessage, { model, ...frame }: AskedFrame): void {
  const request = buildRequest(frame, [input]);
  checkRequest(request, []);
  model.planMarks(request, model.prefixBlocks(request));
}

/**
 * Throws if the model cannot be sent a history that another one has answered last, or nobody knows which: the model's own `ProviderError`,
 * and what to do. Where hooks are asked about a request, what they make of it decides.
 */
export function checkHistory(
  history: readonly Message[],
  last: Pick<Model, 'family' | 'id'> | undefined,
  { model, hooks, ...frame }: AskedFrame & Pick<HookSettings, 'hooks'>,
): void {
  if (history.length === 0 || (last && isSameModel(last, model))) return;
  if (hooks.some(({ beforeRequest }) => beforeRequest)) return;
  try {
    model.prefixBlocks(buildRequest(frame, history));
  } catch (error) {
    throw error instanceof ProviderError ? historyRefusal(error, model) : error;
  }
}

function historyRefusal(cause: ProviderError, { id }: Model): ProviderError {
  return new ProviderError(
    cause.code,
    `${cause.message} The history holds it, so ${id} cannot go on from here: ask a model that takes it, or go on from before it, in a session with rewind({ to, what: 'conversation' }) or fork({ at }).`,
    { cause },
  );
}
