import {
  type AssistantBlock,
  asArray,
  asObject,
  type JsonObject,
  type Message,
  parseExactJson,
  type UserBlock,
} from '@reprise/providers';
import { addToolResult } from '../../chat-conversation.ts';
import { type Conversation, textOf } from '../../dialect.ts';

type Wire = Readonly<Record<string, unknown>>;

/** A Responses request body that was accepted, in the vocabulary's words. */
export function responsesConversation(value: unknown): Conversation {
  const body = asObject(value) ?? {};
  const items = inputItems(body['input']);
  const system = [textOf(body['instructions']), ...items.filter(isSystem).map(({ content }) => partsText(content))]
    .filter((text) => text !== '')
    .join('\n');
  return {
    model: textOf(body['model']),
    system: system === '' ? undefined : system,
    messages: readItems(items.filter((item) => !isSystem(item))),
    tools: asArray(body['tools']).map((tool) => {
      const { name, description, parameters } = asObject(tool) ?? {};
      const inputSchema = (asObject(parameters) ?? {}) as JsonObject;
      return { name: textOf(name), description: textOf(description), inputSchema };
    }),
    isStreaming: body['stream'] === true,
  };
}

/** The items of a request's `input`, whichever of its two forms it has. */
export function inputItems(input: unknown): readonly Wire[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return asArray(input).map((item) => asObject(item) ?? {});
}

function isSystem({ role }: Wire): boolean {
  return role === 'system' || role === 'developer';
}

/** Items of the assistant that stand together are one message of ours. */
function readItems(items: readonly Wire[]): readonly Message[] {
  const messages: Message[] = [];
  const toolNames = new Map<string, string>();
  for (const item of items) {
    const { type, role } = item;
    if (type === 'function_call_output' || type === 'custom_tool_call_output') {
      const toolCallId = textOf(item['call_id']);
      const content = [{ type: 'text' as const, text: partsText(item['output']) }];
      addToolResult(messages, { toolCallId, toolName: toolNames.get(toolCallId) ?? '', content });
    } else if (role === 'user') {
      messages.push({ role: 'user', content: userBlocks(item['content']) });
    } else {
      if (type === 'function_call') toolNames.set(textOf(item['call_id']), textOf(item['name']));
      addToAssistant(messages, assistantBlocks(item));
    }
  }
  return messages;
}

function addToAssistant(messages: Message[], blocks: readonly AssistantBlock[]): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant') messages.pop();
  messages.push({ role: 'assistant', content: [...(last?.role === 'assistant' ? last.content : []), ...blocks] });
}

function assistantBlocks(item: Wire): readonly AssistantBlock[] {
  switch (item['type'] ?? 'message') {
    case 'message': {
      const text = partsText(item['content']);
      return text === '' ? [] : [{ type: 'text', text }];
    }
    case 'reasoning': {
      const text = partsText(item['summary']);
      return text === '' ? [] : [{ type: 'thinking', text }];
    }
    case 'function_call': {
      const argumentsText = textOf(item['arguments']);
      const parsed = parseExactJson(argumentsText) ?? null;
      return [
        {
          type: 'tool-call',
          id: textOf(item['call_id']),
          name: textOf(item['name']),
          arguments: parsed,
          argumentsText,
        },
      ];
    }
    default:
      return [{ type: 'opaque', family: 'openai-responses', data: item as JsonObject }];
  }
}

function userBlocks(content: unknown): readonly UserBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return asArray(content).map((part) => {
    const { type, text, image_url: image, file_data: file, filename } = asObject(part) ?? {};
    if (type === 'input_image') return { type: 'image', ...mediaOf(textOf(image)) };
    if (type === 'input_file') return { type: 'document', ...mediaOf(textOf(file)), name: textOf(filename) };
    return { type: 'text', text: textOf(text) };
  });
}

/** Media given by address keep that in place of their bytes. */
function mediaOf(url: string): { readonly mediaType: string; readonly data: string } {
  const [, mediaType = '', data = url] = /^data:([^;,]*);base64,(.*)$/.exec(url) ?? [];
  return { mediaType, data };
}

function partsText(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => textOf(asObject(part)?.['text'] ?? asObject(part)?.['refusal']))
    .join('');
}
