import type { AgentState } from '../state.ts';
import type { Offer } from './inbox.ts';

/** A send whose message went into another's run; `steered` is that run's state with the message. */
export interface Steered {
  readonly steered: AgentState;
}

/** How a send gets the session for a run of its own. */
export interface OwnTurn<Hold> {
  /** Waits for the session. An abort of `taken` ends the wait. */
  take(taken?: AbortSignal): Promise<Hold>;
  giveBack(hold: Hold): Promise<void>;
}

/**
 * Waits until a run has taken the message, or the send has the session for itself, whichever comes first: the message is in one run, and
 * in one only. Rejects as `take` does, and then the message is nowhere; or with what that run failed with, if its store may have it.
 */
export async function steerOrTake<Hold>(offer: Offer, { take, giveBack }: OwnTurn<Hold>): Promise<Steered | Hold> {
  const [own] = await Promise.allSettled([take(offer.taken)]);
  if (offer.withdraw()) {
    if (own.status === 'rejected') throw own.reason;
    return own.value;
  }
  const delivery = await offer.outcome;
  if (delivery.result === 'refused') return own.status === 'fulfilled' ? own.value : take();
  // The session came to this send at the very moment at which that run wrote the message.
  if (own.status === 'fulfilled') await giveBack(own.value);
  if (delivery.result === 'failed') throw delivery.error;
  return { steered: delivery.state };
}
