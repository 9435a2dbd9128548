/**
 * A request that its vendor found longer than the model's context window.
 *
 * Owns: what of the history is shown no more, so that the run can go on, and what its owner is told if it cannot.
 * Leaves to `turn-loop.ts`: asking again. To `Conversation.edit`: making it durable.
 *
 * O1. Nothing is lost: what is cut from what the model is shown stays stored (see `HistoryEdit`).
 * O2. Only what the last round has added is cut, so the history before it keeps its bytes, and its cache.
 * O3. A result that was cut once is not cut again.
 */

import type { AssistantTurn, Message, Model, ProviderError, ToolResultBlock } from '@reprise/providers';
import { AgentError } from '../errors.ts';
import { editMessages, type HistoryEdit } from '../history-edit.ts';
import type { AgentState } from '../state.ts';

/**
 * What becomes of a run whose request does not fit. `truncate-last-results`: the long results of the tools that ran last are cut, and the
 * model is asked once more, to answer in words. `throw`: the run ends with `agent/context-overflow`. A function gives the edit to make, or
 * `undefined` to end the run; the request is then repeated as it was.
 */
export type OverflowPolicy = 'truncate-last-results' | 'throw' | RelieveOverflow;

export type RelieveOverflow = (
  error: ProviderError,
  context: OverflowContext,
) => HistoryEdit | undefined | Promise<HistoryEdit | undefined>;

export interface OverflowContext {
  /** What the model is shown. An edit counts them from 0. */
  readonly messages: readonly Message[];
  /** Aborted with the run, which does not wait any longer then. */
  readonly signal: AbortSignal;
}

/** As much of a `Conversation` as is needed here. */
export interface EditableConversation {
  readonly state: Pick<AgentState, 'messages'>;
  readonly signal: AbortSignal;
  edit(edit: HistoryEdit): Promise<void>;
}

/** What was done about it. */
export type Relief =
  /** Nothing can be done, or nothing is to be. */
  | 'none'
  /** The request may be repeated. */
  | 'edited'
  /** It may be repeated to come to an end: there is no room for more results. */
  | 'edited-to-close'
  /** The run was aborted meanwhile, which the next request would say. */
  | 'aborted';

/** Makes room. Rejects with `agent/invalid-edit` for an edit that would leave a history no vendor takes, and with what the function throws. */
export async function makeRoom(
  error: ProviderError,
  conversation: EditableConversation,
  policy: OverflowPolicy,
): Promise<Relief> {
  const { messages } = conversation.state;
  if (policy === 'throw') return 'none';
  if (policy === 'truncate-last-results') {
    const edit = cutLastResults(messages);
    if (edit) await conversation.edit(edit);
    return edit ? 'edited-to-close' : 'none';
  }
  const edit = await unlessAborted(conversation.signal, async (signal) => policy(error, { messages, signal }));
  if (conversation.signal.aborted) return 'aborted';
  if (!edit) return 'none';
  refuseUnlessSendable(editMessages(messages, edit));
  await conversation.edit(edit);
  return 'edited';
}

/** Results of more characters are cut to as many, the explanation included. */
const MAX_CHARACTERS = 1000;

/** The edit that cuts the results of the tools that ran last; `undefined` if no tool did, or none of its results is long. */
function cutLastResults(messages: readonly Message[]): HistoryEdit | undefined {
  // A turn that was lost in a crash is an answer without a word, and nothing was sent of it.
  const from = messages.findLastIndex(({ role, content }) => role !== 'user' && content.length > 0);
  const message = messages[from];
  if (message?.role !== 'tool') return undefined;
  const content = message.content.map(cutResult);
  const isCut = content.some((result, index) => result !== message.content[index]);
  return isCut ? { reason: 'overflow', from, count: 1, messages: [{ ...message, content }] } : undefined;
}

function cutResult(result: ToolResultBlock): ToolResultBlock {
  const text = result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
  const media = result.content.filter(({ type }) => type !== 'text').length;
  if (text.length <= MAX_CHARACTERS && media === 0) return result;
  const pictures = media === 0 ? '' : ` and ${media} ${media === 1 ? 'picture' : 'pictures'}`;
  const note = `[Cut: this is the beginning of a result of ${text.length} characters${pictures}, which did not fit the context window. The whole is stored, and is not shown any more.]`;
  const head = text.slice(0, MAX_CHARACTERS - note.length - 1).toWellFormed();
  return { ...result, content: [{ type: 'text', text: head === '' ? note : `${head}\n${note}` }] };
}

/** The error of a call that was refused for its length; one that was billed nonetheless is not repeated. */
export function overflowOf({ error }: Pick<AssistantTurn, 'error'>, isRecorded: boolean): ProviderError | undefined {
  return error?.code === OVERFLOW_CODE && !isRecorded ? error : undefined;
}

const OVERFLOW_CODE = 'provider/context-window';

/**
 * What a run ends with whose model call failed: an overflow says what to do, any other error is itself. `hasSnapshot` says whether there is a
 * place to go back to.
 */
export function endingError(error: ProviderError, { id }: Pick<Model, 'id'>, hasSnapshot: boolean): Error {
  if (error.code !== OVERFLOW_CODE) return error;
  const remedy = hasSnapshot ? GO_BACK : BEGIN_ANEW;
  return new AgentError(
    'agent/context-overflow',
    `The conversation does not fit the context window of ${id}: ${error.message} ${remedy}`,
    { cause: error },
  );
}

const GO_BACK =
  "Shorten it with compact(), or take it back to a snapshot before its last message with rewind({ to, what: 'conversation' }) or fork({ at }), and send less.";

const BEGIN_ANEW = 'There is no snapshot to take it back to: start a new session, and send less.';

/** Throws `agent/invalid-edit` unless every tool call has its result, and every result its call. */
function refuseUnlessSendable(messages: readonly Message[]): void {
  const misplaced = messages.findIndex(
    (message, index) => !isInPlace(message, messages[index - 1], messages[index + 1]),
  );
  if (messages[0]?.role === 'user' && misplaced === -1) return;
  const what =
    misplaced === -1
      ? 'begin with another message than a user’s'
      : `split a call from its result at message ${misplaced}`;
  throw new AgentError('agent/invalid-edit', `The edit of onOverflow was not made: the history would ${what}.`);
}

function isInPlace(message: Message, before: Message | undefined, after: Message | undefined): boolean {
  const isAnswered = sameIds(callIds(message), after?.role === 'tool' ? resultIds(after) : []);
  return isAnswered && (message.role !== 'tool' || sameIds(callIds(before), resultIds(message)));
}

function callIds(message: Message | undefined): readonly string[] {
  if (message?.role !== 'assistant') return [];
  return message.content.flatMap((block) => (block.type === 'tool-call' ? [block.id] : []));
}

function resultIds({ content }: Message): readonly string[] {
  return content.flatMap((block) => (block.type === 'tool-result' ? [block.toolCallId] : []));
}

function sameIds(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, index) => id === other[index]);
}

/** The result of the work, or `undefined` once the signal is aborted. */
async function unlessAborted<Result>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result | undefined>,
): Promise<Result | undefined> {
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(signal), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
