import type { RunOutcome } from '../wire/run-event.ts';

/** How a run ended, as the store keeps it: the reason stands first, since runs that broke are found by it. */
export function encodeOutcome({ reason, ...rest }: RunOutcome): string {
  return JSON.stringify({ reason, ...rest });
}

/** How the outcome of a run begins that ended with an error. */
export const BROKEN_OUTCOME = '{"reason":"error"';
