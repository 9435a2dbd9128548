import type { WireError } from './run-event.ts';

/**
 * What clients may read of an error, by its code. `own`: the error's own words, which speak of what the client asked. A text: the error's
 * words may name hosts, paths, accounts or other people's runs, and this stands in their place. A code that is not here is
 * `service/internal` to a client.
 */
const TOLD: ReadonlyMap<unknown, string> = new Map([
  ['agent/approval-refused', 'own'],
  ['agent/compaction-failed', 'own'],
  ['agent/context-overflow', 'own'],
  ['agent/empty-message', 'own'],
  ['agent/hook-failed', 'A part of the agent that watches over its runs has failed.'],
  ['agent/interrupted', 'Another message has asked for the session.'],
  ['agent/nothing-to-continue', 'own'],
  ['agent/prefix-changed', 'own'],
  ['agent/session-busy', 'Another run has the session.'],
  ['agent/unpriced-model', 'own'],
  ['provider/aborted', 'own'],
  ['provider/auth', "The model's vendor refused the credentials of this service."],
  ['provider/context-window', 'own'],
  ['provider/invalid-request', 'own'],
  ['provider/malformed-output', 'own'],
  ['provider/malformed-stream', "The model's vendor sent an answer that cannot be read."],
  ['provider/missing-credentials', 'This service has no credentials for the model.'],
  ['provider/network', "The model's vendor could not be reached."],
  ['provider/not-found', "The model's vendor does not know the model."],
  ['provider/overloaded', "The model's vendor is overloaded."],
  ['provider/quota', "The account of this service at the model's vendor is used up."],
  ['provider/rate-limited', "The model's vendor takes no more requests for now."],
  ['provider/server', "The model's vendor failed."],
  ['provider/stalled', 'The model fell silent in the middle of its answer.'],
  ['provider/stream-cut', "The connection to the model's vendor broke in the middle of an answer."],
  ['provider/timeout', 'The model took too long.'],
  ['provider/unsupported', 'own'],
  ['provider/unsupported-media', 'own'],
  ['service/gave-up', 'own'],
  ['service/outcome-lost', 'own'],
  ['service/unknown-agent', 'own'],
]);

/** The error as a client may read it: no path, host, key or account, and nothing of what this service does not know. */
export function toldError(error: Error): WireError {
  const code: unknown = Reflect.get(error, 'code');
  const told = TOLD.get(code);
  if (typeof code !== 'string' || told === undefined) {
    return { code: 'service/internal', message: 'Something went wrong in the service.' };
  }
  return { code, message: told === 'own' ? error.message : told };
}

/** Whether a client reads less than there is to know, so that somebody else should. */
export function isWithheld(error: Error): boolean {
  return toldError(error).message !== error.message;
}
