/**
 * Messages for a run that is under way.
 *
 * Owns: who takes each of them.
 * Leaves to `turn-loop.ts`: when a run takes some. To the send that a message came with: what becomes of one that no run took.
 *
 * M1. A message is taken by a run or withdrawn by its send, whichever comes first, and never both.
 * M2. A run takes messages in the order in which they were offered.
 * M3. What a run has not taken when it ends is on offer no more: it waits for a run of its own.
 */

import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import type { UserMessage } from '@reprise/providers';
import { hasCode } from '../errors.ts';
import type { AgentState } from '../state.ts';

export interface SentMessage {
  readonly message: UserMessage;
  /** See `SendOptions`. */
  readonly key?: string | undefined;
}

/** A message on offer, as its send sees it. */
export interface Offer {
  /** Aborted when a run takes it. */
  readonly taken: AbortSignal;
  /** What came of it since. */
  readonly outcome: Promise<Delivery>;
  /** Takes it back. False if a run has taken it. */
  withdraw(): boolean;
}

/** What came of a message that a run has taken. */
type Delivery =
  | {
      readonly result: 'delivered';
      /** The run's, with the message: it is durable. */
      readonly state: AgentState;
    }
  /** The run may not write any more, and has not. */
  | { readonly result: 'refused' }
  /** The store failed, and may have written it nevertheless. */
  | { readonly result: 'failed'; readonly error: unknown };

/** What waits for the run that has the session, as that run sees it. */
export interface Inbox {
  readonly isEmpty: boolean;
  /** Takes the first message and records it; `undefined` if there is none. Rejects as `record` does, which gives the state with the message. */
  takeNext(record: (sent: SentMessage) => Promise<AgentState>): Promise<SentMessage | undefined>;
  /** The run ends, and takes no more (M3). */
  close(): void;
}

/** The inboxes of one agent: for every session it has a run in, whatever object that run was sent through. */
export interface Inboxes {
  /** Offers a message to the run that has the session, or, while there is none, to the next that gets it. */
  offer(store: CheckpointStore, sessionId: SessionId, sent: SentMessage): Offer;
  of(store: CheckpointStore, sessionId: SessionId): Inbox;
}

interface Waiting {
  readonly sent: SentMessage;
  readonly taken: AbortController;
  readonly outcome: PromiseWithResolvers<Delivery>;
}

export function createInboxes(): Inboxes {
  const inboxesOf = new WeakMap<CheckpointStore, Map<SessionId, readonly Waiting[]>>();

  function waitingIn(store: CheckpointStore, sessionId: SessionId): readonly Waiting[] {
    return inboxesOf.get(store)?.get(sessionId) ?? [];
  }

  function leave(store: CheckpointStore, sessionId: SessionId, waiting: readonly Waiting[]): void {
    const inboxes = inboxesOf.get(store) ?? new Map<SessionId, readonly Waiting[]>();
    inboxesOf.set(store, inboxes);
    if (waiting.length > 0) inboxes.set(sessionId, waiting);
    else inboxes.delete(sessionId);
  }

  return {
    offer(store, sessionId, sent) {
      const offered: Waiting = { sent, taken: new AbortController(), outcome: Promise.withResolvers() };
      leave(store, sessionId, [...waitingIn(store, sessionId), offered]);
      return {
        taken: offered.taken.signal,
        outcome: offered.outcome.promise,
        withdraw() {
          const others = waitingIn(store, sessionId).filter((each) => each !== offered);
          leave(store, sessionId, others);
          return !offered.taken.signal.aborted;
        },
      };
    },

    of: (store, sessionId) => ({
      get isEmpty() {
        return waitingIn(store, sessionId).length === 0;
      },
      async takeNext(record) {
        const [first, ...others] = waitingIn(store, sessionId);
        if (!first) return undefined;
        leave(store, sessionId, others);
        first.taken.abort();
        await settle(first, record);
        return first.sent;
      },
      close: () => leave(store, sessionId, []),
    }),
  };
}

async function settle({ sent, outcome }: Waiting, record: (sent: SentMessage) => Promise<AgentState>): Promise<void> {
  try {
    outcome.resolve({ result: 'delivered', state: await record(sent) });
  } catch (error) {
    outcome.resolve(isRefusal(error) ? { result: 'refused' } : { result: 'failed', error });
    throw error;
  }
}

/** Whether the store has certainly not written it: after any other failure it may have, and to send it again could be to send it twice. */
function isRefusal(error: unknown): boolean {
  return hasCode(error, 'checkpoint/lease-lost') || hasCode(error, 'checkpoint/tip-moved');
}
