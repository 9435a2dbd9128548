import {
  freezeMessage,
  type Message,
  type MessageContent,
  msg,
  type ToolMessage,
  type ToolResultBlock,
  toolCalls,
  type UserBlock,
  type UserMessage,
} from '@reprise/providers';
import { contentFault } from '../content-blocks.ts';
import { AgentError } from '../errors.ts';
import { asUserMessage } from '../run-input.ts';
import { type AgentState, unansweredCalls } from '../state.ts';

/**
 * What a chat is asked: a text, a block or a list of both as one message, a message that exists, or the result of the calls it ends with.
 * Nothing goes on from where it stopped.
 */
export type ChatMessage = MessageContent<UserBlock> | UserMessage | ToolMessage | ToolResultBlock | undefined;

/** A message as the conversation gets it; `undefined` for none. Throws `agent/empty-message`, `agent/invalid-option`, or what `msg` throws. */
export function readChatMessage(given: ChatMessage): UserMessage | ToolMessage | undefined {
  // Callers without types may give what is neither; the words for it are there.
  if (typeof given !== 'object' || given === null) return asUserMessage(given);
  if ('type' in given && given.type === 'tool-result') return checkedResults({ role: 'tool', content: [given] });
  const message = 'role' in given ? given : msg(given);
  if (message.role === 'tool') return checkedResults(message);
  if (message.role === 'user') return asUserMessage(message);
  // Callers without types may pass one.
  throw new AgentError(
    'agent/invalid-option',
    `The message is one of role ${(message satisfies never as Message).role}; a chat is asked by a user or by a tool.`,
  );
}

/** As they are now. Throws `agent/invalid-option` for what no tool could have shown a model. */
function checkedResults(message: ToolMessage): ToolMessage {
  for (const { toolCallId, content } of message.content) {
    const fault = contentFault(content, ['text', 'image']);
    if (fault !== undefined) throw new AgentError('agent/invalid-option', `The result of call ${toolCallId} ${fault}.`);
  }
  return freezeMessage(message);
}

/** Throws `agent/unmatched-results` unless there is one result for each call at the end of the conversation, and no other. */
export function checkResults(state: AgentState, { content }: ToolMessage): void {
  const open = unansweredCalls(state).map(({ id }) => id);
  const given = content.map(({ toolCallId }) => toolCallId);
  if (open.length > 0 && open.toSorted().join('\n') === given.toSorted().join('\n')) return;
  const last = state.messages.at(-1);
  const calls = last === undefined || toolCalls(last).length === 0 ? 'no open call' : `open calls ${open.join(', ')}`;
  throw new AgentError(
    'agent/unmatched-results',
    `The results are of calls ${given.join(', ') || '(none)'}, and the chat ends with ${calls}; give one result for each.`,
  );
}
