import { describe, expect, it } from 'vitest';
import { userMessage } from '../src/message.ts';
import { encodeRequest } from '../src/openai/chat/encode-request.ts';
import { vendorNamed, vendorOf } from '../src/openai/vendors.ts';
import type { ModelRequest, ThinkLevel } from '../src/request.ts';

describe('think (L-47)', () => {
  it.each<readonly [vendor: string, model: string, think: ThinkLevel, fields: object]>([
    ['openai', 'gpt-5.2', 'off', { reasoning_effort: 'none' }],
    ['openai', 'gpt-5.2', 'high', { reasoning_effort: 'high' }],
    ['openai', 'gpt-5.2', 'max', { reasoning_effort: 'xhigh' }],
    ['openai', 'gpt-6', 'max', { reasoning_effort: 'xhigh' }],
    ['azure', 'my-deployment', 'low', { reasoning_effort: 'low' }],
    ['unknown', 'any', 'medium', { reasoning_effort: 'medium' }],
    ['xai', 'grok-3-mini', 'high', { reasoning_effort: 'high' }],
    ['google', 'gemini-2.5-flash', 'off', { reasoning_effort: 'none' }],
    ['deepseek', 'deepseek-v4-pro', 'off', { thinking: { type: 'disabled' } }],
    ['deepseek', 'deepseek-v4-pro', 'max', { thinking: { type: 'enabled' }, reasoning_effort: 'max' }],
    ['moonshotai', 'kimi-k3', 'max', { reasoning_effort: 'max' }],
    ['moonshotai', 'kimi-k2.6', 'off', { thinking: { type: 'disabled' } }],
    ['openrouter', 'anthropic/claude-sonnet-4.6', 'medium', { reasoning: { effort: 'medium' } }],
    ['openrouter', 'anthropic/claude-sonnet-4.6', 'off', { reasoning: { effort: 'none' } }],
    ['vercel-gateway', 'anthropic/claude-sonnet-4', 'high', { reasoning: { effort: 'high' } }],
    ['together', 'zai-org/GLM-5', 'off', { reasoning: { enabled: false } }],
    ['groq', 'openai/gpt-oss-120b', 'low', { reasoning_effort: 'low' }],
    ['groq', 'qwen/qwen3-32b', 'off', { reasoning_effort: 'none' }],
    ['cerebras', 'gpt-oss-120b', 'medium', { reasoning_effort: 'medium' }],
    ['mistral', 'mistral-small-latest', 'high', { reasoning_effort: 'high' }],
    ['fireworks', 'accounts/fireworks/models/glm-5p1', 'max', { reasoning_effort: 'max' }],
    ['alibaba', 'qwen-plus', 'off', { enable_thinking: false }],
    ['alibaba', 'qwen-plus', 'high', { enable_thinking: true }],
    ['perplexity', 'sonar-deep-research', 'low', { reasoning_effort: 'low' }],
    ['zai', 'glm-4.7', 'off', { thinking: { type: 'disabled' } }],
    ['ollama', 'qwen3', 'off', { reasoning_effort: 'none' }],
    ['llama.cpp', 'qwen3-8b', 'off', { chat_template_kwargs: { enable_thinking: false } }],
    ['vllm', 'openai/gpt-oss-20b', 'medium', { reasoning_effort: 'medium' }],
    ['litellm', 'claude-opus-4-8', 'high', { reasoning_effort: 'high' }],
  ])('%s %s asked for %s is told so', (vendor, model, think, fields) => {
    expect(asked({ think }, vendor, model)).toEqual({ fields, codes: [] });
  });

  it.each<readonly [vendor: string, model: string, think: ThinkLevel, fields: object]>([
    ['openai', 'gpt-5', 'off', { reasoning_effort: 'minimal' }],
    ['openai', 'o3', 'off', { reasoning_effort: 'low' }],
    ['google', 'gemini-3-pro-preview', 'off', { reasoning_effort: 'minimal' }],
    ['deepseek', 'deepseek-v4-pro', 'medium', { thinking: { type: 'enabled' }, reasoning_effort: 'high' }],
    ['moonshotai', 'kimi-k3', 'off', { reasoning_effort: 'low' }],
    ['groq', 'qwen/qwen3-32b', 'high', { reasoning_effort: 'default' }],
    ['alibaba', 'qwen-plus', 'low', { enable_thinking: true }],
    ['moonshotai', 'kimi-k2.7-code', 'off', { thinking: { type: 'enabled' } }],
  ])('%s %s asked for %s is told the nearest, with a warning', (vendor, model, think, fields) => {
    expect(asked({ think }, vendor, model)).toEqual({ fields, codes: ['request/think-adapted'] });
  });

  it.each([
    ['openai', 'gpt-4.1'],
    ['groq', 'llama-3.3-70b-versatile'],
    ['mistral', 'mistral-large-latest'],
  ])('%s %s does not think: off is what it is, and more is ignored with a warning', (vendor, model) => {
    expect(asked({ think: 'off' }, vendor, model)).toEqual({ fields: {}, codes: [] });
    expect(asked({ think: 'high' }, vendor, model)).toEqual({ fields: {}, codes: ['request/think-ignored'] });
  });

  it('cannot be turned off where the model always thinks', () => {
    expect(asked({ think: 'off' }, 'mistral', 'magistral-medium-latest').codes).toEqual(['request/think-ignored']);
  });

  it('keeps the other settings of the same object', () => {
    const vendorOptions = { reasoning: { exclude: true } };
    expect(asked({ think: 'low', vendorOptions }, 'openrouter', 'z-ai/glm-5').fields).toEqual({
      reasoning: { effort: 'low', exclude: true },
    });
  });
});

describe('temperature', () => {
  it.each([
    ['openai', 'o3', undefined],
    ['openai', 'gpt-5.2', 'high'],
    ['moonshotai', 'kimi-k3', undefined],
  ] as const)('is left out, with a warning, where %s %s refuses it (think: %s)', (vendor, model, think) => {
    const { fields, codes } = asked({ temperature: 0, ...(think ? { think } : {}) }, vendor, model);
    expect(fields).not.toHaveProperty('temperature');
    expect(codes).toEqual(['request/temperature-ignored']);
  });

  it.each([
    ['openai', 'gpt-4.1', undefined],
    ['openai', 'gpt-5.2', 'off'],
    ['moonshotai', 'moonshot-v1-8k', undefined],
    ['groq', 'openai/gpt-oss-120b', 'high'],
  ] as const)('is sent where %s %s takes it (think: %s)', (vendor, model, think) => {
    const { fields, codes } = asked({ temperature: 0, ...(think ? { think } : {}) }, vendor, model);
    expect(fields).toHaveProperty('temperature', 0);
    expect(codes).toEqual([]);
  });
});

describe('search (L-48)', () => {
  it.each([
    ['openai', 'gpt-4o-search-preview'],
    ['perplexity', 'sonar'],
    ['litellm', 'gemini-3-flash'],
  ])('%s %s is asked in the format', (vendor, model) => {
    expect(asked({ search: 'high' }, vendor, model)).toEqual({
      fields: { web_search_options: { search_context_size: 'high' } },
      codes: [],
    });
  });

  it("OpenRouter is asked with its own tool, after the caller's", () => {
    const tools = [{ name: 'f', description: 'F', inputSchema: { type: 'object' } }];
    const { fields } = asked({ search: 'low', tools }, 'openrouter', 'openai/gpt-5.2');
    expect(fields).toMatchObject({
      tools: [{ type: 'function' }, { type: 'openrouter:web_search', parameters: { search_context_size: 'low' } }],
    });
  });

  it.each([
    ['openai', 'gpt-5.2'],
    ['xai', 'grok-4.3'],
    ['unknown', 'any'],
  ])('%s %s does not search: a warning says so', (vendor, model) => {
    expect(asked({ search: 'low' }, vendor, model)).toEqual({ fields: {}, codes: ['request/search-ignored'] });
    expect(asked({ search: false }, vendor, model)).toEqual({ fields: {}, codes: [] });
  });
});

describe('output', () => {
  const closed = {
    title: 'The weather, today',
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  };
  const open = { type: 'object', properties: { city: { type: 'string' } } };

  it('is a schema, strict where the vendor can hold it to the letter', () => {
    const format = (output: typeof open, vendor: string) => asked({ output }, vendor, 'any').fields;
    expect(format(closed, 'openai')).toEqual({
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'The_weather_today', schema: closed, strict: true },
      },
    });
    const loose = { response_format: { type: 'json_schema', json_schema: { name: 'output', schema: open } } };
    expect(format(open, 'openai')).toEqual(loose);
    expect(format(open, 'mistral')).toEqual(loose);
  });

  it('is JSON where the vendor knows no schema; the system prompt holds it, and a warning says so', () => {
    const request = { system: 'Be brief.', output: open };
    const { body, codes } = encoded(request, 'deepseek', 'deepseek-v4-pro');
    expect(body).toMatchObject({ response_format: { type: 'json_object' } });
    expect(body.messages[0]).toEqual({
      role: 'system',
      content: `Be brief.\n\nAnswer with JSON that follows this JSON Schema:\n${JSON.stringify(open)}`,
    });
    expect(codes).toEqual(['request/output-adapted']);
  });

  it("is refused for a model of OpenAI's that cannot be held to a schema", () => {
    expect(() => encoded({ output: open }, 'openai', 'gpt-3.5-turbo')).toThrow(
      expect.objectContaining({ code: 'provider/invalid-request', message: expect.stringContaining('gpt-3.5-turbo') }),
    );
  });
});

describe('prefill (L-59)', () => {
  it.each([
    ['mistral', { prefix: true }, {}],
    ['moonshotai', { partial: true }, {}],
    ['groq', {}, {}],
    ['vllm', {}, { continue_final_message: true, add_generation_prompt: false }],
  ])('%s goes on from a last assistant message', (vendor, messageFields, fields) => {
    const { body } = encoded({ prefill: '{"a"' }, vendor, 'any');
    expect(body.messages.at(-1)).toEqual({ role: 'assistant', content: '{"a"', ...messageFields });
    expect(body).toMatchObject(fields);
  });

  it('is known to DeepSeek at its beta address alone', () => {
    const at = (baseURL: string) => () =>
      encodeRequest({ messages: [userMessage('hi')], prefill: 'A' }, 'deepseek-v4-pro', vendorOf(baseURL));
    expect(at('https://api.deepseek.com/beta')().body.messages.at(-1)).toMatchObject({ prefix: true });
    expect(at('https://api.deepseek.com/v1')).toThrow(expect.objectContaining({ code: 'provider/unsupported' }));
  });

  it.each(['openai', 'google', 'unknown'])('is refused where %s has no way to say it', (vendor) => {
    expect(() => encoded({ prefill: 'A' }, vendor, 'any')).toThrow(/prefill/);
    expect(encoded({ prefill: '' }, vendor, 'any').body.messages).toHaveLength(1);
  });
});

it('names the cache that a request shares, where the vendor routes by it', () => {
  const { fields } = asked({ cacheKey: 'session-1' }, 'openai', 'gpt-5.2');
  expect(fields).toEqual({ prompt_cache_key: 'session-1' });
  expect(encoded({ cacheKey: 'session-1' }, 'xai', 'grok-4.3').headers).toEqual({ 'x-grok-conv-id': 'session-1' });
  expect(asked({ cacheKey: 'session-1' }, 'deepseek', 'deepseek-v4-pro').fields).toEqual({});
});

it('warns that diagnostics are not to be had', () => {
  expect(asked({ diagnostics: true }, 'openai', 'gpt-6')).toEqual({
    fields: {},
    codes: ['request/diagnostics-ignored'],
  });
});

it('leaves the bytes of the history alone, whatever is asked beside it', () => {
  const messages = [
    userMessage('a'),
    { role: 'assistant', content: [{ type: 'text', text: 'b' }] },
    userMessage('c'),
  ] as const;
  const plain = encoded({ messages }, 'mistral', 'mistral-small-latest').body.messages;
  const request = { messages, think: 'high', temperature: 1, search: 'low', cacheKey: 'k', prefill: 'Well' } as const;
  const { body } = encoded(request, 'mistral', 'mistral-small-latest');
  expect(JSON.stringify(body.messages).startsWith(JSON.stringify(plain).slice(0, -1))).toBe(true);
});

function encoded(request: Partial<ModelRequest>, vendor: string, model: string) {
  const { body, headers, warnings } = encodeRequest(
    { messages: [userMessage('hi')], ...request },
    model,
    vendorNamed(vendor),
  );
  return { body, headers, codes: warnings.map(({ code }) => code) };
}

/** What the body holds beside the history and the stream, and the codes of the warnings. */
function asked(request: Partial<ModelRequest>, vendor: string, model: string) {
  const { body, codes } = encoded(request, vendor, model);
  const { model: _model, messages: _messages, stream: _stream, stream_options: _options, ...fields } = body;
  return { fields, codes };
}
