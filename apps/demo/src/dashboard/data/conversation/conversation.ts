import type { ApprovalBody, MessageItemBody, RunBody, RunView, SessionBody } from '@reprise/service/client';

/** What is known of a session's conversation. */
export interface Conversation {
  /** The session as it was last seen; absent until then. */
  readonly session: SessionBody | undefined;
  /** What is committed and was asked for, oldest first: up to where the run that is going begins. */
  readonly messages: readonly MessageItemBody[];
  /** What to ask for what goes before; `null` at the beginning. */
  readonly previous: string | null;
  /** The tool calls that wait for a decision, or were decided and not carried out yet. */
  readonly approvals: readonly ApprovalBody[];
  /** The run that is going, as far as its events have come. */
  readonly live: RunView | undefined;
  /** The run that waits or goes. */
  readonly run: RunBody | undefined;
  /** The run that ended last, unless another goes on. */
  readonly lastRun: RunBody | undefined;
  readonly error: Error | undefined;
}

/** What is known at first. */
export const NOTHING: Conversation = {
  session: undefined,
  messages: [],
  previous: null,
  approvals: [],
  live: undefined,
  run: undefined,
  lastRun: undefined,
  error: undefined,
};

type Messages = Pick<Conversation, 'messages' | 'previous'>;

/**
 * The messages with the last page as it is now. What was asked for before stays in front of it, unless the conversation has become another
 * one, as by a rewind or a compaction, or has grown by more than a page.
 */
export function withLastPage(
  known: Messages,
  page: { readonly items: Messages['messages']; readonly previous: string | null },
): Messages {
  const first = page.items[0];
  const place = first ? known.messages.findIndex(({ index }) => index === first.index) : -1;
  const isSame = place > 0 && JSON.stringify(known.messages[place]?.message) === JSON.stringify(first?.message);
  if (!isSame) return { messages: page.items, previous: page.previous };
  return { messages: [...known.messages.slice(0, place), ...page.items], previous: known.previous };
}
