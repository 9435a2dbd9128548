import {
  asArray,
  asObject,
  type JsonObject,
  type Message,
  type ToolDefinition,
  type ToolResultBlock,
} from '@reprise/providers';
import { textOf } from './dialect.ts';

/** What OpenAI Chat and Ollama have in common: tools as functions, the system prompt and each result as a message of its own. */

/** The tools of a chat-shaped body. */
export function chatTools(tools: unknown): readonly ToolDefinition[] {
  return asArray(tools).map((tool) => {
    const { name, description, parameters } = asObject(asObject(tool)?.['function']) ?? {};
    return {
      name: textOf(name),
      description: textOf(description),
      inputSchema: (asObject(parameters) ?? {}) as JsonObject,
    };
  });
}

/** Adds a result to the tool message that ends the conversation, or begins one: neighbours are one message of ours. */
export function addToolResult(messages: Message[], result: Omit<ToolResultBlock, 'type' | 'isError'>): void {
  const last = messages.at(-1);
  const earlier = last?.role === 'tool' ? last.content : [];
  if (last?.role === 'tool') messages.pop();
  messages.push({ role: 'tool', content: [...earlier, { type: 'tool-result', isError: false, ...result }] });
}
