import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { clientsOf, failureOf, GPT, simulate } from './support/simulate.ts';

const OPUS = 'claude-opus-4-8';
const BINDING = 'claude-opus-5-5';

/** A question, its thoughtful answer, and the request that sends both back. */
async function conversation(model: string) {
  const { simulator, anthropic } = await simulate(() => ({ thinking: 'Two and two.', text: 'Four.' }));
  const question: Anthropic.MessageCreateParamsNonStreaming = {
    model,
    max_tokens: 99,
    system: 'Count.',
    messages: [{ role: 'user', content: 'What is 2 + 2?' }],
  };
  const answer = await anthropic.messages.create(question);
  const next: Anthropic.MessageCreateParamsNonStreaming = {
    ...question,
    messages: [
      ...question.messages,
      { role: 'assistant', content: answer.content },
      { role: 'user', content: 'And 3?' },
    ],
  };
  return { next, answer, ask: clientsOf(simulator).anthropic };
}

const send = (client: Anthropic, body: Anthropic.MessageCreateParamsNonStreaming) => client.messages.create(body);

describe('a thought that is sent back', () => {
  test.each([OPUS, BINDING])('as it came is taken by %s', async (model) => {
    const { next, ask } = await conversation(model);
    expect(await send(ask, next)).toMatchObject({ stop_reason: 'end_turn' });
  });

  test.each([
    ['text', { thinking: 'Two and three.' }],
    ['signature', { signature: 'c2lnbmVkIGVsc2V3aGVyZQ==' }],
  ])('with another %s is refused', async (_what, change) => {
    const { next, answer, ask } = await conversation(OPUS);
    const [thought, ...rest] = answer.content;
    const changed = [{ ...thought, ...change }, ...rest] as Anthropic.ContentBlock[];
    const messages = next.messages.with(1, { role: 'assistant', content: changed });
    expect(await failureOf(send(ask, { ...next, messages }))).toMatchObject({
      status: 400,
      message: expect.stringContaining('messages.1.content.0: Invalid `signature` in `thinking` block'),
    });
  });

  test.each([
    ['system prompt', (next: Anthropic.MessageCreateParamsNonStreaming) => ({ ...next, system: 'Count twice.' })],
    [
      'tools',
      (next: Anthropic.MessageCreateParamsNonStreaming) => ({
        ...next,
        tools: [{ name: 'sum', input_schema: { type: 'object' as const } }],
      }),
    ],
    [
      'question',
      (next: Anthropic.MessageCreateParamsNonStreaming) => ({
        ...next,
        messages: next.messages.with(0, { role: 'user', content: 'What is 2 + 5?' }),
      }),
    ],
  ])('after another %s is refused by models that bind it, and only by them', async (_what, change) => {
    const bound = await conversation(BINDING);
    expect(await failureOf(send(bound.ask, change(bound.next)))).toMatchObject({
      status: 400,
      message: expect.stringContaining('bound to a different conversation'),
    });
    const free = await conversation(OPUS);
    expect(await send(free.ask, change(free.next))).toMatchObject({ stop_reason: 'end_turn' });
  });

  test('to OpenAI, sealed elsewhere, is refused', async () => {
    const { openai } = await simulate(() => ({ thinking: 'Two and two.', text: 'Four.' }));
    const { output } = await openai.responses.create({ model: GPT, input: 'What is 2 + 2?' });
    const input = [
      { role: 'user' as const, content: 'What is 2 + 2?' },
      ...output,
      { role: 'user' as const, content: 'And 3?' },
    ];
    expect(await openai.responses.create({ model: GPT, input: input as never })).toMatchObject({ status: 'completed' });
    const changed = input.map((item) =>
      'type' in item && item.type === 'reasoning' ? { ...item, encrypted_content: 'gAAA' } : item,
    );
    expect(await failureOf(openai.responses.create({ model: GPT, input: changed as never }))).toMatchObject({
      status: 400,
      message: expect.stringContaining('could not be verified'),
    });
  });
});
