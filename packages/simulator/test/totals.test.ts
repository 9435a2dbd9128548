import { asArray, asObject } from '@reprise/providers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLAUDE, GPT, LLAMA, post, simulate } from './support/simulate.ts';

const said = fc.nat({ max: 400 }).map((words) => `said ${'word '.repeat(words)}`);
const steps = fc.array(
  fc.record({ said, marksIt: fc.boolean(), forgets: fc.boolean(), pauseMs: fc.nat({ max: 600_000 }) }),
  { minLength: 2, maxLength: 8 },
);

/** What each vendor's usage object says of the prompt: all of it, what was read, what was written. */
const READERS = {
  '/v1/messages': (usage: Counters) => {
    const split = asObject(usage['cache_creation']) ?? {};
    const written = number(split['ephemeral_5m_input_tokens']) + number(split['ephemeral_1h_input_tokens']);
    expect(usage['cache_creation_input_tokens']).toBe(written);
    const read = number(usage['cache_read_input_tokens']);
    return { total: number(usage['input_tokens']) + read + written, read, written };
  },
  '/v1/chat/completions': (usage: Counters) => ({
    total: number(usage['prompt_tokens']),
    read: number(asObject(usage['prompt_tokens_details'])?.['cached_tokens']),
    written: 0,
  }),
  '/api/chat': (usage: Counters) => ({
    total: number(usage['prompt_eval_count']),
    read: number(usage['prompt_eval_cached_count']),
    written: 0,
  }),
};

type Counters = Readonly<Record<string, unknown>>;

test.each([
  ['/v1/messages', CLAUDE],
  ['/v1/chat/completions', GPT],
  ['/api/chat', LLAMA],
] as const)('the buckets of any session close over its prompt: %s', async (path, model) => {
  const { simulator, time } = await simulate(() => 'Well.');
  const headers = { authorization: 'Bearer test', 'anthropic-version': '2026-10-21' };
  const sizes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(steps, async (session) => {
      let history: object[] = [];
      for (const { said: text, marksIt, forgets, pauseMs } of session) {
        time.advance(pauseMs);
        if (forgets) history = [];
        const question = { role: 'user', content: path === '/v1/messages' ? [textBlock(text, marksIt)] : text };
        const body = { model, max_tokens: 9, stream: false, messages: [...history, question] };
        const response = await post(`${simulator.url}${path}`, JSON.stringify(body), headers);
        expect(response.status).toBe(200);
        await response.text();

        const { usage, verdict, prefixHashes } = simulator.requests.at(-1) ?? {};
        const { total, read, written } = READERS[path](asObject(usage) ?? {});
        const parts = [verdict?.fresh ?? -1, verdict?.read ?? -1, ...Object.values(verdict?.written ?? {})];
        expect(parts.every((tokens) => tokens >= 0)).toBe(true);
        expect(parts.reduce((sum, tokens) => sum + tokens)).toBe(total);
        expect(total).toBeGreaterThanOrEqual(read + written);
        // The same prompt has the same size, whatever of it was cached.
        const name = prefixHashes?.at(-1) ?? '';
        expect(sizes.get(name) ?? total).toBe(total);
        sizes.set(name, total);
        history = [...history, unmarked(question), { role: 'assistant', content: 'Well.' }];
      }
    }),
    { numRuns: 15 },
  );
});

function textBlock(text: string, isMarked: boolean): object {
  return { type: 'text', text, ...(isMarked ? { cache_control: { type: 'ephemeral' } } : {}) };
}

function unmarked(message: { readonly role: string; readonly content: unknown }): object {
  if (typeof message.content === 'string') return message;
  return {
    role: message.role,
    content: asArray(message.content).map((block) => {
      const { cache_control: _mark, ...rest } = asObject(block) ?? {};
      return rest;
    }),
  };
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
