import {
  type AssistantTurn,
  anthropic,
  type Model,
  ollama,
  openai,
  openaiResponses,
  type StreamEvent,
  type StreamOptions,
  userMessage,
} from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import type { Fault, FaultRule, Script, SimulatorOptions } from '../src/index.ts';
import { CLAUDE, GPT, LLAMA, simulate } from './support/simulate.ts';

const MODELS: readonly (readonly [family: string, model: (url: string) => Model])[] = [
  ['anthropic', (url) => anthropic({ apiKey: 'x', baseURL: url }).model(CLAUDE)],
  ['openai-chat', (url) => openai({ apiKey: 'x', baseURL: `${url}/v1` }).model(GPT)],
  ['openai-responses', (url) => openaiResponses({ apiKey: 'x', baseURL: `${url}/v1` }).model(GPT)],
  ['ollama', (url) => ollama({ host: url }).model(LLAMA)],
];

const WORDS = 'one two three four five six seven eight nine ten';
const SYSTEM = Array.from({ length: 400 }, (_, line) => `Rule ${line}: be exact.`).join('\n');

async function faulty(
  faults: readonly FaultRule[],
  options: Partial<SimulatorOptions> = {},
  script: Script = () => WORDS,
) {
  const { simulator, time } = await simulate(script, { faults, ...options });
  const ask = async (model: (url: string) => Model, streamOptions: StreamOptions = { retry: false }) => {
    const events: StreamEvent[] = [];
    const stream = model(simulator.url).stream({ system: SYSTEM, messages: [userMessage('Go on.')] }, streamOptions);
    for await (const event of stream) events.push(event);
    return { events, turn: await stream.turn };
  };
  return { simulator, time, ask };
}

const once = (fault: Fault): readonly FaultRule[] => [{ fault, times: 1 }];

function textOf({ message }: AssistantTurn): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

describe.each(MODELS)('%s: a fault', (_family, model) => {
  test('of the status comes with its wait, and is over after so many times', async () => {
    const { ask, simulator } = await faulty([{ fault: { type: 'status', status: 429, retryAfterMs: 1000 }, times: 1 }]);
    const first = await ask(model);
    expect(first.turn.error).toMatchObject({ code: 'provider/rate-limited', status: 429, retryable: true });
    const second = await ask(model);
    expect(textOf(second.turn)).toBe(WORDS);
    expect(simulator.requests.map(({ status, verdict }) => [status, verdict.fresh > 0])).toEqual([
      [429, false],
      [200, expect.any(Boolean)],
    ]);
  });

  test.each([
    ['a cut after events', { type: 'cut', afterEvents: 4 }, /provider\/(network|stream-cut)/],
    ['a cut after bytes', { type: 'cut', afterBytes: 900 }, /provider\/(network|stream-cut)/],
    ['an early end', { type: 'early-end', afterEvents: 4 }, /provider\/stream-cut/],
    ['a stall', { type: 'stall', afterEvents: 4 }, /provider\/stalled/],
  ] as const)('%s leaves what had arrived', async (_name, fault, code) => {
    const { ask } = await faulty(once(fault));
    const { turn } = await ask(model, { retry: false, stallTimeoutMs: 60 });
    expect(turn.stopReason).toBe('error');
    expect(turn.error?.code).toMatch(code);
    expect(WORDS.startsWith(textOf(turn))).toBe(true);
    expect(textOf(turn)).not.toBe(WORDS);
  });

  test('of the usage: left out it is not reported, and twice it is counted once', async () => {
    const whole = (await (await faulty([])).ask(model)).turn;
    const { turn: silent } = await (await faulty(once({ type: 'usage', usage: 'missing' }))).ask(model);
    expect(silent).toMatchObject({ usageState: 'none', tokens: { fresh: 'not-reported', output: 'not-reported' } });
    const { turn: repeated } = await (await faulty(once({ type: 'usage', usage: 'repeated' }))).ask(model);
    expect(repeated.tokens).toEqual(whole.tokens);
  });

  test('of a replica that holds nothing reads nothing, once', async () => {
    const { ask } = await faulty([{ fault: { type: 'replica-miss' }, when: { requestIndexes: [1] } }]);
    const reads: number[] = [];
    for (let request = 0; request < 3; request += 1) reads.push((await ask(model)).turn.cacheReadTokens);
    expect(reads).toEqual([0, 0, expect.any(Number)]);
    expect(reads[2]).toBeGreaterThan(1000);
  });

  test('of the clock lets an entry expire before its time', async () => {
    const { ask } = await faulty([{ fault: { type: 'clock-skew', ms: 6 * 60_000 }, when: { requestIndexes: [1] } }]);
    await ask(model);
    expect((await ask(model)).turn.cacheReadTokens).toBe(0);
  });
});

describe('faults', () => {
  test.each(MODELS)('an event that is no JSON ends the turn of %s with its name', async (_family, model) => {
    const { ask } = await faulty(once({ type: 'malformed-event', atEvent: 3 }));
    expect((await ask(model)).turn.error?.code).toBe('provider/malformed-stream');
  });

  const [[, claude]] = MODELS as [(typeof MODELS)[0]];

  test('a slow start waits before the first byte', async () => {
    const waits: number[] = [];
    const delay = async (ms: number) => void waits.push(ms);
    const { ask } = await faulty(once({ type: 'slow-start', delayMs: 5000 }), { delay });
    await ask(claude);
    expect(waits).toEqual([5000]);
  });

  test('strike only what their condition fits', async () => {
    const { simulator } = await faulty([
      {
        fault: { type: 'status', status: 529 },
        when: { family: 'anthropic', model: CLAUDE, requestIndexes: [0, 1, 3] },
      },
    ]);
    for (const [, model] of [MODELS[0], MODELS[1], MODELS[0], MODELS[0]] as (typeof MODELS)[number][]) {
      await model(simulator.url).stream({ messages: [userMessage('hi')] }, { retry: false }).turn;
    }
    expect(simulator.requests.map(({ status }) => status)).toEqual([529, 200, 200, 529]);
  });

  test('of chance strike the same requests for the same seed', async () => {
    const rules: readonly FaultRule[] = [{ fault: { type: 'status', status: 500 }, probability: 0.5 }];
    const strikes = async (seed: number) => {
      const { simulator, ask } = await faulty(rules, { seed });
      for (let request = 0; request < 24; request += 1) await ask(claude);
      return simulator.requests.map(({ status }) => status);
    };
    const first = await strikes(7);
    expect(await strikes(7)).toEqual(first);
    expect(await strikes(8)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });

  test('of the status are retried by a model that may', async () => {
    const { ask } = await faulty([{ fault: { type: 'status', status: 529 }, times: 2 }]);
    const { events, turn } = await ask(claude, { retry: { attempts: 3, maxDelayMs: 5 } });
    expect(events.filter(({ type }) => type === 'retry')).toHaveLength(2);
    expect(textOf(turn)).toBe(WORDS);
  });
});
