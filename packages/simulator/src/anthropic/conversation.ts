import {
  type AssistantBlock,
  asArray,
  asObject,
  type JsonObject,
  type Message,
  type TextBlock,
  type ToolResultBlock,
  type UserBlock,
} from '@reprise/providers';
import { type Conversation, jsonValue, textOf } from '../dialect.ts';

type Wire = Readonly<Record<string, unknown>>;

/** A Messages request body that was accepted, in the vocabulary's words. */
export function anthropicConversation(value: unknown): Conversation {
  const body = asObject(value) ?? {};
  const toolNames = new Map<string, string>();
  const system = contentBlocks(body['system'])
    .map(({ text }) => textOf(text))
    .join('\n');
  return {
    model: textOf(body['model']),
    system: system === '' ? undefined : system,
    messages: asArray(body['messages']).flatMap((message) => messagesOf(asObject(message) ?? {}, toolNames)),
    tools: asArray(body['tools']).map((tool) => {
      const { name, description, input_schema: schema } = asObject(tool) ?? {};
      return { name: textOf(name), description: textOf(description), inputSchema: jsonObject(schema) };
    }),
    isStreaming: body['stream'] === true,
    isPrewarm: body['max_tokens'] === 0,
  };
}

/** A user message on this wire may hold tool results first and a user's own words after them: two messages of ours. */
function messagesOf(message: Wire, toolNames: Map<string, string>): readonly Message[] {
  const blocks = contentBlocks(message['content']);
  if (message['role'] === 'assistant') {
    for (const { type, id, name } of blocks) if (type === 'tool_use') toolNames.set(textOf(id), textOf(name));
    return [{ role: 'assistant', content: blocks.map(assistantBlock) }];
  }
  const results = blocks.filter((block) => block['type'] === 'tool_result');
  const others = blocks.filter((block) => block['type'] !== 'tool_result');
  return [
    ...(results.length === 0
      ? []
      : [{ role: 'tool' as const, content: results.map((block) => resultBlock(block, toolNames)) }]),
    ...(others.length === 0 ? [] : [{ role: 'user' as const, content: others.map(userBlock) }]),
  ];
}

function assistantBlock(block: Wire): AssistantBlock {
  switch (block['type']) {
    case 'text':
      return textBlock(block);
    case 'thinking':
      return { type: 'thinking', text: textOf(block['thinking']), signature: textOf(block['signature']) };
    case 'redacted_thinking':
      return { type: 'redacted-thinking', data: textOf(block['data']) };
    case 'tool_use':
      return {
        type: 'tool-call',
        id: textOf(block['id']),
        name: textOf(block['name']),
        arguments: jsonValue(block['input']),
        argumentsText: JSON.stringify(block['input']) ?? '',
      };
    default:
      return { type: 'opaque', family: 'anthropic', data: jsonObject(block) };
  }
}

function resultBlock(block: Wire, toolNames: ReadonlyMap<string, string>): ToolResultBlock {
  const toolCallId = textOf(block['tool_use_id']);
  return {
    type: 'tool-result',
    toolCallId,
    toolName: toolNames.get(toolCallId) ?? '',
    content: contentBlocks(block['content']).map((part) =>
      part['type'] === 'image' ? { type: 'image', ...mediaFields(part) } : textBlock(part),
    ),
    isError: block['is_error'] === true,
  };
}

function userBlock(block: Wire): UserBlock {
  switch (block['type']) {
    case 'image':
      return { type: 'image', ...mediaFields(block) };
    case 'document':
      return { type: 'document', ...mediaFields(block) };
    default:
      return textBlock(block);
  }
}

function textBlock(block: Wire): TextBlock {
  return { type: 'text', text: textOf(block['text']) };
}

/** Media given by address or file id keep that in place of their bytes. */
function mediaFields(block: Wire): { readonly mediaType: string; readonly data: string } {
  const { media_type: mediaType, data, url, file_id: fileId } = asObject(block['source']) ?? {};
  return { mediaType: textOf(mediaType), data: textOf(data ?? url ?? fileId) };
}

function contentBlocks(content: unknown): readonly Wire[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return asArray(content).map((block) => asObject(block) ?? {});
}

function jsonObject(parsed: unknown): JsonObject {
  return (asObject(parsed) ?? {}) as JsonObject;
}
