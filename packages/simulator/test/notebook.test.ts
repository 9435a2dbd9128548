import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { CLAUDE, GPT, LLAMA, simulate } from './support/simulate.ts';

// A notebook's caching tests: a history of one line repeated 250 times, asked about twice. Against a vendor they pass now and then; here
// always, and to the token.
const MINUTE_MS = 60_000;
const LINE = 'The quick brown fox jumps over the lazy dog.';
const HISTORY = Array.from({ length: 250 }, () => LINE).join('\n');

type Message = Anthropic.Messages.MessageParam;

function user(text: string, isMarked = false): Message {
  return {
    role: 'user',
    content: [{ type: 'text', text, ...(isMarked ? { cache_control: { type: 'ephemeral' } } : {}) }],
  };
}

function ask(messages: Message[]): Anthropic.Messages.MessageCreateParamsNonStreaming {
  return { model: CLAUDE, max_tokens: 100, messages };
}

/** `[fresh, read, written]`. */
function counts({ usage }: Anthropic.Messages.Message) {
  return [usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens];
}

describe('Anthropic, history marked at its end (L-71)', () => {
  const first = [user(HISTORY, true)];
  const second = [
    ...first,
    { role: 'assistant' as const, content: 'A fox and a dog.' },
    user('Which of them jumps?', true),
  ];

  test('the first call writes the history and reads nothing; with two more messages exactly that is read', async () => {
    const { anthropic } = await simulate(() => 'A fox and a dog.');
    const { input_tokens: size } = await anthropic.messages.countTokens({ model: CLAUDE, messages: first });
    const { input_tokens: sizeOfBoth } = await anthropic.messages.countTokens({ model: CLAUDE, messages: second });
    expect(size).toBeGreaterThan(1000);
    expect(counts(await anthropic.messages.create(ask(first)))).toEqual([0, 0, size]);
    expect(counts(await anthropic.messages.create(ask(second)))).toEqual([0, size, sizeOfBoth - size]);
    expect(counts(await anthropic.messages.create(ask(second)))).toEqual([0, sizeOfBoth, 0]);
  });

  test('streamed, it counts the same', async () => {
    const { anthropic } = await simulate(() => 'A fox and a dog.');
    const written = (await anthropic.messages.stream(ask(first)).finalMessage()).usage.cache_creation_input_tokens;
    const [fresh, read] = counts(await anthropic.messages.stream(ask(second)).finalMessage());
    expect([fresh, read]).toEqual([0, written]);
  });

  test('five minutes later it is written again, unless it was read in between', async () => {
    const { anthropic, time } = await simulate(() => 'A fox and a dog.');
    const written = (await anthropic.messages.create(ask(first))).usage.cache_creation_input_tokens;
    time.advance(5 * MINUTE_MS - 1);
    expect(counts(await anthropic.messages.create(ask(first)))).toEqual([0, written, 0]);
    time.advance(5 * MINUTE_MS);
    expect(counts(await anthropic.messages.create(ask(first)))).toEqual([0, 0, written]);
  });

  test('the same run gives the same numbers (L-74)', async () => {
    const runs = [0, 1].map(async () => {
      const { anthropic } = await simulate(() => 'A fox and a dog.');
      const one = counts(await anthropic.messages.create(ask(first)));
      return [one, counts(await anthropic.messages.create(ask(second)))];
    });
    const [one, two] = await Promise.all(runs);
    expect(one).toEqual(two);
  });
});

describe('Anthropic, one byte of the history flipped (L-72)', () => {
  const marked = (text: string): Message[] => [
    user(HISTORY, true),
    { role: 'assistant', content: 'Yes.' },
    user(text, true),
  ];

  test.each([
    ['the first', (text: string) => `${String.fromCharCode(text.charCodeAt(0) ^ 1)}${text.slice(1)}`],
    ['one in the middle', (text: string) => `${text.slice(0, 5000)}_${text.slice(5001)}`],
    ['the last', (text: string) => `${text.slice(0, -1)}!`],
    ['one more', (text: string) => `${text} `],
  ])('%s: nothing is read', async (_name, flip) => {
    const { anthropic } = await simulate(() => 'Yes.');
    const [, , written] = counts(await anthropic.messages.create(ask([user(HISTORY, true)])));
    const flipped = flip(HISTORY);
    const [fresh, read, writtenAgain] = counts(await anthropic.messages.create(ask([user(flipped, true)])));
    expect([fresh, read]).toEqual([0, 0]);
    expect(writtenAgain).toBeGreaterThan(1000);
    expect(written).toBeGreaterThan(1000);
  });

  test('behind the first mark: the first mark alone is read', async () => {
    const { anthropic } = await simulate(() => 'Yes.');
    const { input_tokens: size } = await anthropic.messages.countTokens({ model: CLAUDE, messages: [user(HISTORY)] });
    await anthropic.messages.create(ask(marked(`${HISTORY}?`)));
    expect(counts(await anthropic.messages.create(ask(marked(`${HISTORY}!`))))[1]).toBe(size);
  });
});

test('OpenAI: the same history is read in whole steps from the second call on (L-71)', async () => {
  const { openai } = await simulate(() => 'A fox and a dog.');
  const usageOf = async (...texts: string[]) => {
    const messages = texts.map((content) => ({ role: 'user' as const, content }));
    return (await openai.chat.completions.create({ model: GPT, messages })).usage;
  };
  const first = await usageOf(HISTORY);
  expect(first?.prompt_tokens_details?.cached_tokens).toBe(0);
  const size = first?.prompt_tokens ?? 0;
  expect(size).toBeGreaterThan(1024);
  const second = await usageOf(HISTORY, 'Which of them jumps?');
  expect(second?.prompt_tokens_details?.cached_tokens).toBe(size - (size % 128));
});

describe('Ollama: the history stays as long as the model is loaded', () => {
  test.each([
    [undefined, 5 * MINUTE_MS - 1, true],
    [undefined, 5 * MINUTE_MS, false],
    ['10m', 9 * MINUTE_MS, true],
    [30, 30_000, false],
    [0, 0, false],
    [-1, 10_000 * MINUTE_MS, true],
  ] as const)('keep_alive %j, %i ms later: read %s', async (keepAlive, pauseMs, isRead) => {
    const { ollama, simulator, time } = await simulate(() => 'A fox and a dog.');
    const chat = () =>
      ollama.chat({
        model: LLAMA,
        messages: [{ role: 'user', content: HISTORY }],
        ...(keepAlive === undefined ? {} : { keep_alive: keepAlive }),
      });
    const { prompt_eval_count: size } = await chat();
    time.advance(pauseMs);
    await chat();
    expect(simulator.requests[1]?.verdict.read).toBe(isRead ? size : 0);
  });
});
