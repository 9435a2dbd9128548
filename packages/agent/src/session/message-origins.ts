import type { EntryId } from '@reprise/checkpoint';
import type { Message } from '@reprise/providers';
import type { HistoryEdit } from '../history-edit.ts';

/** Where a message of a history comes from. */
export interface MessageOrigin {
  /** The entry that it was stored with first. */
  readonly entryId: EntryId;
  /** Why it stands there, if nobody said it: it takes the place of messages that the model is not shown any more. */
  readonly edit?: HistoryEdit['reason'];
}

/** The origins after an edit of that history, which `entryId` names. What the edit keeps of what it replaces keeps its origin. */
export function originsAfterEdit(
  origins: readonly MessageOrigin[],
  history: readonly Message[],
  { from, count, messages, reason }: HistoryEdit,
  entryId: EntryId,
): readonly MessageOrigin[] {
  const added: MessageOrigin[] = messages.map(() => ({ entryId, edit: reason }));
  let place = messages.length - 1;
  // What is kept is the end of what was there, in its order; what a compaction has asked for itself stands behind that.
  for (let old = from + count - 1; old >= from && place >= 0; old -= 1) {
    const origin = origins[old];
    if (!origin || !isSame(history[old], messages[place])) continue;
    added[place] = origin;
    place -= 1;
  }
  return origins.toSpliced(from, count, ...added);
}

/** Whether the one is the other, but for thoughts that were taken out of it. */
function isSame(old: Message | undefined, message: Message | undefined): boolean {
  if (old?.role !== message?.role) return false;
  return JSON.stringify(withoutThoughts(old)) === JSON.stringify(withoutThoughts(message));
}

function withoutThoughts(message: Message | undefined): Message | undefined {
  if (message?.role !== 'assistant') return message;
  return { ...message, content: message.content.filter(({ type }) => !type.endsWith('thinking')) };
}
