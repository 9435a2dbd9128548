/**
 * A request of ours as the body of a Chat Completions call.
 *
 * Owns: the body's JSON, to the byte.
 * Leaves to `vendors.ts`: what a vendor wants otherwise.
 *
 * W1. The same request gives the same bytes, and a longer history only adds to them.
 * W2. What the format has no place for is refused where the caller put it, and left out where another vendor's model did.
 */

import type { OpenAI } from 'openai';
import { ProviderError } from '../../errors.ts';
import { asObject } from '../../json.ts';
import {
  type AssistantMessage,
  type Message,
  messageText,
  type ToolCallBlock,
  type ToolResultBlock,
  toolCalls,
  type UserBlock,
  type UserMessage,
} from '../../message.ts';
import type { ModelRequest, ToolChoice, ToolDefinition } from '../../request.ts';
import { dataUrl } from '../data-url.ts';
import type { ChatVendor } from '../vendors.ts';

type Chat = OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming;
type ChatMessage = Chat['messages'][number];
type ChatPart = OpenAI.Chat.Completions.ChatCompletionContentPart;

export function encodeRequest(request: ModelRequest, model: string, vendor: ChatVendor): Chat {
  const tools = (request.tools ?? []).map(encodeTool);
  const replaysReasoning = vendor.reasoningReplay?.test(model) ?? false;
  return {
    model,
    messages: [
      ...encodeSystem(request.system ?? ''),
      ...request.messages.flatMap((message) => encodeMessage(message, replaysReasoning)),
    ],
    ...(tools.length > 0 ? { tools } : {}),
    ...(request.toolChoice === undefined || tools.length === 0
      ? {}
      : { tool_choice: encodeToolChoice(request.toolChoice) }),
    ...(request.maxTokens === undefined ? {} : { [vendor.maxTokensField ?? 'max_tokens']: request.maxTokens }),
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(request.stopSequences === undefined ? {} : { stop: [...request.stopSequences] }),
    ...request.vendorOptions,
    stream: true,
    // Without it there is no usage in a stream.
    stream_options: { ...asObject(request.vendorOptions?.['stream_options']), include_usage: true },
  };
}

function encodeSystem(system: string): readonly ChatMessage[] {
  return system === '' ? [] : [{ role: 'system', content: system }];
}

function encodeTool({ name, description, inputSchema }: ToolDefinition): OpenAI.Chat.Completions.ChatCompletionTool {
  return { type: 'function', function: { name, description, parameters: { ...inputSchema } } };
}

function encodeToolChoice(choice: ToolChoice): OpenAI.Chat.Completions.ChatCompletionToolChoiceOption {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.tool } } : choice;
}

function encodeMessage(message: Message, replaysReasoning: boolean): readonly ChatMessage[] {
  switch (message.role) {
    case 'user':
      return [encodeUser(message)];
    case 'assistant':
      return encodeAssistant(message, replaysReasoning);
    case 'tool':
      return message.content.map(encodeToolResult);
  }
}

/** One text goes as a string, which every compatible server takes. */
function encodeUser({ content }: UserMessage): ChatMessage {
  const [first] = content;
  if (content.length === 1 && first?.type === 'text') return { role: 'user', content: first.text };
  return { role: 'user', content: content.map(encodeUserBlock) };
}

function encodeUserBlock(block: UserBlock): ChatPart {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'image':
      return { type: 'image_url', image_url: { url: dataUrl(block) } };
    case 'document':
      return { type: 'file', file: { filename: block.name ?? 'document', file_data: dataUrl(block) } };
  }
}

/** A message without text and calls would be refused, and is left out. */
function encodeAssistant(message: AssistantMessage, replaysReasoning: boolean): readonly ChatMessage[] {
  const text = messageText(message);
  const calls = toolCalls(message).map(encodeToolCall);
  if (text === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(replaysReasoning ? { reasoning_content: thinkingText(message) } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    },
  ];
}

function thinkingText({ content }: AssistantMessage): string {
  return content.map((block) => (block.type === 'thinking' ? block.text : '')).join('');
}

/** The argument text goes back byte for byte; an empty one is not JSON and would be refused. */
function encodeToolCall({
  id,
  name,
  argumentsText,
}: ToolCallBlock): OpenAI.Chat.Completions.ChatCompletionMessageToolCall {
  return { id, type: 'function', function: { name, arguments: argumentsText.trim() === '' ? '{}' : argumentsText } };
}

/** The format has no flag for a failed call, so its text says so. */
function encodeToolResult({ toolCallId, toolName, content, isError }: ToolResultBlock): ChatMessage {
  const texts = content.map((block) => {
    if (block.type === 'text') return block.text;
    throw new ProviderError(
      'provider/unsupported',
      `The result of tool ${toolName} holds an image, and Chat Completions takes only text in tool results.`,
    );
  });
  return { role: 'tool', tool_call_id: toolCallId, content: `${isError ? 'Error: ' : ''}${texts.join('\n')}` };
}
