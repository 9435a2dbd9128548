import { describe, expect, test } from 'vitest';
import type { ScriptRequest } from '../src/index.ts';
import { collect, FULL_REPLY, LLAMA, post, simulate } from './support/simulate.ts';

const QUESTION = { model: LLAMA, messages: [{ role: 'user', content: 'Rain?' }] };

describe('a chat answer', () => {
  test('carries text, thinking and tool calls', async () => {
    const { ollama } = await simulate(() => FULL_REPLY);
    const response = await ollama.chat({ ...QUESTION, stream: false });
    expect(response).toMatchObject({ model: LLAMA, done: true, done_reason: 'stop' });
    expect(response.message).toEqual({
      role: 'assistant',
      content: FULL_REPLY.text,
      thinking: FULL_REPLY.thinking,
      tool_calls: FULL_REPLY.toolCalls.map((call) => ({ function: call })),
    });
    expect(response.prompt_eval_count).toBeGreaterThan(0);
    expect(response.eval_count).toBeGreaterThan(0);
  });

  test('streamed is the same answer, with counts on the last record only', async () => {
    const { ollama } = await simulate(() => FULL_REPLY);
    const records = await collect(await ollama.chat({ ...QUESTION, stream: true }));
    expect(records.map(({ message }) => message.content).join('')).toBe(FULL_REPLY.text);
    expect(records.map(({ message }) => message.thinking ?? '').join('')).toBe(FULL_REPLY.thinking);
    expect(records.flatMap(({ message }) => message.tool_calls ?? [])).toEqual(
      FULL_REPLY.toolCalls.map((call) => ({ function: call })),
    );
    expect(records.filter(({ done }) => done)).toEqual([records.at(-1)]);
    expect(records.filter((record) => 'prompt_eval_count' in record || 'eval_count' in record)).toEqual([
      records.at(-1),
    ]);
    expect(records.at(-1)).toMatchObject({ prompt_eval_cached_count: 0 });
  });

  test('streams unless it is told not to', async () => {
    const { simulator } = await simulate(() => 'one two');
    const response = await post(`${simulator.url}/api/chat`, JSON.stringify(QUESTION));
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    expect((await response.text()).trim().split('\n').length).toBe(3);
  });

  test('is cut at a length when the script says so', async () => {
    const { ollama } = await simulate(() => ({ text: 'so', stopReason: 'max-tokens' }));
    expect((await ollama.chat({ ...QUESTION, stream: false })).done_reason).toBe('length');
  });
});

test('a script sees the conversation in nobody’s wire format, with ids where the wire has none', async () => {
  const seen: ScriptRequest[] = [];
  const { ollama } = await simulate((request) => {
    seen.push(request);
    return 'ok';
  });
  await ollama.chat({
    model: LLAMA,
    stream: false,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Rain?', images: ['AAAA'] },
      {
        role: 'assistant',
        content: '',
        thinking: 'hm',
        tool_calls: [{ function: { name: 'weather', arguments: { city: 'Bonn' } } }],
      },
      { role: 'tool', content: 'dry', tool_name: 'weather' },
    ],
  });
  expect(seen).toMatchObject([
    {
      family: 'ollama',
      system: 'Be brief.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Rain?' },
            { type: 'image', data: 'AAAA' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', text: 'hm' },
            { type: 'tool-call', id: 'call_0', name: 'weather', arguments: { city: 'Bonn' } },
          ],
        },
        {
          role: 'tool',
          content: [{ toolCallId: 'call_0', toolName: 'weather', content: [{ type: 'text', text: 'dry' }] }],
        },
      ],
    },
  ]);
});
