import {
  type AssistantBlock,
  asArray,
  asObject,
  chatPrefixBlocks,
  type Message,
  NO_PARAMETERS,
  type UserBlock,
} from '@reprise/providers';
import { addToolResult, chatTools } from './chat-conversation.ts';
import {
  type Answer,
  type AnswerUsage,
  badRequest,
  blockText,
  type Conversation,
  type Dialect,
  jsonValue,
  promptTokens,
  type Refusal,
  textOf,
} from './dialect.ts';
import { type AnswerBlock, streamPieces } from './script/answer-blocks.ts';
import type { ScriptedStopReason } from './script/script.ts';

type Wire = Readonly<Record<string, unknown>>;

/** Ollama's own chat API, as servers that report cache reads answer. It asks nobody for a key, and streams unless told not to. */
export const ollamaChat: Dialect = {
  family: 'ollama',
  path: '/api/chat',
  streamType: 'application/x-ndjson',
  refuseCaller: () => undefined,
  refuseBody,
  errorBody: ({ message }) => ({ error: message }),
  prefixBlocks: chatPrefixBlocks,
  parameters: () => NO_PARAMETERS,
  marks: () => [],
  idPrefix: '',
  conversation,
  usage,
  body: (answer) => finalRecord(answer, assistantMessage(answer.blocks)),
  events: recordEvents,
};

const DONE_REASONS: Readonly<Record<ScriptedStopReason, string>> = {
  'end-turn': 'stop',
  'tool-use': 'stop',
  'max-tokens': 'length',
  'stop-sequence': 'stop',
  pause: 'stop',
  refusal: 'stop',
  'content-filter': 'stop',
  'context-window': 'length',
};

/** Invented, so that durations are there and the same every time. */
const NANOSECONDS_A_TOKEN = 1_000_000;

/** Gross: the reused tokens are among the evaluated ones. */
function usage({ counts: { prompt, output } }: AnswerUsage): object {
  return {
    prompt_eval_count: promptTokens(prompt),
    prompt_eval_cached_count: prompt.read,
    eval_count: output,
  };
}

function assistantMessage(blocks: readonly AnswerBlock[]): object {
  const thinking = blockText(blocks, 'thinking');
  const calls = blocks.filter((block) => block.type === 'tool-call');
  return {
    role: 'assistant',
    content: blockText(blocks, 'text'),
    ...(thinking === '' ? {} : { thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(wireCall) }),
  };
}

/** Calls have no id on this wire, and their arguments are an object. */
function wireCall(call: Extract<AnswerBlock, { type: 'tool-call' }>): object {
  return { function: { name: call.name, arguments: call.arguments } };
}

function* recordEvents(answer: Answer): Iterable<string> {
  for (const block of answer.blocks) {
    if (block.type === 'tool-call') {
      yield line(answer, { role: 'assistant', content: '', tool_calls: [wireCall(block)] });
      continue;
    }
    // It searches nothing, and hides no thoughts.
    if (block.type === 'search' || block.type === 'redacted-thinking') continue;
    for (const piece of streamPieces(block.text, answer.chunkCharacters)) {
      yield line(
        answer,
        block.type === 'thinking'
          ? { role: 'assistant', content: '', thinking: piece }
          : { role: 'assistant', content: piece },
      );
    }
  }
  yield `${JSON.stringify(finalRecord(answer, { role: 'assistant', content: '' }))}\n`;
}

function line(answer: Answer, message: object): string {
  return `${JSON.stringify({ ...envelope(answer), message, done: false })}\n`;
}

function finalRecord(answer: Answer, message: object): object {
  const { prompt, output } = answer.counts;
  const promptDuration = prompt.fresh * NANOSECONDS_A_TOKEN;
  const answerDuration = output * NANOSECONDS_A_TOKEN;
  return {
    ...envelope(answer),
    message,
    done: true,
    done_reason: DONE_REASONS[answer.stopReason],
    total_duration: promptDuration + answerDuration,
    load_duration: 0,
    prompt_eval_duration: promptDuration,
    eval_duration: answerDuration,
    ...usage(answer),
  };
}

function envelope(answer: Answer): object {
  return { model: answer.model, created_at: new Date(answer.at).toISOString() };
}

/** The server reads the body into Go structs, and refuses what does not fit them. */
function refuseBody(value: unknown): Refusal | undefined {
  const body = asObject(value);
  if (!body) return badRequest('json: cannot unmarshal the body into Go value of type api.ChatRequest');
  if (typeof body['model'] !== 'string' || body['model'] === '') return badRequest('model is required');
  if (!Array.isArray(body['messages'])) return badRequest('messages must be an array');
  const option = refuseOptions(body);
  if (option) return option;
  for (const [index, message] of body['messages'].entries()) {
    const { role, content, thinking, images, tool_calls: calls } = asObject(message) ?? {};
    if (typeof role !== 'string' || !['system', 'user', 'assistant', 'tool'].includes(role)) {
      return badRequest(`invalid role in messages[${index}]: must be one of [system, user, assistant, tool]`);
    }
    for (const [name, text] of Object.entries({ content, thinking })) {
      if (text !== undefined && text !== null && typeof text !== 'string') {
        return badRequest(`json: cannot unmarshal messages[${index}].${name} into Go struct field of type string`);
      }
    }
    if (asArray(images).some((image) => typeof image !== 'string')) {
      return badRequest(
        `json: cannot unmarshal messages[${index}].images into Go struct field of type []api.ImageData`,
      );
    }
    for (const call of asArray(calls)) {
      const { name, arguments: callArguments } = asObject(asObject(call)?.['function']) ?? {};
      if (typeof name !== 'string' || !asObject(callArguments)) {
        return badRequest(
          `json: cannot unmarshal messages[${index}].tool_calls into Go struct field of type api.ToolCallFunction`,
        );
      }
    }
  }
  return undefined;
}

const THINK_LEVELS: readonly unknown[] = [true, false, 'low', 'medium', 'high', 'max'];

function refuseOptions({ think, format }: Wire): Refusal | undefined {
  if (think !== undefined && think !== null && !THINK_LEVELS.includes(think)) {
    return badRequest(
      `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", "max", true, or false)`,
    );
  }
  const isFormat = format === undefined || format === null || format === '' || format === 'json' || asObject(format);
  return isFormat
    ? undefined
    : badRequest(`invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`);
}

function conversation(value: unknown): Conversation {
  const body = asObject(value) ?? {};
  const wireMessages = asArray(body['messages']).map((message) => asObject(message) ?? {});
  const system = wireMessages
    .filter(({ role }) => role === 'system')
    .map(({ content }) => textOf(content))
    .join('\n');
  return {
    model: textOf(body['model']),
    system: system === '' ? undefined : system,
    messages: readMessages(wireMessages.filter(({ role }) => role !== 'system')),
    tools: chatTools(body['tools']),
    isStreaming: body['stream'] !== false,
  };
}

/** Calls and results have no ids here; the script gets the ordinal of the call, and results answer calls in their order. */
function readMessages(wireMessages: readonly Wire[]): readonly Message[] {
  const messages: Message[] = [];
  let called = 0;
  let answered = 0;
  for (const message of wireMessages) {
    const text = textOf(message['content']);
    if (message['role'] === 'tool') {
      const toolName = textOf(message['tool_name']);
      addToolResult(messages, { toolCallId: `call_${answered}`, toolName, content: [{ type: 'text', text }] });
      answered += 1;
    } else if (message['role'] === 'assistant') {
      const content = readAssistant(message, called);
      called += content.filter((block) => block.type === 'tool-call').length;
      messages.push({ role: 'assistant', content });
    } else {
      messages.push({ role: 'user', content: readUser(message, text) });
    }
  }
  return messages;
}

function readAssistant(message: Wire, firstCall: number): readonly AssistantBlock[] {
  const thinking = textOf(message['thinking']);
  const text = textOf(message['content']);
  const calls = asArray(message['tool_calls']).map((call, index): AssistantBlock => {
    const { name, arguments: callArguments } = asObject(asObject(call)?.['function']) ?? {};
    return {
      type: 'tool-call',
      id: `call_${firstCall + index}`,
      name: textOf(name),
      arguments: jsonValue(callArguments),
      argumentsText: JSON.stringify(callArguments) ?? '',
    };
  });
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking' as const, text: thinking }]),
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...calls,
  ];
}

function readUser(message: Wire, text: string): readonly UserBlock[] {
  return [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...asArray(message['images']).map((data) => ({ type: 'image' as const, mediaType: '', data: textOf(data) })),
  ];
}
