import {
  type AssistantMessage,
  asArray,
  asObject,
  type Message,
  parseExactJson,
  type ToolCallBlock,
  type UserBlock,
} from '@reprise/providers';
import { addToolResult, chatTools } from '../../chat-conversation.ts';
import { type Conversation, textOf } from '../../dialect.ts';

type Wire = Readonly<Record<string, unknown>>;

/** A Chat Completions request body that was accepted, in the vocabulary's words. */
export function chatConversation(value: unknown): Conversation {
  const body = asObject(value) ?? {};
  const wireMessages = asArray(body['messages']).map((message) => asObject(message) ?? {});
  const system = wireMessages
    .filter(isSystem)
    .map(({ content }) => contentText(content))
    .join('\n');
  return {
    model: textOf(body['model']),
    system: system === '' ? undefined : system,
    messages: readMessages(wireMessages.filter((message) => !isSystem(message))),
    tools: chatTools(body['tools']),
    isStreaming: body['stream'] === true,
  };
}

function isSystem({ role }: Wire): boolean {
  return role === 'system' || role === 'developer';
}

function readMessages(wireMessages: readonly Wire[]): readonly Message[] {
  const messages: Message[] = [];
  const toolNames = new Map<string, string>();
  for (const message of wireMessages) {
    if (message['role'] === 'tool') {
      const toolCallId = textOf(message['tool_call_id']);
      const toolName = toolNames.get(toolCallId) ?? '';
      addToolResult(messages, {
        toolCallId,
        toolName,
        content: [{ type: 'text', text: contentText(message['content']) }],
      });
    } else if (message['role'] === 'assistant') {
      const calls = asArray(message['tool_calls']).map(readCall);
      for (const call of calls) toolNames.set(call.id, call.name);
      messages.push(readAssistant(message, calls));
    } else {
      messages.push({ role: 'user', content: readUserContent(message['content']) });
    }
  }
  return messages;
}

function readAssistant(message: Wire, calls: readonly ToolCallBlock[]): AssistantMessage {
  const thinking = textOf(message['reasoning_content']);
  const text = contentText(message['content']);
  return {
    role: 'assistant',
    content: [
      ...(thinking === '' ? [] : [{ type: 'thinking' as const, text: thinking }]),
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...calls,
    ],
  };
}

function readCall(value: unknown): ToolCallBlock {
  const call = asObject(value) ?? {};
  const { name, arguments: argumentsField } = asObject(call['function']) ?? {};
  const argumentsText = textOf(argumentsField);
  return {
    type: 'tool-call',
    id: textOf(call['id']),
    name: textOf(name),
    arguments: parseExactJson(argumentsText) ?? null,
    argumentsText,
  };
}

function readUserContent(content: unknown): readonly UserBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return asArray(content).map((part) => {
    const { type, text, image_url: image } = asObject(part) ?? {};
    if (type !== 'image_url') return { type: 'text', text: textOf(text) };
    const url = textOf(asObject(image)?.['url']);
    const [, mediaType = '', data = url] = /^data:([^;,]*);base64,(.*)$/.exec(url) ?? [];
    return { type: 'image', mediaType, data };
  });
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => textOf(asObject(part)?.['text']))
    .join('');
}
