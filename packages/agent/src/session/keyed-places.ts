import type { Message } from '@reprise/providers';
import type { HistoryEdit } from '../history-edit.ts';

/** Where the messages of a history stand that were sent with a key: by key, counted from 0. */
export type KeyedPlaces = ReadonlyMap<string, number>;

/**
 * The places after an edit of that history. What the edit keeps of what it replaces is found again; a message that it took has the place
 * where the edit begins, which is that of what stands for it.
 */
export function placesAfterEdit(
  places: KeyedPlaces,
  history: readonly Message[],
  { from, count, messages }: Pick<HistoryEdit, 'from' | 'count' | 'messages'>,
): Map<string, number> {
  if (places.size === 0) return new Map();
  const kept = keptPlaces(history.slice(from, from + count), messages);
  const move = (place: number) => {
    if (place < from) return place;
    return place < from + count ? from + (kept.get(place - from) ?? 0) : place + messages.length - count;
  };
  return new Map(places.entries().map(([key, place]) => [key, move(place)]));
}

/** Of the user's messages among those that were replaced, where they stand among the new ones; from the end, which is what is kept. */
function keptPlaces(replaced: readonly Message[], messages: readonly Message[]): ReadonlyMap<number, number> {
  const texts = messages.map(wordsOfUser);
  const kept = new Map<number, number>();
  let end = texts.length;
  for (const [back, words] of replaced.toReversed().map(wordsOfUser).entries()) {
    const place = words === undefined ? -1 : texts.lastIndexOf(words, end - 1);
    if (place < 0 || end === 0) continue;
    kept.set(replaced.length - 1 - back, place);
    end = place;
  }
  return kept;
}

function wordsOfUser(message: Message): string | undefined {
  return message.role === 'user' ? JSON.stringify(message) : undefined;
}
