import type { Message } from '@reprise/providers';
import { messagesOf, type RunView } from '@reprise/service/client';

/**
 * How many of these messages go before what the run itself has said: the history may hold the beginning of the run already, and then ends
 * with it.
 */
export function messagesBeforeRun(history: readonly Message[], view: RunView): number {
  const ofRun = messagesOf(view).map((message) => JSON.stringify(message));
  const known = history.slice(-ofRun.length).map((message) => JSON.stringify(message));
  for (let length = Math.min(ofRun.length, known.length); length > 0; length -= 1) {
    const tail = known.slice(known.length - length);
    if (tail.every((message, index) => message === ofRun[index])) return history.length - length;
  }
  return history.length;
}
