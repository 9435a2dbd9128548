import { describe, expect, test } from 'vitest';
import type { ScriptRequest } from '../src/index.ts';
import { collect, FULL_REPLY, GPT, simulate } from './support/simulate.ts';

const QUESTION = { model: GPT, messages: [{ role: 'user' as const, content: 'Rain?' }] };

describe('a chat completion', () => {
  test('carries text, reasoning and tool calls', async () => {
    const { openai } = await simulate(() => FULL_REPLY);
    const completion = await openai.chat.completions.create(QUESTION);
    expect(completion.id).toMatch(/^chatcmpl-[0-9a-f]{24}$/);
    expect(completion.choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: FULL_REPLY.text,
          reasoning_content: FULL_REPLY.thinking,
          tool_calls: FULL_REPLY.toolCalls.map(({ name, arguments: sent }) => ({
            type: 'function',
            function: { name, arguments: JSON.stringify(sent) },
          })),
        },
      },
    ]);
    const { usage } = completion;
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
    expect(usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
    expect(usage?.prompt_tokens_details).not.toHaveProperty('cache_write_tokens');
  });

  test('streamed is the same answer, in more than one piece', async () => {
    const { openai } = await simulate(() => FULL_REPLY);
    const whole = await openai.chat.completions.create(QUESTION);
    const stream = openai.chat.completions.stream({ ...QUESTION, stream_options: { include_usage: true } });
    const chunks = await collect(stream);
    const folded = await stream.finalChatCompletion();
    const [wholeChoice, foldedChoice] = [whole.choices[0], folded.choices[0]];
    expect(foldedChoice?.message.content).toBe(wholeChoice?.message.content);
    expect(foldedChoice?.finish_reason).toBe('tool_calls');
    expect(foldedChoice?.message.tool_calls?.map((call) => call.type === 'function' && call.function)).toMatchObject(
      FULL_REPLY.toolCalls.map(({ name, arguments: sent }) => ({ name, arguments: JSON.stringify(sent) })),
    );
    expect(chunks.length).toBeGreaterThan(10);
  });

  test('streams usage last, in a chunk without choices, and only when asked', async () => {
    const { openai } = await simulate(() => 'No.');
    const asked = await collect(
      await openai.chat.completions.create({ ...QUESTION, stream: true, stream_options: { include_usage: true } }),
    );
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens_details: { cached_tokens: 0 } } });
    expect(asked.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    const unasked = await collect(await openai.chat.completions.create({ ...QUESTION, stream: true }));
    expect(unasked.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(unasked.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  });

  test('reasoning comes as reasoning_content before the text', async () => {
    const { openai } = await simulate(() => ({ thinking: 'hm hm', text: 'No.' }));
    const chunks = await collect(await openai.chat.completions.create({ ...QUESTION, stream: true }));
    const fields = chunks.flatMap((chunk) => Object.entries(chunk.choices[0]?.delta ?? {}));
    const joined = (name: string) => fields.map(([field, text]) => (field === name ? text : '')).join('');
    expect(joined('reasoning_content')).toBe('hm hm');
    expect(joined('content')).toBe('No.');
  });

  test.each([
    ['max-tokens', 'length'],
    ['content-filter', 'content_filter'],
  ] as const)('finishes for the reason the script gives: %s', async (stopReason, wireReason) => {
    const { openai } = await simulate(() => ({ text: 'so', stopReason }));
    expect((await openai.chat.completions.create(QUESTION)).choices[0]?.finish_reason).toBe(wireReason);
  });
});

test('a script sees the conversation in nobody’s wire format', async () => {
  const seen: ScriptRequest[] = [];
  const { openai } = await simulate((request) => {
    seen.push(request);
    return 'ok';
  });
  const call = (id: string, argumentsText: string) => ({
    id,
    type: 'function' as const,
    function: { name: 'weather', arguments: argumentsText },
  });
  await openai.chat.completions.create({
    model: GPT,
    tools: [
      { type: 'function', function: { name: 'weather', description: 'Forecast', parameters: { type: 'object' } } },
    ],
    messages: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
      { role: 'assistant', tool_calls: [call('c1', '{"city": "Bonn"}'), call('c2', 'not json')] },
      { role: 'tool', tool_call_id: 'c1', content: 'dry' },
      { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'wet' }] },
    ],
  });
  const result = (toolCallId: string, text: string) => ({
    type: 'tool-result',
    toolCallId,
    toolName: 'weather',
    content: [{ type: 'text', text }],
    isError: false,
  });
  expect(seen).toMatchObject([
    {
      family: 'openai-chat',
      model: GPT,
      system: 'Be brief.',
      tools: [{ name: 'weather', description: 'Forecast', inputSchema: { type: 'object' } }],
      messages: [
        { role: 'user', content: [{ type: 'image', mediaType: 'image/png', data: 'AAAA' }] },
        {
          role: 'assistant',
          content: [
            { id: 'c1', arguments: { city: 'Bonn' }, argumentsText: '{"city": "Bonn"}' },
            { id: 'c2', arguments: null, argumentsText: 'not json' },
          ],
        },
        { role: 'tool', content: [result('c1', 'dry'), result('c2', 'wet')] },
      ],
    },
  ]);
});
