import {
  type AssistantMessage,
  asArray,
  asObject,
  chatPrefixBlocks,
  type Message,
  openaiCacheParameters,
  parseExactJson,
  type ToolCallBlock,
  type UserBlock,
} from '@reprise/providers';
import { addToolResult, chatTools } from '../chat-conversation.ts';
import {
  type Answer,
  type AnswerCounts,
  blockText,
  type Conversation,
  type Dialect,
  promptTokens,
  textOf,
} from '../dialect.ts';
import { type AnswerBlock, type ScriptedStopReason, streamPieces } from '../script/script.ts';
import { refuseChatBody } from './chat-validate.ts';
import { openaiErrorBody, refuseWithoutKey } from './errors.ts';
import { cacheWrites, openaiMarks } from './marks.ts';

type Wire = Readonly<Record<string, unknown>>;

/** OpenAI's Chat Completions API. Cache reads are reported, and from GPT-5.6 on writes too. */
export const openaiChat: Dialect = {
  family: 'openai-chat',
  path: '/v1/chat/completions',
  streamType: 'text/event-stream',
  refuseCaller: refuseWithoutKey,
  refuseBody: refuseChatBody,
  errorBody: openaiErrorBody,
  prefixBlocks: chatPrefixBlocks,
  parameters: openaiCacheParameters,
  marks: (body) => openaiMarks('openai-chat', body, chatPrefixBlocks(body)),
  conversation,
  usage,
  body: (answer) => ({
    ...envelope(answer, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', refusal: null, ...assistantFields(answer.blocks) },
        logprobs: null,
        finish_reason: FINISH_REASONS[answer.stopReason],
      },
    ],
    usage: usage(answer.counts),
  }),
  events: chunkEvents,
};

const FINISH_REASONS: Readonly<Record<ScriptedStopReason, string>> = {
  'end-turn': 'stop',
  'tool-use': 'tool_calls',
  'max-tokens': 'length',
  'stop-sequence': 'stop',
  pause: 'stop',
  refusal: 'content_filter',
  'content-filter': 'content_filter',
  'context-window': 'length',
};

/** Gross: the cached tokens are among the prompt tokens. */
function usage({ prompt, output, thinking }: AnswerCounts): unknown {
  const total = promptTokens(prompt);
  return {
    prompt_tokens: total,
    completion_tokens: output,
    total_tokens: total + output,
    prompt_tokens_details: { cached_tokens: prompt.read, ...cacheWrites(prompt), audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: thinking, audio_tokens: 0 },
  };
}

function envelope(answer: Answer, object: string): object {
  return { id: `chatcmpl-${answer.id}`, object, created: Math.floor(answer.at / 1000), model: answer.model };
}

/** `reasoning_content` is not OpenAI's own: it is what the compatible vendors that show their thinking call it. */
function assistantFields(blocks: readonly AnswerBlock[]): object {
  const text = blockText(blocks, 'text');
  const thinking = blockText(blocks, 'thinking');
  const calls = blocks.filter((block) => block.type === 'tool-call');
  return {
    content: text === '' && calls.length > 0 ? null : text,
    ...(thinking === '' ? {} : { reasoning_content: thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => wireCall(call, call.argumentsText)) }),
  };
}

function wireCall(call: { readonly id: string; readonly name: string }, argumentsText: string): object {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: argumentsText } };
}

function* chunkEvents(answer: Answer): Iterable<string> {
  const wantsUsage = asObject(asObject(answer.request)?.['stream_options'])?.['include_usage'] === true;
  const chunk = (choices: readonly object[], counts: unknown = null) =>
    frame({ ...envelope(answer, 'chat.completion.chunk'), choices, ...(wantsUsage ? { usage: counts } : {}) });
  const choice = (delta: object, finishReason: string | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finishReason }]);

  yield choice({ role: 'assistant', content: '', refusal: null });
  for (const delta of answerDeltas(answer.blocks)) yield choice(delta);
  yield choice({}, FINISH_REASONS[answer.stopReason]);
  if (wantsUsage) yield chunk([], usage(answer.counts));
  yield 'data: [DONE]\n\n';
}

function* answerDeltas(blocks: readonly AnswerBlock[]): Iterable<object> {
  let callIndex = 0;
  for (const block of blocks) {
    if (block.type === 'tool-call') {
      const index = callIndex;
      callIndex += 1;
      yield { tool_calls: [{ index, ...wireCall(block, '') }] };
      for (const piece of streamPieces(block.argumentsText)) {
        yield { tool_calls: [{ index, function: { arguments: piece } }] };
      }
      continue;
    }
    const field = block.type === 'thinking' ? 'reasoning_content' : 'content';
    for (const piece of streamPieces(block.text)) yield { [field]: piece };
  }
}

function frame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function conversation(value: unknown): Conversation {
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
