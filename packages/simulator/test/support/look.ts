import {
  type AssistantMessage,
  type AssistantTurn,
  type Message,
  type StreamEvent,
  type ToolDefinition,
  toolCalls,
} from '@reprise/providers';

export const LOOK: ToolDefinition = {
  name: 'look',
  description: 'Looks.',
  inputSchema: { type: 'object', properties: {} },
};

/** What each call of a message saw; `otherwise` where it has none. */
export function seenBy(message: AssistantMessage, otherwise: Message): Message {
  const results = toolCalls(message).map(({ id, name }) => ({
    type: 'tool-result' as const,
    toolCallId: id,
    toolName: name,
    content: [{ type: 'text' as const, text: 'a bird' }],
    isError: false,
  }));
  return results.length === 0 ? otherwise : { role: 'tool', content: results };
}

/** The turn that ends a stream, which has to have gone well. */
export function turnOf(events: readonly StreamEvent[]): AssistantTurn {
  const last = events.at(-1);
  if (last?.type !== 'assistant-turn') throw new Error('The stream ended without its turn.');
  if (last.turn.error) throw last.turn.error;
  return last.turn;
}
