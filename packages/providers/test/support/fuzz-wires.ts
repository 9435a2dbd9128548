import { createAnthropicDecoder } from '../../src/anthropic/decode/decode-stream.ts';
import { anthropic } from '../../src/anthropic/provider.ts';
import type { Model } from '../../src/model.ts';
import { createOllamaDecoder } from '../../src/ollama/decode-stream.ts';
import { ollama } from '../../src/ollama/provider.ts';
import { createChatDecoder } from '../../src/openai/chat/decode-stream.ts';
import { openai, openaiResponses } from '../../src/openai/provider.ts';
import { createResponsesDecoder } from '../../src/openai/responses/decode-stream.ts';
import type { StreamDecoder } from '../../src/transport/send.ts';
import type { ResponseTexts } from './fuzz-mutate.ts';

/** What a fuzz test needs to know of a family. */
export interface FuzzedFamily {
  /** `prefill`: what the answer was asked to begin with; some vendors repeat it. */
  createDecoder(prefill?: string): StreamDecoder<unknown>;
  /** Through the vendor's own client. */
  createModel(fetch: typeof globalThis.fetch): Model;
  readonly contentType: string;
  encode(event: unknown): string;
  /** Valid responses, event by event. Between them they have every kind of event and of block. */
  readonly responses: readonly [readonly unknown[], ...(readonly unknown[])[]];
}

/** The responses as JSON text. */
export function responseTexts({ responses: [first, ...rest] }: FuzzedFamily): ResponseTexts {
  return [JSON.stringify(first), ...rest.map((response) => JSON.stringify(response))];
}

const MESSAGES: FuzzedFamily['responses'] = [
  [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-opus-5',
        content: [],
        stop_reason: null,
        usage: {
          input_tokens: 12,
          cache_read_input_tokens: 2048,
          cache_creation_input_tokens: 300,
          cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
          output_tokens: 1,
        },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Let me ' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig==' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '', citations: [] } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hello' } },
    {
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'citations_delta', citation: { type: 'char_location', cited_text: 'x' } },
    },
    { type: 'ping' },
    { type: 'content_block_stop', index: 1 },
    {
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} },
    },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"pa' } },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: 'th":1}' } },
    { type: 'content_block_stop', index: 2 },
    {
      type: 'content_block_start',
      index: 3,
      content_block: { type: 'tool_use', id: 'toolu_2', name: 'list', input: { a: 1 } },
    },
    { type: 'content_block_stop', index: 3 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 40, input_tokens: null, output_tokens_details: { thinking_tokens: 9 } },
    },
    { type: 'message_stop' },
  ],
  [
    {
      type: 'message_start',
      message: { id: 'msg_2', model: 'm', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'redacted_thinking', data: 'abc' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
    },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"query":"x"}' } },
    { type: 'content_block_stop', index: 1 },
    {
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ url: 'u', title: 't' }] },
    },
    { type: 'content_block_stop', index: 2 },
    { type: 'content_block_start', index: 3, content_block: { type: 'compaction', content: null } },
    {
      type: 'content_block_delta',
      index: 3,
      delta: { type: 'compaction_delta', content: 'shorter', encrypted_content: 'e' },
    },
    { type: 'content_block_stop', index: 3 },
    { type: 'content_block_start', index: 4, content_block: { type: 'text', text: 'Whole' } },
    { type: 'content_block_stop', index: 4 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 9, server_tool_use: { web_search_requests: 1 } },
    },
    { type: 'message_stop' },
  ],
  [
    {
      type: 'message_start',
      message: {
        id: 'msg_3',
        model: 'm',
        stop_reason: 'tool_use',
        content: [
          { type: 'text', text: 'At once' },
          { type: 'tool_use', id: 'toolu_9', name: 'list', input: { deep: [1, { b: null }] } },
        ],
        usage: { input_tokens: 5 },
        diagnostics: { cache_miss_reason: { type: 'messages_changed', cache_missed_input_tokens: 12 } },
      },
    },
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  ],
];

const chunk = (choices: readonly unknown[], more: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-5.2',
  choices,
  ...more,
});
const delta = (fields: object, more: object = {}) =>
  chunk([{ index: 0, delta: fields, finish_reason: null, ...more }], { usage: null });
const CHAT_USAGE = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 8 },
  completion_tokens_details: { reasoning_tokens: 7 },
};

const CHAT: FuzzedFamily['responses'] = [
  [
    delta({ role: 'assistant', content: '' }),
    delta({ reasoning_content: 'Let me ' }),
    delta({ reasoning: 'think', reasoning_details: [{ type: 'reasoning.text', text: 'think', signature: 's' }] }),
    delta({ content: 'Hello' }),
    delta({ content: ' there', annotations: [{ type: 'url_citation', url_citation: { url: 'u' } }] }),
    delta({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'read', arguments: '' } }] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: '{"path"' } }] }),
    delta({ tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'list', arguments: '{}' } }] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
    delta({}, { finish_reason: 'tool_calls' }),
    chunk([], { usage: CHAT_USAGE }),
  ],
  [
    delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }),
    delta({ content: [{ type: 'text', text: 'Parts' }] }),
    delta({ refusal: 'No.' }),
    chunk([{ index: 0, delta: {}, finish_reason: 'stop', usage: CHAT_USAGE }], { x_groq: { usage: CHAT_USAGE } }),
  ],
  [
    chunk([{ index: 0, delta: { content: 'Pages' } }], { citations: ['https://a.test', 'https://b.test'] }),
    delta({
      tool_calls: [{ function: { name: 'read', arguments: { path: 1 } } }, { id: 'x', function: { name: 'list' } }],
    }),
    chunk([], { usage: { ...CHAT_USAGE, prompt_cache_hit_tokens: 40, cost: 0.5 } }),
  ],
  [
    chunk(
      [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Whole',
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'read', arguments: '{}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      { usage: CHAT_USAGE },
    ),
  ],
  [delta({ content: 'Then' }), { error: { message: 'Overloaded', type: 'overloaded', code: 502 } }],
];

const REASONING = {
  id: 'rs_1',
  type: 'reasoning',
  encrypted_content: 'gAAA==',
  summary: [{ type: 'summary_text', text: 'Hm.' }],
};
const ANSWER = {
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', annotations: [{ type: 'url_citation', url: 'u' }], text: 'Hello' }],
};
const CALL = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  arguments: '{"a":1}',
  call_id: 'call_1',
  name: 'read',
};
const CUSTOM = { id: 'ctc_1', type: 'custom_tool_call', call_id: 'call_2', name: 'patch', input: '*** Begin' };
const SEARCH = { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'x' } };
const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  model: 'gpt-5.2',
  status: 'completed',
  output: [REASONING, ANSWER, CALL, CUSTOM],
  incomplete_details: null,
  tool_usage: { web_search: { num_requests: 1 } },
  usage: {
    input_tokens: 100,
    output_tokens: 20,
    total_tokens: 120,
    input_tokens_details: {
      cached_tokens: 40,
      cache_write_tokens: 8,
      cache_write_tokens_details: { ttl_30m_tokens: 8, ttl_12h_tokens: 0 },
    },
    output_tokens_details: { reasoning_tokens: 7 },
  },
};

const RESPONSES: FuzzedFamily['responses'] = [
  [
    { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [], usage: null } },
    { type: 'response.output_item.added', output_index: 0, item: { ...REASONING, summary: [] } },
    { type: 'response.reasoning_summary_text.delta', output_index: 0, item_id: 'rs_1', summary_index: 0, delta: 'Hm.' },
    { type: 'response.output_item.done', output_index: 0, item: REASONING },
    { type: 'response.output_item.added', output_index: 1, item: { ...ANSWER, content: [] } },
    { type: 'response.output_text.delta', output_index: 1, item_id: 'msg_1', content_index: 0, delta: 'Hel' },
    {
      type: 'response.output_text.annotation.added',
      output_index: 1,
      content_index: 0,
      annotation: { type: 'url_citation', url: 'u' },
    },
    { type: 'response.output_item.done', output_index: 1, item: ANSWER },
    { type: 'response.output_item.added', output_index: 2, item: { ...CALL, arguments: '' } },
    { type: 'response.function_call_arguments.delta', output_index: 2, item_id: 'fc_1', delta: '{"a"' },
    { type: 'response.output_item.done', output_index: 2, item: CALL },
    { type: 'response.output_item.done', output_index: 3, item: CUSTOM },
    { type: 'response.completed', response: RESPONSE },
  ],
  [
    { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
    { type: 'response.output_item.done', output_index: 0, item: SEARCH },
    { type: 'response.reasoning_text.delta', output_index: 1, content_index: 0, delta: 'Open' },
    { type: 'response.refusal.delta', output_index: 2, content_index: 0, delta: 'No' },
    {
      type: 'response.incomplete',
      response: { ...RESPONSE, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    },
  ],
  [RESPONSE],
  [
    { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Then' },
    { type: 'error', code: 'server_error', message: 'Sorry' },
    {
      type: 'response.failed',
      response: { ...RESPONSE, status: 'failed', output: [], error: { code: 'x', message: 'y' } },
    },
  ],
];

const record = (message: object, more: object = {}) => ({
  model: 'llama4',
  created_at: '2026-11-21T12:00:00.123456789Z',
  message: { role: 'assistant', content: '', ...message },
  done: false,
  ...more,
});

const OLLAMA: FuzzedFamily['responses'] = [
  [
    record({ thinking: 'Let me ' }),
    record({ thinking: 'think.' }),
    record({ content: 'Hel' }),
    record({ content: 'lo' }),
    record({ tool_calls: [{ function: { name: 'read', arguments: { path: 'a', n: 1 } } }] }),
    record({ tool_calls: [{ id: 'call_7', function: { index: 1, name: 'list', arguments: {} } }] }),
    record(
      {},
      {
        done: true,
        done_reason: 'stop',
        total_duration: 5,
        prompt_eval_count: 100,
        prompt_eval_cached_count: 40,
        eval_count: 20,
      },
    ),
  ],
  [
    record({
      content: 'Both',
      tool_calls: [{ function: { name: 'read', arguments: '{"a":1}' } }, { function: { name: 'read', arguments: {} } }],
    }),
    record({}, { done: true, done_reason: 'length', prompt_eval_count: 10 }),
  ],
  [record({ content: 'Then' }), { error: 'model runner has stopped' }],
];

const sse = (event: unknown) => `data: ${JSON.stringify(event)}\n\n`;

/** Anthropic's client skips events without a name. */
function namedSse(event: unknown): string {
  const type = typeof event === 'object' && event !== null && 'type' in event ? event.type : 'odd';
  return `event: ${type}\n${sse(event)}`;
}

export const FUZZED: Readonly<Record<'anthropic' | 'openai-chat' | 'openai-responses' | 'ollama', FuzzedFamily>> = {
  anthropic: {
    createDecoder: (prefill) => createAnthropicDecoder(prefill === undefined ? {} : { prefill }),
    createModel: (fetch) => anthropic({ apiKey: 'k', fetch }).model('claude-opus-5'),
    contentType: 'text/event-stream',
    encode: namedSse,
    responses: MESSAGES,
  },
  'openai-chat': {
    createDecoder: (prefill) =>
      createChatDecoder({ model: 'gpt-5.2', vendor: prefill === undefined ? 'unknown' : 'mistral', prefill }),
    createModel: (fetch) => openai({ apiKey: 'k', fetch }).model('gpt-5.2'),
    contentType: 'text/event-stream',
    encode: sse,
    responses: CHAT,
  },
  'openai-responses': {
    createDecoder: () => createResponsesDecoder({ model: 'gpt-5.2', vendor: 'unknown' }),
    createModel: (fetch) => openaiResponses({ apiKey: 'k', fetch }).model('gpt-5.2'),
    contentType: 'text/event-stream',
    encode: namedSse,
    responses: RESPONSES,
  },
  ollama: {
    createDecoder: (prefill) => createOllamaDecoder({ model: 'llama4', prefill }),
    createModel: (fetch) => ollama({ host: 'http://127.0.0.1:9', fetch }).model('llama4'),
    contentType: 'application/x-ndjson',
    encode: (event) => `${JSON.stringify(event)}\n`,
    responses: OLLAMA,
  },
};
