import { cacheRules, EMPTY_CACHE, serveFromCache } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../src/random.ts';
import { createVendorCache } from '../src/vendor-cache.ts';
import { CLAUDE, simulate } from './support/simulate.ts';

describe('a server that runs for long', () => {
  test('keeps the newest requests, as many as their bodies have room for', async () => {
    const { simulator, anthropic } = await simulate(() => 'Yes.', { maxLogBytes: 10_000 });
    for (let request = 0; request < 30; request += 1) {
      const messages = [{ role: 'user' as const, content: `${request} ${'x'.repeat(1000)}` }];
      await anthropic.messages.create({ model: CLAUDE, max_tokens: 9, messages });
    }
    const kept = simulator.requests.map(({ index }) => index);
    expect(kept.length).toBeGreaterThan(5);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, back) => 30 - kept.length + back));
  });

  test('keeps the newest request whatever its size', async () => {
    const { simulator, anthropic } = await simulate(() => 'Yes.', { maxLogBytes: 1 });
    await anthropic.messages.create({ model: CLAUDE, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });
    expect(simulator.requests).toHaveLength(1);
  });

  test.each([
    ['anthropic', CLAUDE],
    ['openai-chat', 'gpt-5'],
    ['ollama', 'llama4'],
  ])('serves %s from a crowded cache as the model does', (family, model) => {
    const rules = cacheRules(family, model);
    const random = seededRandom(20_261_121);
    const cache = createVendorCache(rules, 100);
    let state = EMPTY_CACHE;
    for (let number = 0; number < 1500; number += 1) {
      const conversation = Math.floor(random() * 200);
      const blocks = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => ({
        hash: `${index < 1 ? 'shared' : conversation} ${index}`,
        kind: 'text',
        tokens: 1500,
      }));
      const request = {
        blocks,
        marks: [{ blockIndex: blocks.length - 1, lifetime: '5m' as const }],
        at: number * 400,
      };
      const expected = serveFromCache(state, request, rules);
      const { fresh, read, written } = cache.look(request);
      expect({ fresh, read, written }).toEqual({
        fresh: expected.fresh,
        read: expected.read,
        written: expected.written,
      });
      cache.keep(request);
      state = expected.state;
    }
  });
});
