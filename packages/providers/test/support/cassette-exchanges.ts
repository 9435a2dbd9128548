import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

/** A vendor's answer, and how its SDK asks for it. */
export interface Exchange {
  readonly name: string;
  readonly contentType: string;
  /** The pieces that are written one by one. */
  readonly pieces: readonly string[];
  /** All that the SDK says; of a stream, every event. */
  readonly ask: (origin: string, send: typeof fetch, signal?: AbortSignal) => Promise<unknown>;
}

const anthropic = (origin: string, send: typeof fetch): Anthropic =>
  new Anthropic({ apiKey: 'sk-ant-secret-0123456789', baseURL: origin, fetch: send, maxRetries: 0 });
const openai = (origin: string, send: typeof fetch): OpenAI =>
  new OpenAI({ apiKey: 'sk-secret-0123456789abc', baseURL: `${origin}/v1`, fetch: send, maxRetries: 0 });
const ollama = (origin: string, send: typeof fetch): Ollama =>
  new Ollama({ host: origin, fetch: send, headers: { authorization: 'Bearer ollama-secret-0123456789' } });

const question = { role: 'user' as const, content: 'Weather?' };

/** An Anthropic request of this question, by its SDK. */
export function askAnthropic(origin: string, send: typeof fetch, content = question.content): Promise<unknown> {
  return anthropic(origin, send).messages.create({
    model: 'claude',
    max_tokens: 9,
    messages: [{ role: 'user', content }],
  });
}

const citation = { type: 'char_location', cited_text: 'é', document_index: 0, start_char_index: 0, end_char_index: 1 };
const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'weather' };
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', usage: { input_tokens: 3 } };
const toolCall = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Pa' } };
const annotation = { type: 'url_citation', url: 'https://example.com', title: 'é', start_index: 0, end_index: 1 };
const output = [
  { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'é', annotations: [annotation] }] },
  { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' },
];
const response = { id: 'resp_1', object: 'response', output, usage: { input_tokens: 3, output_tokens: 1 } };
const sunny = { message: { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: {} } }] } };

const plain: readonly Exchange[] = [
  {
    name: 'Anthropic, plain',
    contentType: 'application/json',
    pieces: json({
      ...message,
      content: [
        { type: 'text', text: 'é', citations: [citation] },
        { ...toolUse, input: {} },
      ],
    }),
    ask: (origin, send) => askAnthropic(origin, send),
  },
  {
    name: 'OpenAI Chat, plain',
    contentType: 'application/json',
    pieces: json({ id: 'chatcmpl-1', choices: [{ message: { tool_calls: [toolCall], annotations: [annotation] } }] }),
    ask: (origin, send) => openai(origin, send).chat.completions.create({ model: 'gpt', messages: [question] }),
  },
  {
    name: 'OpenAI Responses, plain',
    contentType: 'application/json',
    pieces: json(response),
    ask: (origin, send) => openai(origin, send).responses.create({ model: 'gpt', input: [question] }),
  },
  {
    name: 'Ollama, plain',
    contentType: 'application/json',
    pieces: json({ ...sunny, done: true, eval_count: 2 }),
    ask: (origin, send) => ollama(origin, send).chat({ model: 'llama', messages: [question], stream: false }),
  },
];

export const streamed: readonly Exchange[] = [
  {
    name: 'Anthropic, streamed',
    contentType: 'text/event-stream',
    pieces: events(
      { type: 'message_start', message: { ...message, content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { ...toolUse, input: {} } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":"Zürich"}' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 4 } },
      { type: 'message_stop' },
    ),
    ask: async (origin, send, signal) => {
      const body = { model: 'claude', max_tokens: 9, messages: [question], stream: true as const };
      return Array.fromAsync(await anthropic(origin, send).messages.create(body, { signal: signal ?? null }));
    },
  },
  {
    name: 'OpenAI Chat, streamed',
    contentType: 'text/event-stream',
    pieces: [
      ...events(
        {
          id: 'chatcmpl-1',
          choices: [{ delta: { tool_calls: [{ index: 0, ...toolCall }], annotations: [annotation] } }],
        },
        { id: 'chatcmpl-1', choices: [{ delta: {}, finish_reason: 'tool_calls' }] },
      ),
      'data: [DONE]\n\n',
    ],
    ask: async (origin, send, signal) => {
      const body = { model: 'gpt', messages: [question], stream: true as const };
      return Array.fromAsync(await openai(origin, send).chat.completions.create(body, { signal: signal ?? null }));
    },
  },
  {
    name: 'OpenAI Responses, streamed',
    contentType: 'text/event-stream',
    pieces: events(
      { type: 'response.created', response: { ...response, output: [] } },
      { type: 'response.output_text.delta', delta: 'é' },
      { type: 'response.output_text.annotation.added', annotation },
      { type: 'response.function_call_arguments.delta', delta: '{}' },
      { type: 'response.completed', response },
    ),
    ask: async (origin, send, signal) => {
      const body = { model: 'gpt', input: [question], stream: true as const };
      return Array.fromAsync(await openai(origin, send).responses.create(body, { signal: signal ?? null }));
    },
  },
  {
    name: 'Ollama, streamed',
    contentType: 'application/x-ndjson',
    pieces: [
      ...json({ message: { role: 'assistant', content: 'Sü' } }).map((line) => `${line}\n`),
      ...json({ ...sunny, done: true, eval_count: 2 }).map((line) => `${line}\n`),
    ],
    ask: async (origin, send, signal) => {
      const client = ollama(origin, send);
      const said: unknown[] = [];
      for await (const part of await client.chat({ model: 'llama', messages: [question], stream: true })) {
        said.push(part);
        // This SDK takes no signal: it ends what it has under way.
        if (signal?.aborted) client.abort();
      }
      return said;
    },
  },
];

/** Three families, one of them in two formats: plain and streamed, each with a tool call, and a citation where there are some. */
export const exchanges: readonly Exchange[] = [...plain, ...streamed];

function json(value: unknown): readonly string[] {
  return [JSON.stringify(value)];
}

function events(
  ...values: readonly { readonly type?: string; readonly [field: string]: unknown }[]
): readonly string[] {
  return values.map((value) => `${value.type ? `event: ${value.type}\n` : ''}data: ${JSON.stringify(value)}\n\n`);
}
