import type { AgUiMessage } from './ag-ui-event.ts';

/** The ids that a run's calls go by in a thread, where each is told once: one that a model repeats gets another. */
export interface CallIds {
  /** The id of a call that is made. */
  take(id: string): string;
  /** The id of a call that was made last by that id, in this run or before. */
  of(id: string): string;
  /** Forgets the calls of this run: they are told anew. */
  reset(): void;
}

/** `before` is the conversation as the client has it without this run. */
export function createCallIds(before: readonly AgUiMessage[]): CallIds {
  const known = before
    .flatMap((message) => ('toolCalls' in message ? (message.toolCalls ?? []) : []))
    .map(({ id }) => id);
  const taken = new Set(known);
  const called = new Map<string, string>();
  return {
    take(id) {
      let own = id;
      for (let copy = 2; taken.has(own); copy += 1) own = `${id}~${copy}`;
      taken.add(own);
      called.set(id, own);
      return own;
    },
    of: (id) => called.get(id) ?? id,
    reset() {
      taken.clear();
      called.clear();
      for (const id of known) taken.add(id);
    },
  };
}
