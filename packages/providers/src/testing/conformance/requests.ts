import { toolCallBlock } from '../../assemble-message.ts';
import type { AssistantMessage, Message, ToolMessage } from '../../message.ts';
import { toolCalls, userMessage } from '../../message.ts';
import type { ModelRequest, ToolDefinition } from '../../request.ts';

const READ_FILE: ToolDefinition = {
  name: 'read_file',
  description: 'Reads a file.',
  inputSchema: {
    type: 'object',
    properties: { path: { type: 'string' }, lines: { type: 'integer' } },
    required: ['path'],
    additionalProperties: false,
  },
};

const LIST_FILES: ToolDefinition = {
  name: 'list_files',
  description: 'Lists the files here.',
  inputSchema: { type: 'object', properties: {}, additionalProperties: false },
};

/** Long enough that a vendor with a minimum would cache it. */
const SYSTEM_PROMPT = Array.from({ length: 300 }, (_, line) => `Rule ${line}: be kind, and be exact.`).join('\n');

/** A request as an agent would make it: system prompt, tools, one question. Nobody may change it. */
export function agentRequest(...more: readonly Message[]): ModelRequest {
  return deepFrozen({
    system: SYSTEM_PROMPT,
    tools: [READ_FILE, LIST_FILES],
    messages: [userMessage('What do my notes say? ÄÖÜ 🎉 "quoted"\n\\ end'), ...more],
    maxTokens: 1000,
  });
}

/** A conversation of two questions, in which the first took two tools. */
export function longConversation(): readonly Message[] {
  const asked: AssistantMessage = {
    role: 'assistant',
    content: [
      { type: 'text', text: 'I will look.' },
      toolCallBlock('call_a1', 'list_files', '{}'),
      toolCallBlock('call_a2', 'read_file', '{"path":"notes.md","lines":12345678901234567890}'),
    ],
  };
  return [
    userMessage('What do my notes say?'),
    asked,
    toolResults(asked),
    { role: 'assistant', content: [{ type: 'text', text: 'They say nothing.' }] },
    userMessage('Look again.'),
  ];
}

/** A result for each call of the message. */
export function toolResults(message: AssistantMessage): ToolMessage {
  return {
    role: 'tool',
    content: toolCalls(message).map(({ id, name }) => ({
      type: 'tool-result',
      toolCallId: id,
      toolName: name,
      content: [{ type: 'text', text: `Result of ${name}` }],
      isError: false,
    })),
  };
}

function deepFrozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const field of Object.values(value)) deepFrozen(field);
  return Object.freeze(value);
}
