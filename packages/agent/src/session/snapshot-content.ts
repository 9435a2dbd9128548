import { makeSnapshot, type SessionId, type SnapshotContent } from '@reprise/checkpoint';
import { type Message, messageText } from '@reprise/providers';
import type { AgentState } from '../state.ts';

/** What a snapshot of a session tells of the place that it names. */
export function snapshotContent(sessionId: SessionId, state: AgentState): SnapshotContent {
  const { sessionId: _named, ...content } = makeSnapshot({ sessionId, state, prompt: lastPrompt(state.messages) });
  return content;
}

/** The text of the last user message: what the turn, tool rounds included, is an answer to. */
function lastPrompt(messages: readonly Message[]): string {
  const prompt = messages.findLast(({ role }) => role === 'user');
  return prompt ? messageText(prompt) : '';
}
