import { Buffer } from 'node:buffer';
import { anthropic, type Message, type Model, promptTokenCount, tokenCounts, userMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CountedRequest, estimateNextRequest } from '../src/context/estimate-request.ts';
import { outputCap } from '../src/context/output-cap.ts';
import { FAMILIES, FAMILY_NAMES, LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';

const AT = Date.UTC(2026, 10, 1);

/** Text that tokenizers find hard: many bytes a character, no words, control characters. */
const oddText = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  fc.constantFrom('word '.repeat(50), '𓀀𓀁𓀂'.repeat(10), '\u0000\u0001"\\', '<|endoftext|>', '﷽﷽﷽', 'a'.repeat(300)),
);

const png = { type: 'image', mediaType: 'image/png', data: Buffer.alloc(40_000, 7).toString('base64') } as const;

async function ask(model: Model, messages: readonly Message[], last: CountedRequest | undefined) {
  const request = { system: LONG_SYSTEM_PROMPT, messages };
  const estimate = estimateNextRequest({ model, request, at: AT, last });
  const turn = await model.stream(request).turn;
  const { family, id } = model;
  const counted = { ...estimate.prefix, family, id, startedAt: AT, tokens: turn.tokens };
  return { estimate, turn, counted, prompt: promptTokenCount(turn.tokens) };
}

describe.each(FAMILY_NAMES)('the estimate of a request to %s', (family) => {
  it('is never below what the server counts, whatever is in it (N-20)', async () => {
    const server = await simulator(() => 'Yes.');
    const model = FAMILIES[family](server.url);
    // Of these bodies the simulator takes a picture for its text.
    const isSized = family !== 'openai-responses';
    const property = fc.asyncProperty(
      fc.array(oddText, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (texts, seen) => {
        let messages: readonly Message[] = [];
        let last: CountedRequest | undefined;
        for (const [index, text] of texts.entries()) {
          const input = userMessage(text);
          const asked = seen && isSized && index === 1 ? { ...input, content: [...input.content, png] } : input;
          messages = [...messages, asked];
          const { estimate, turn, counted, prompt } = await ask(model, messages, last);
          expect(turn.error).toBeUndefined();
          expect(prompt).toBeLessThanOrEqual(estimate.prompt.atMost);
          expect(estimate.prompt.expected).toBeLessThanOrEqual(estimate.prompt.atMost);
          messages = [...messages, turn.message];
          last = counted;
        }
      },
    );
    await fc.assert(property, { numRuns: 25 });
  }, 60_000);
});

describe('an estimate', () => {
  async function claude() {
    const server = await simulator(() => 'Yes.');
    const model = FAMILIES.anthropic(server.url);
    return model;
  }

  it('goes by what was counted, as long as the request begins with it', async () => {
    const model = await claude();
    const first = await ask(model, [userMessage('one')], undefined);
    const messages = [userMessage('one'), first.turn.message, userMessage('two')];
    const known = await ask(model, messages, first.counted);
    const unknown = await ask(model, messages, undefined);
    const other = await ask(model, [userMessage('another'), ...messages.slice(1)], first.counted);
    const tokens = Number(first.prompt);
    expect(known.estimate.prompt.atMost).toBeLessThan(tokens + 600);
    expect(unknown.estimate.prompt.atMost).toBeGreaterThan(tokens * 2);
    expect(other.estimate.prompt.atMost).toBeGreaterThan(tokens * 2);
  });

  it('takes a picture for what it can be, not for its bytes', async () => {
    const model = await claude();
    const messages = [{ role: 'user' as const, content: [png] }];
    const { prompt } = estimateNextRequest({ model, request: { messages }, at: AT });
    expect(prompt.atMost).toBeLessThan(png.data.length / 2);
  });

  it('is warm until what was kept has died, and then cold', async () => {
    const model = await claude();
    const first = await ask(model, [userMessage('one')], undefined);
    const request = {
      system: LONG_SYSTEM_PROMPT,
      messages: [userMessage('one'), first.turn.message, userMessage('two')],
    };
    const at = (ms: number) => estimateNextRequest({ model, request, at: AT + ms, last: first.counted });
    const [warm, cold] = [at(299_000), at(300_000)];
    expect(warm.heldTokens).toBe(first.turn.cacheWriteTokens);
    expect(cold.heldTokens).toBe(0);
    expect(warm.picoUsd.warm).toBeLessThan(warm.picoUsd.cold ?? 0n);
    expect(cold.picoUsd.warm).toBe(warm.picoUsd.cold);
    expect(warm.picoUsd.cold).toBeLessThanOrEqual(warm.picoUsd.atMost?.total ?? 0n);
  });

  it('keeps an unknown price unknown (I11)', async () => {
    const server = await simulator(() => 'Yes.');
    const model = FAMILIES.ollama(server.url);
    const { picoUsd } = estimateNextRequest({ model, request: { messages: [userMessage('hi')] }, at: AT });
    expect(picoUsd).toEqual({ warm: undefined, cold: undefined, atMost: undefined });
  });

  it('knows what a vendor charges more for: a longer lifetime, a dearer tier', async () => {
    const model = await claude();
    const mostOf = (more: object) => {
      const request = { system: LONG_SYSTEM_PROMPT, messages: [userMessage('hi')], ...more };
      return estimateNextRequest({ model, request, at: AT }).picoUsd.atMost?.prompt ?? 0n;
    };
    const plain = mostOf({ cache: 'none' });
    expect(mostOf({})).toBe((plain * 5n) / 4n);
    expect(mostOf({ cache: { breakpoints: ['last'], ttl: '1h' } })).toBe(plain * 2n);
    expect(mostOf({ cache: 'none', vendorOptions: { speed: 'fast' } })).toBeGreaterThan(plain * 2n);
  });

  it('does not take what was not reported for nothing', async () => {
    const model = await claude();
    const first = await ask(model, [userMessage('one')], undefined);
    const last = { ...first.counted, tokens: tokenCounts() };
    const messages = [userMessage('one'), first.turn.message, userMessage('two')];
    const { estimate } = await ask(model, messages, last);
    expect(estimate.prompt.atMost).toBeGreaterThan(Number(first.prompt) * 2);
  });
});

describe('the cap of an answer', () => {
  const THINK = [undefined, 'off', 'low', 'medium', 'high', 'max'] as const;

  it.each(['claude-opus-5', 'claude-haiku-4-5', 'claude-opus-4-0', 'claude-3-5-haiku'])(
    '%s: is never below what is sent to the vendor',
    async (id) => {
      const server = await simulator(() => 'Yes.');
      const model = anthropic({ apiKey: 'simulated', baseURL: server.url }).model(id);
      for (const think of THINK) {
        const request = { messages: [userMessage('hi')], ...(think ? { think } : {}) };
        await model.stream(request).turn;
        const sent = Number(Reflect.get(Object(server.requests.at(-1)?.body), 'max_tokens'));
        expect(sent).toBeLessThanOrEqual(outputCap(model, request).atMost);
      }
    },
  );
});
