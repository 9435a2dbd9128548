import { describe, expect, test } from 'vitest';
import type { ScriptRequest } from '../src/index.ts';
import { sealText } from '../src/seal.ts';
import { CLAUDE, collect, FULL_REPLY, simulate } from './support/simulate.ts';

const QUESTION = { model: CLAUDE, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Rain?' }] };

describe('a Messages answer', () => {
  test('is a message with the text of the script', async () => {
    const { anthropic } = await simulate(() => 'No.');
    const message = await anthropic.messages.create(QUESTION);
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: CLAUDE,
      content: [{ type: 'text', text: 'No.' }],
      stop_reason: 'end_turn',
    });
    expect(message.id).toMatch(/^msg_[0-9a-f]{24}$/);
  });

  test('carries thinking with a signature, then text, then tool calls', async () => {
    const { anthropic } = await simulate(() => FULL_REPLY);
    const message = await anthropic.messages.create(QUESTION);
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: FULL_REPLY.thinking, signature: expect.stringMatching(/.{40}/) },
      { type: 'text', text: FULL_REPLY.text },
      { type: 'tool_use', name: 'weather', input: FULL_REPLY.toolCalls[0]?.arguments },
      { type: 'tool_use', name: 'clock', input: {} },
    ]);
    expect(message.stop_reason).toBe('tool_use');
    const details = message.usage.output_tokens_details;
    expect(details?.thinking_tokens).toBeGreaterThan(0);
    expect(message.usage.output_tokens).toBeGreaterThan(details?.thinking_tokens ?? 0);
  });

  test('streamed is the same answer, in more than one piece', async () => {
    const { anthropic, time } = await simulate(() => FULL_REPLY);
    const whole = await anthropic.messages.create(QUESTION);
    time.advance(1);
    const stream = anthropic.messages.stream(QUESTION);
    const events = await collect(stream);
    const folded = await stream.finalMessage();
    const withoutIds = (content: typeof whole.content) =>
      content.map((block) => (block.type === 'tool_use' ? { ...block, id: '' } : block));
    expect(withoutIds(folded.content)).toEqual(withoutIds(whole.content));
    expect(folded).toMatchObject({ stop_reason: whole.stop_reason, model: whole.model });
    expect(folded.usage).toMatchObject({
      input_tokens: whole.usage.input_tokens,
      output_tokens: whole.usage.output_tokens,
    });
    expect(events.filter((event) => event.type === 'content_block_delta').length).toBeGreaterThan(10);
  });

  test('states the split by lifetime at its start and cumulative totals at its end', async () => {
    const { anthropic } = await simulate(() => 'No.');
    const events = await collect(await anthropic.messages.create({ ...QUESTION, stream: true }));
    const start = events.find((event) => event.type === 'message_start');
    const end = events.find((event) => event.type === 'message_delta');
    expect(start?.message.usage.cache_creation).toEqual({
      ephemeral_5m_input_tokens: 0,
      ephemeral_1h_input_tokens: 0,
    });
    expect(end?.usage).not.toHaveProperty('cache_creation');
    expect(end?.usage.input_tokens).toBe(start?.message.usage.input_tokens);
    expect(end?.usage.output_tokens).toBeGreaterThan(start?.message.usage.output_tokens ?? 0);
    expect(events.at(-1)?.type).toBe('message_stop');
  });

  test('of nothing has no block and still an output token', async () => {
    const { anthropic } = await simulate(() => '');
    const message = await anthropic.messages.create(QUESTION);
    expect(message.content).toEqual([]);
    expect(message.usage.output_tokens).toBe(1);
  });

  test.each([
    ['max-tokens', 'max_tokens'],
    ['refusal', 'refusal'],
    ['pause', 'pause_turn'],
    ['stop-sequence', 'stop_sequence'],
    ['context-window', 'model_context_window_exceeded'],
  ] as const)('stops for the reason the script gives: %s', async (stopReason, wireReason) => {
    const { anthropic } = await simulate(() => ({ text: 'so', stopReason }));
    expect((await anthropic.messages.create(QUESTION)).stop_reason).toBe(wireReason);
  });
});

const SIGNATURE = sealText({ text: 'hm', prefixHash: '' });

test('a script sees the conversation in nobody’s wire format', async () => {
  const seen: ScriptRequest[] = [];
  const { anthropic, simulator } = await simulate((request) => {
    seen.push(request);
    return 'ok';
  });
  await anthropic.messages.create({
    model: CLAUDE,
    max_tokens: 100,
    system: [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Be kind.' },
    ],
    tools: [{ name: 'weather', description: 'Forecast', input_schema: { type: 'object' } }],
    messages: [
      { role: 'user', content: 'Rain?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: SIGNATURE },
          { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Bonn' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: 'dry', is_error: true },
          { type: 'text', text: 'And then?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        ],
      },
    ],
  });
  expect(seen).toEqual([
    {
      family: 'anthropic',
      model: CLAUDE,
      requestIndex: 0,
      system: 'Be brief.\nBe kind.',
      tools: [{ name: 'weather', description: 'Forecast', inputSchema: { type: 'object' } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Rain?' }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', text: 'hm', signature: SIGNATURE },
            {
              type: 'tool-call',
              id: 't1',
              name: 'weather',
              arguments: { city: 'Bonn' },
              argumentsText: '{"city":"Bonn"}',
            },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 't1',
              toolName: 'weather',
              content: [{ type: 'text', text: 'dry' }],
              isError: true,
            },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'And then?' },
            { type: 'image', mediaType: 'image/png', data: 'AAAA' },
          ],
        },
      ],
    },
  ]);
  expect(simulator.requests).toMatchObject([{ index: 0, family: 'anthropic', model: CLAUDE, status: 200 }]);
});
