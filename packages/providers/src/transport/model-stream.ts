import type { AssistantTurn } from '../assistant-turn.ts';
import type { ModelStream } from '../model.ts';
import type { StreamEvent } from '../stream-event.ts';

/** What makes a stream: its events, and the turn of one that was left before it began. */
interface StreamSource {
  /** Tells the turn before the last event, or when it is left. */
  run(onTurn: (turn: AssistantTurn) => void): AsyncGenerator<StreamEvent, void, undefined>;
  unreadTurn(): AssistantTurn;
}

/** Events with the promise of their turn. Passes each call on as it is: a generator around a generator would slow down every delta. */
export function createModelStream({ run, unreadTurn }: StreamSource): ModelStream & AsyncIterableIterator<StreamEvent> {
  const { promise: turn, resolve } = Promise.withResolvers<AssistantTurn>();
  const events = run(resolve);
  let isRead = false;

  async function readToEnd(): Promise<void> {
    isRead = true;
    for await (const _event of events);
  }

  return {
    next() {
      isRead = true;
      return events.next();
    },
    return() {
      if (!isRead) resolve(unreadTurn());
      return events.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    get turn() {
      // Whoever asks for the turn and then reads begins within the same tick.
      if (!isRead) queueMicrotask(() => (isRead ? undefined : readToEnd()));
      return turn;
    },
  };
}
