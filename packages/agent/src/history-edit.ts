import type { Message } from '@reprise/providers';
import { AgentError } from './errors.ts';
import type { AgentState } from './state.ts';

/**
 * A change of what a model is shown from here on: these messages in place of some that were there. What was there stays stored, and a
 * session that is forked off or rewound to before the edit still has it. Counters do not change: what was used was used.
 */
export interface HistoryEdit {
  /** Why, for people and for the audit. */
  readonly reason: 'compaction' | 'overflow';
  /** The first message that is replaced, counted from 0 in the history as the edit finds it. */
  readonly from: number;
  /** How many are replaced. */
  readonly count: number;
  readonly messages: readonly Message[];
}

/** The state with the edit made. Throws `agent/invalid-edit` for messages that are not there. Whoever makes an edit keeps calls and results together. */
export function applyEdit(state: AgentState, { from, count, messages }: HistoryEdit): AgentState {
  return { ...state, messages: editMessages(state.messages, { from, count, messages }) };
}

/** See `applyEdit`. */
export function editMessages(
  history: readonly Message[],
  { from, count, messages }: Omit<HistoryEdit, 'reason'>,
): readonly Message[] {
  const isWhole = Number.isInteger(from) && Number.isInteger(count) && from >= 0 && count >= 0;
  if (!isWhole || from + count > history.length) {
    throw new AgentError(
      'agent/invalid-edit',
      `An edit replaces ${count} messages from ${from} on, in a history of ${history.length}.`,
    );
  }
  return history.toSpliced(from, count, ...messages);
}
