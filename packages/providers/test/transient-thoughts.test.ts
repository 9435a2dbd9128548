import { OpenAI } from 'openai';
import { describe, expect, test } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import { type AssistantMessage, type Message, type UserMessage, userMessage } from '../src/message.ts';
import { streamOpenAIChat } from '../src/openai/provider.ts';
import { brokenStreamRules } from '../src/testing/stream-rules.ts';
import { exchange, hello, messageEnd, messageStart, textBlock } from './support/anthropic-exchange.ts';
import { collectEvents, lastTurn } from './support/collect-stream.ts';
import { recordedFetch } from './support/corpus.ts';

const REMINDER: UserMessage = { ...userMessage('It is late.'), transient: true };
const reminded = (...before: readonly Message[]) => ({ messages: [userMessage('hi'), ...before, REMINDER] });

/** An answer of Claude's: a thought, one that is hidden, and a word. */
const THOUGHTFUL = [
  messageStart(),
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'hidden' } },
  { type: 'content_block_stop', index: 1 },
  ...textBlock(2, 'hello'),
  ...messageEnd(),
];

const CODE = 'cache/transient-message';

describe('thoughts behind a transient message', () => {
  test.each(['claude-opus-5-5', 'claude-fable-5-1', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-opus-7'])(
    'of %s, which refuses them in the next request, are kept as text alone',
    async (model) => {
      const { turn, events, warnings } = await exchange(reminded(), model, THOUGHTFUL);
      expect(turn.message.content).toEqual([
        { type: 'thinking', text: 'Hm.' },
        { type: 'thinking', text: '' },
        { type: 'text', text: 'hello' },
      ]);
      expect(brokenStreamRules(events)).toEqual([]);
      expect(warnings.map(({ code }) => code)).toEqual([CODE]);
      const next = await exchange({ messages: [userMessage('hi'), turn.message, userMessage('more')] }, model);
      expect(next.body['messages']).toMatchObject([{}, { content: [{ type: 'text', text: 'hello' }] }, {}]);
    },
  );

  test.each(['claude-opus-5', 'claude-mythos-5-1', 'claude-opus-4-8'])('of %s go back as they came', async (model) => {
    const { turn, warnings } = await exchange({ ...reminded(), think: 'high' }, model, THOUGHTFUL);
    expect(turn.message.content).toMatchObject([{ signature: 'sig' }, { data: 'hidden' }, { text: 'hello' }]);
    expect(warnings).toEqual([]);
  });

  test('are no loss where there is no transient message, or the model does not think', async () => {
    const plain = await exchange(hello(), 'claude-opus-5-5', THOUGHTFUL);
    expect(plain.turn.message.content).toMatchObject([{ signature: 'sig' }, { data: 'hidden' }, {}]);
    const quiet = await exchange({ ...reminded(), think: 'off' }, 'claude-haiku-5-5');
    expect([...plain.warnings, ...quiet.warnings]).toEqual([]);
  });

  test.each([
    ['anthropic/claude-opus-5.5', []],
    ['anthropic/claude-opus-5', [{ signature: 'sig' }]],
  ])('of %s are treated alike behind a gateway', async (model, kept) => {
    const detail = { type: 'reasoning.text', text: 'Hm.', signature: 'sig', format: 'anthropic-claude-v1', index: 0 };
    const other = { type: 'reasoning.encrypted', data: 'x', format: 'openai-responses-v1', index: 1 };
    const delta = { content: 'hello', reasoning_details: [detail, other] };
    const body = `data: ${JSON.stringify({ id: 'r', model, choices: [{ index: 0, delta, finish_reason: 'stop' }] })}\n\n`;
    const send = recordedFetch({ body, headers: { 'content-type': 'text/event-stream' } });
    const client = new OpenAI({ apiKey: 'k', baseURL: 'https://openrouter.ai/api/v1', fetch: send });
    const events = await collectEvents(streamOpenAIChat(client, reminded(), { model, retry: false }));
    const { content } = lastTurn(events).message;
    const [echo] = content.filter((block) => block.type === 'opaque');
    expect(echo?.data['reasoning_details']).toMatchObject([...kept, { data: 'x' }]);
    expect(content.some((block) => block.type === 'thinking' && block.signature !== undefined)).toBe(kept.length > 0);
    expect(brokenStreamRules(events)).toEqual([]);
  });
});

describe('thoughts before a transient message', () => {
  const asked: AssistantMessage = {
    role: 'assistant',
    content: [{ type: 'thinking', text: 'Hm.', signature: 'sig' }, toolCallBlock('c1', 'look', '{}')],
  };
  const result: Message = {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'look', content: [], isError: false }],
  };
  const warned = async (model: string, ...before: readonly Message[]) =>
    (await exchange({ ...reminded(...before), think: 'high' }, model)).warnings.map(({ code }) => code);

  test('are taken out by older models behind the results of tools, which costs cached messages: a warning says so (L-44)', async () => {
    expect(await warned('claude-haiku-4-5', asked, result)).toEqual([CODE]);
    expect(await warned('claude-opus-4-5', asked, result)).toEqual([]);
    expect(await warned('claude-opus-5', asked, result)).toEqual([]);
  });

  test('are out already behind a question, and no warning says so', async () => {
    expect(await warned('claude-haiku-4-5', asked, result, userMessage('And?'))).toEqual([]);
    expect(await warned('claude-haiku-4-5')).toEqual([]);
  });
});
