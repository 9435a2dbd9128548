import { Anthropic } from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import { OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import { tokensFromAnthropic } from '../src/anthropic/decode/decode-usage.ts';
import { streamAnthropic } from '../src/anthropic/provider.ts';
import type { ModelStream } from '../src/model.ts';
import { streamOllama } from '../src/ollama/provider.ts';
import { tokensFromOpenAIChat } from '../src/openai/chat/decode-usage.ts';
import { streamOpenAIChat, streamOpenAIResponses } from '../src/openai/provider.ts';
import { tokensFromOpenAIResponses } from '../src/openai/responses/decode-usage.ts';
import { promptTokenCount, type TokenCounts } from '../src/token-counts.ts';
import { collectTurn, userRequest } from './support/collect-stream.ts';
import { recordedFetch } from './support/corpus.ts';

/** One prompt of 2 073 tokens, 2 070 of them from the cache, as three vendors report it. */
const USAGES: Readonly<Record<string, TokenCounts>> = {
  'net, by Anthropic': tokensFromAnthropic({
    input_tokens: 3,
    cache_read_input_tokens: 2070,
    cache_creation_input_tokens: 0,
    output_tokens: 5,
  }),
  'gross, by Chat Completions': tokensFromOpenAIChat({
    prompt_tokens: 2073,
    prompt_tokens_details: { cached_tokens: 2070, cache_write_tokens: 0 },
    completion_tokens: 5,
    total_tokens: 2078,
  }),
  'gross, by Responses': tokensFromOpenAIResponses({
    input_tokens: 2073,
    input_tokens_details: { cached_tokens: 2070, cache_write_tokens: 0 },
    output_tokens: 5,
    total_tokens: 2078,
  }),
};

describe('the counters of a response (L-20)', () => {
  it.each(Object.entries(USAGES))('are disjoint, and hold no sum: it is derived, reported %s', (_name, tokens) => {
    expect(tokens).toMatchObject({ fresh: 3, cacheRead: 2070, output: 5 });
    expect(Object.keys(tokens).sort()).toEqual([
      'cacheRead',
      'cacheWrite',
      'fresh',
      'output',
      'reasoning',
      'serverTools',
    ]);
    expect(JSON.stringify(tokens)).not.toMatch(/207[38]/);
    expect(promptTokenCount(tokens)).toBe(2073);
  });
});

/** How each family is asked. */
const ASK: Readonly<Record<string, (fetch: typeof globalThis.fetch) => ModelStream>> = {
  anthropic: (fetch) =>
    streamAnthropic(new Anthropic({ apiKey: 'test', fetch }), userRequest('hi'), { model: 'claude-test' }),
  'openai-chat': (fetch) =>
    streamOpenAIChat(new OpenAI({ apiKey: 'test', fetch }), userRequest('hi'), { model: 'gpt-test' }),
  'openai-responses': (fetch) =>
    streamOpenAIResponses(new OpenAI({ apiKey: 'test', fetch }), userRequest('hi'), { model: 'gpt-test' }),
  ollama: (fetch) => streamOllama(new Ollama({ fetch }), userRequest('hi'), { model: 'llama-test' }),
};

/** Answers that are complete but for their usage. */
const ANSWERS: Readonly<Record<string, readonly unknown[]>> = {
  anthropic: [
    { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'c', content: [] } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null } },
    { type: 'message_stop' },
  ],
  'openai-chat': [{ id: 'r', model: 'g', choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }] }],
  'openai-responses': [
    { type: 'response.output_text.delta', item_id: 'i', output_index: 0, content_index: 0, delta: 'hi' },
    { type: 'response.completed', response: { id: 'r', model: 'g', status: 'completed', output: [] } },
  ],
  ollama: [{ model: 'l', message: { role: 'assistant', content: 'hi' }, done: true, done_reason: 'stop' }],
};

function answerOf(family: string): typeof fetch & { readonly requestBodies: readonly string[] } {
  const lines = (ANSWERS[family] ?? []).map((event) => JSON.stringify(event));
  if (family === 'ollama') {
    return recordedFetch({ body: `${lines.join('\n')}\n`, headers: { 'content-type': 'application/x-ndjson' } });
  }
  const events = lines.map((line) => `event: ${/^\{"type":"([^"]+)"/.exec(line)?.[1] ?? 'message'}\ndata: ${line}\n\n`);
  return recordedFetch({ body: events.join(''), headers: { 'content-type': 'text/event-stream' } });
}

describe('a stream that ends without usage (L-28)', () => {
  it.each(Object.entries(ASK))('of %s has counts that are not reported, which is not 0', async (family, ask) => {
    const turn = await collectTurn(ask(answerOf(family)));
    expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'none', rawUsage: null });
    const { fresh, cacheRead, cacheWrite, output, reasoning } = turn.tokens;
    const counts = [fresh, cacheRead, output, reasoning, ...Object.values(cacheWrite)];
    expect(counts).toEqual(counts.map(() => 'not-reported'));
    expect(promptTokenCount(turn.tokens)).toBe('not-reported');
  });

  it('is what nobody asked for: usage in the stream is always requested', async () => {
    const send = answerOf('openai-chat');
    await collectTurn(streamOpenAIChat(new OpenAI({ apiKey: 'test', fetch: send }), userRequest('hi'), { model: 'g' }));
    expect(JSON.parse(send.requestBodies[0] ?? '')).toMatchObject({ stream_options: { include_usage: true } });
  });
});
