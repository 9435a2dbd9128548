import { completeTurn, openai, userMessage } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { GPT, LLAMA, post, simulate } from './support/simulate.ts';

const go = { role: 'user', content: 'go' };
const MARKED = 'gpt-5.6';
const mark = { prompt_cache_breakpoint: { mode: 'explicit' } };

/** The error of a request, or `taken`. */
async function verdictOn(path: string, body: object): Promise<string> {
  const { simulator } = await simulate(() => 'Yes.');
  const response = await post(`${simulator.url}${path}`, JSON.stringify(body), { authorization: 'Bearer x' });
  if (response.status === 200) return 'taken';
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: { message: string } | string };
  return typeof error === 'string' ? error : error.message;
}

const chat = (body: object) => verdictOn('/v1/chat/completions', { model: GPT, messages: [go], ...body });
const responses = (body: object) => verdictOn('/v1/responses', { model: GPT, input: 'go', ...body });

const CALL = { id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } };
const LOOK = { type: 'function', function: { name: 'look', parameters: {} } };
const PICTURE = { type: 'image_url', image_url: { url: 'https://example.test/a.png' } };

describe('Chat Completions refuses', () => {
  test.each<[string, object, RegExp]>([
    [
      'a picture as the result of a tool',
      {
        messages: [
          go,
          { role: 'assistant', content: null, tool_calls: [CALL] },
          { role: 'tool', tool_call_id: 'c', content: [PICTURE] },
        ],
      },
      /'messages\[2\]'.*role 'tool' contains an image URL/,
    ],
    [
      'a file of the assistant’s',
      { messages: [go, { role: 'assistant', content: [{ type: 'file' }] }] },
      /'file'.*messages\[1\]/,
    ],
    ['an unknown effort', { reasoning_effort: 'much' }, /'much' for 'reasoning_effort'/],
    ['temperature on GPT-6 while it reasons', { model: 'gpt-6', temperature: 0.2 }, /'temperature' is not supported/],
    ['top_p on GPT-6 while it reasons', { model: 'gpt-6', reasoning_effort: 'low', top_p: 0.2 }, /'top_p' is not/],
    [
      'a choice of no tool there is',
      { tools: [LOOK], tool_choice: { type: 'function', function: { name: 'see' } } },
      /'see' not found/,
    ],
    ['a tool that has to be called, and none there', { tool_choice: 'required' }, /'tools' are specified/],
    ['an unknown choice', { tools: [LOOK], tool_choice: 'some' }, /'some' for 'tool_choice'/],
    [
      'a schema without a name',
      { response_format: { type: 'json_schema', json_schema: { schema: {} } } },
      /json_schema\.name/,
    ],
    ['a cache for half a day', { model: MARKED, prompt_cache_options: { ttl: '12h' } }, /prompt_cache_options\.ttl/],
    ['an unknown mode of the cache', { model: MARKED, prompt_cache_options: { mode: 'some' } }, /options\.mode/],
    ['an unknown retention', { prompt_cache_retention: '1h' }, /prompt_cache_retention/],
    ['a cache key that is no text', { prompt_cache_key: 3 }, /prompt_cache_key/],
    [
      'a mark on a message',
      { model: MARKED, messages: [{ ...go, ...mark }] },
      /messages\[0\]\.prompt_cache_breakpoint/,
    ],
    [
      'a mark on a refusal',
      { model: MARKED, messages: [go, { role: 'assistant', content: [{ type: 'refusal', refusal: 'no', ...mark }] }] },
      /messages\[1\]\.content\[0\]\.prompt_cache_breakpoint/,
    ],
    [
      'a mark for an unknown time',
      {
        model: MARKED,
        messages: [
          {
            role: 'user',
            content: [{ type: 'text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit', ttl: '5m' } }],
          },
        ],
      },
      /breakpoint\.ttl/,
    ],
  ])('%s', async (_what, body, message) => {
    expect(await chat(body)).toMatch(message);
  });

  test('but takes what is near it', async () => {
    expect(await chat({ model: 'gpt-6', reasoning_effort: 'none', temperature: 0.2 })).toBe('taken');
    expect(await chat({ tools: [LOOK], tool_choice: { type: 'function', function: { name: 'look' } } })).toBe('taken');
    const parts = Array.from({ length: 6 }, (_, index) => ({ type: 'text', text: `part ${index}`, ...mark }));
    expect(await chat({ model: MARKED, messages: [{ role: 'user', content: parts }] })).toBe('taken');
  });
});

describe('Responses refuses', () => {
  const answer = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'x', ...mark }] };
  const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };

  test.each<[string, object, RegExp]>([
    [
      'a mark on what the assistant said',
      { model: MARKED, input: [go, answer, go] },
      /input\[1\]\.content\[0\]\.prompt_cache/,
    ],
    ['a mark on an item', { model: MARKED, input: [{ ...go, ...mark }] }, /input\[0\]\.prompt_cache_breakpoint/],
    ['instructions in parts', { instructions: [{ type: 'input_text', text: 'x', ...mark }] }, /'instructions'.*string/],
    ['the output cap by its other name', { max_tokens: 9 }, /moved to 'max_output_tokens'/],
    ['the answer format by its other name', { response_format: {} }, /moved to 'text\.format'/],
    ['words to stop at', { stop: ['x'] }, /Unsupported parameter: 'stop'/],
    ['an unknown effort', { reasoning: { effort: 'much' } }, /'much' for 'reasoning\.effort'/],
    ['temperature on GPT-6 while it reasons', { model: 'gpt-6', temperature: 0.2 }, /'temperature' is not supported/],
    ['a choice of no tool there is', { tool_choice: { type: 'function', name: 'see' } }, /'see' not found/],
    ['a cache for an hour', { model: MARKED, prompt_cache_options: { ttl: '1h' } }, /prompt_cache_options\.ttl/],
    [
      'output text as the result of a tool',
      {
        input: [go, call, { type: 'function_call_output', call_id: 'c', output: [{ type: 'output_text', text: 'x' }] }],
      },
      /input\[2\]\.output/,
    ],
  ])('%s', async (_what, body, message) => {
    expect(await responses(body)).toMatch(message);
  });

  test('but takes what is near it', async () => {
    expect(await responses({ model: MARKED, prompt_cache_options: { ttl: '12h' } })).toBe('taken');
    const parts = [{ type: 'input_text', text: 'x', ...mark }];
    expect(await responses({ model: MARKED, input: [{ role: 'user', content: parts }] })).toBe('taken');
    const output = [{ type: 'input_text', text: 'x', ...mark }];
    expect(
      await responses({ model: MARKED, input: [go, call, { type: 'function_call_output', call_id: 'c', output }] }),
    ).toBe('taken');
  });
});

describe('Ollama refuses', () => {
  const ask = (body: object) => verdictOn('/api/chat', { model: LLAMA, stream: false, messages: [go], ...body });

  test('a way of thinking that it does not know', async () => {
    expect(await ask({ think: 'much' })).toMatch(/invalid think value: "much"/);
    for (const think of [true, false, 'low', 'medium', 'high', 'max']) expect(await ask({ think })).toBe('taken');
  });

  test('a format that is neither JSON nor a schema', async () => {
    expect(await ask({ format: 'xml' })).toMatch(/invalid format: "xml"/);
    for (const format of ['json', { type: 'object' }]) expect(await ask({ format })).toBe('taken');
  });
});

test('our adapter puts a picture of a tool’s result where Chat Completions takes one', async () => {
  const { simulator } = await simulate(() => 'Yes.');
  const model = openai({ apiKey: 'x', baseURL: `${simulator.url}/v1` }).model(GPT);
  const call = { type: 'tool-call', id: 'c', name: 'look', arguments: {}, argumentsText: '{}' } as const;
  const image = { type: 'image', mediaType: 'image/png', data: 'AAAA' } as const;
  const result = { type: 'tool-result', toolCallId: 'c', toolName: 'look', content: [image], isError: false } as const;
  const ask = async () =>
    completeTurn(model, {
      messages: [userMessage('go'), { role: 'assistant', content: [call] }, { role: 'tool', content: [result] }],
    });
  await ask();
  expect(simulator.requests.map(({ status }) => status)).toEqual([200]);
});
