import { anthropic } from '../../src/anthropic/provider.ts';
import { ollama } from '../../src/ollama/provider.ts';
import { openai, openaiResponses } from '../../src/openai/provider.ts';
import { type ScriptedBlock, type ScriptedResponse, scriptedStopReason } from '../../src/testing/harness.ts';
import type { HttpVendor, ResponseFrames } from '../../src/testing/http-harness.ts';

/** Each vendor's wire as its documentation has it, through the vendor's own SDK. */
export const VENDORS: Readonly<Record<'anthropic' | 'openai-chat' | 'openai-responses' | 'ollama', HttpVendor>> = {
  anthropic: {
    contentType: 'text/event-stream; charset=utf-8',
    createModel: (baseURL) => anthropic({ apiKey: 'k', baseURL }).model('claude-opus-5'),
    encodeResponse: encodeMessages,
    encodeFailure: ({ status, message }) =>
      JSON.stringify({ type: 'error', error: { type: ANTHROPIC_ERRORS[status] ?? 'invalid_request_error', message } }),
  },
  'openai-chat': {
    contentType: 'text/event-stream',
    createModel: (url) => openai({ apiKey: 'k', baseURL: `${url}/v1` }).model('gpt-5.2'),
    encodeResponse: encodeChat,
    encodeFailure: ({ message }) => JSON.stringify({ error: { message, type: null, param: null, code: null } }),
  },
  'openai-responses': {
    contentType: 'text/event-stream; charset=utf-8',
    createModel: (url) => openaiResponses({ apiKey: 'k', baseURL: `${url}/v1` }).model('gpt-5.2'),
    encodeResponse: encodeResponses,
    encodeFailure: ({ message }) => JSON.stringify({ error: { message, type: null, param: null, code: null } }),
  },
  ollama: {
    lacks: ['retry-after', 'call-ids', 'call-pieces', 'cache-writes'],
    contentType: 'application/x-ndjson',
    createModel: (host) => ollama({ host }).model('llama4'),
    encodeResponse: encodeOllama,
    encodeFailure: ({ message }) => JSON.stringify({ error: message }),
  },
};

type Fields = Readonly<Record<string, unknown>>;

const ANTHROPIC_ERRORS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  502: 'api_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
};

/** Nothing at all comes before the first piece of content; a response without any begins with its ending. */
function frames(opening: readonly string[], content: readonly string[], ending: readonly string[]): ResponseFrames {
  return content.length === 0
    ? { content: [], ending: [...opening, ...ending] }
    : { content: [...opening, ...content], ending };
}

function sse(type: string, fields: Fields): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function encodeMessages(response: ScriptedResponse): ResponseFrames {
  const { content, usage, hasStrangeEvents = false } = response;
  const counts = usage && {
    input_tokens: usage.fresh,
    ...(usage.cacheRead === undefined ? {} : { cache_read_input_tokens: usage.cacheRead }),
    ...(usage.cacheWrite === undefined ? {} : { cache_creation_input_tokens: usage.cacheWrite }),
  };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-5', content: [] };
  const strange = [sse('ping', {}), sse('content_block_hologram', { index: 0, hologram: { depth: 3 } })];
  const blocks = content.map((block, index) => messagesBlock(block, index, hasStrangeEvents));
  const stops = content.map((_block, index) => sse('content_block_stop', { index }));
  return frames(
    [sse('message_start', { message: { ...message, ...(counts ? { usage: { ...counts, output_tokens: 1 } } : {}) } })],
    blocks.flatMap((pieces, index) => [
      ...pieces,
      ...(hasStrangeEvents ? strange : []),
      ...(index < blocks.length - 1 ? stops.slice(index, index + 1) : []),
    ]),
    [
      ...stops.slice(-1),
      sse('message_delta', {
        delta: { stop_reason: scriptedStopReason(response).replaceAll('-', '_') },
        ...(usage ? { usage: { output_tokens: usage.output } } : {}),
      }),
      sse('message_stop', {}),
    ],
  );
}

function messagesBlock(block: ScriptedBlock, index: number, isStrange: boolean): readonly string[] {
  const isText = block.type === 'text';
  const begun = isText ? { type: 'text', text: '' } : { type: 'tool_use', id: block.id, name: block.name, input: {} };
  const deltas = block.pieces.map((piece) =>
    isText ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece },
  );
  const unknown = isStrange ? [{ type: 'hologram_delta', text: 'not text' }] : [];
  return [
    sse('content_block_start', { index, content_block: { ...begun, ...(isStrange ? { mood: 'good' } : {}) } }),
    ...[...deltas, ...unknown].map((delta) => sse('content_block_delta', { index, delta })),
  ];
}

function encodeChat(response: ScriptedResponse): ResponseFrames {
  const { content, usage, hasStrangeEvents } = response;
  const strange = hasStrangeEvents ? { mood: 'good', hologram: [{ depth: 3 }] } : {};
  const chunk = (fields: Fields) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5.2', ...strange, ...fields })}\n\n`;
  const choice = (delta: Fields, reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta: { ...delta, ...strange }, finish_reason: reason }], usage: null });
  const reasons = { 'end-turn': 'stop', 'tool-use': 'tool_calls', 'max-tokens': 'length' };
  let callIndex = -1;
  return frames(
    [choice({ role: 'assistant', content: '' }), ...(hasStrangeEvents ? [chunk({}), ': a comment\n\n'] : [])],
    content.flatMap((block) => {
      if (block.type === 'text') return block.pieces.map((piece) => choice({ content: piece }));
      callIndex += 1;
      return chatCall(block, callIndex).map((fragment) => choice({ tool_calls: [fragment] }));
    }),
    [
      choice({}, reasons[scriptedStopReason(response)]),
      ...(usage ? [chunk({ choices: [], usage: chatUsage(usage) })] : []),
      'data: [DONE]\n\n',
    ],
  );
}

function chatCall(
  { id, name, pieces }: Extract<ScriptedBlock, { type: 'tool-call' }>,
  index: number,
): readonly Fields[] {
  const begun = { index, id, type: 'function', function: { name, arguments: '' } };
  return [begun, ...pieces.map((piece) => ({ index, function: { arguments: piece } }))];
}

function chatUsage({ fresh, output, cacheRead, cacheWrite }: NonNullable<ScriptedResponse['usage']>): Fields {
  const prompt = fresh + (cacheRead ?? 0) + (cacheWrite ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: {
      ...(cacheRead === undefined ? {} : { cached_tokens: cacheRead }),
      ...(cacheWrite === undefined ? {} : { cache_write_tokens: cacheWrite }),
    },
  };
}

function encodeResponses(response: ScriptedResponse): ResponseFrames {
  const { content, usage, hasStrangeEvents } = response;
  const base = { id: 'resp_1', object: 'response', model: 'gpt-5.2' };
  const isCut = scriptedStopReason(response) === 'max-tokens';
  const status = isCut ? 'incomplete' : 'completed';
  const output = content.map(responsesItem);
  const dones = output.map((item, index) => sse('response.output_item.done', { output_index: index, item }));
  const strange = [sse('response.hologram.delta', { output_index: 0, delta: 'not text' }), sse('keepalive', {})];
  return frames(
    [sse('response.created', { response: { ...base, status: 'in_progress', output: [], usage: null } })],
    content.flatMap((block, index) => [
      ...responsesDeltas(block, index),
      ...(hasStrangeEvents ? strange : []),
      ...(index < content.length - 1 ? dones.slice(index, index + 1) : []),
    ]),
    [
      ...dones.slice(-1),
      sse(`response.${status}`, {
        response: {
          ...base,
          status,
          output,
          incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
          usage: usage ? responsesUsage(usage) : null,
          ...(hasStrangeEvents ? { mood: 'good' } : {}),
        },
      }),
    ],
  );
}

function responsesItem(block: ScriptedBlock, index: number): Fields {
  const text = block.pieces.join('');
  if (block.type === 'tool-call') {
    return {
      id: `fc_${index}`,
      type: 'function_call',
      status: 'completed',
      call_id: block.id,
      name: block.name,
      arguments: text,
    };
  }
  const content = [{ type: 'output_text', annotations: [], text }];
  return { id: `msg_${index}`, type: 'message', status: 'completed', role: 'assistant', content };
}

function responsesDeltas(block: ScriptedBlock, index: number): readonly string[] {
  const begun = responsesItem({ ...block, pieces: [] }, index);
  const item: Fields = { ...begun, status: 'in_progress', ...(block.type === 'text' ? { content: [] } : {}) };
  const type = block.type === 'text' ? 'response.output_text.delta' : 'response.function_call_arguments.delta';
  const place = { output_index: index, item_id: item['id'], ...(block.type === 'text' ? { content_index: 0 } : {}) };
  return [
    sse('response.output_item.added', { output_index: index, item }),
    ...block.pieces.map((piece) => sse(type, { ...place, delta: piece })),
  ];
}

function responsesUsage({ fresh, output, cacheRead, cacheWrite }: NonNullable<ScriptedResponse['usage']>): Fields {
  const input = fresh + (cacheRead ?? 0) + (cacheWrite ?? 0);
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    input_tokens_details: {
      ...(cacheRead === undefined ? {} : { cached_tokens: cacheRead }),
      ...(cacheWrite === undefined ? {} : { cache_write_tokens: cacheWrite }),
    },
    output_tokens_details: { reasoning_tokens: 0 },
  };
}

function encodeOllama(response: ScriptedResponse): ResponseFrames {
  const { content, usage, hasStrangeEvents } = response;
  const strange = hasStrangeEvents ? { mood: 'good', hologram: { depth: 3 } } : {};
  const record = (message: Fields, fields: Fields = { done: false }) =>
    `${JSON.stringify({ model: 'llama4', created_at: '2026-11-21T12:00:00.123456789Z', message: { role: 'assistant', content: '', ...message, ...strange }, ...fields, ...strange })}\n`;
  const reason = scriptedStopReason(response) === 'max-tokens' ? 'length' : 'stop';
  return frames(
    hasStrangeEvents ? [record({}, {})] : [],
    content.flatMap((block) => {
      if (block.type === 'text') return block.pieces.map((piece) => record({ content: piece }));
      const called = { name: block.name, arguments: JSON.parse(block.pieces.join('') || '{}') };
      return [record({ tool_calls: [{ function: called }] })];
    }),
    [record({}, { done: true, done_reason: reason, ...(usage ? ollamaUsage(usage) : {}) })],
  );
}

function ollamaUsage({ fresh, output, cacheRead }: NonNullable<ScriptedResponse['usage']>): Fields {
  return {
    prompt_eval_count: fresh + (cacheRead ?? 0),
    ...(cacheRead === undefined ? {} : { prompt_eval_cached_count: cacheRead }),
    eval_count: output,
  };
}
