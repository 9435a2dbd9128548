import { createAgent, type LeaseOptions } from '@reprise/agent';
import type { CheckpointStore } from '@reprise/checkpoint';
import type { AssistantTurnParts } from '@reprise/providers';
import { type Step, scriptedModel, textTurn } from './scripted-stream.ts';

/** A step that answers when it is told to, or is aborted. */
export function heldTurn(text: string, parts: Partial<AssistantTurnParts> = {}) {
  const started = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const step: Step = async (_request, signal) => {
    started.resolve();
    const aborted = new Promise<never>((_, reject) =>
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    await Promise.race([answer.promise, aborted]);
    return textTurn(text, parts);
  };
  return { step, started: started.promise, answer: answer.resolve };
}

export function openScripted(store: CheckpointStore, steps: readonly Step[], options: LeaseOptions = {}) {
  return createAgent({ model: scriptedModel(...steps) }).openSession(store, { id: 's', ...options });
}

/** A session whose run is in the middle of a model call, until it is told to answer. */
export async function busySession(store: CheckpointStore, options: LeaseOptions = {}) {
  const held = heldTurn('held');
  const session = await openScripted(store, [held.step, textTurn('later'), textTurn('last')], options);
  const events = Array.fromAsync(session.send('first'));
  await held.started;
  return { session, events, answer: held.answer };
}
