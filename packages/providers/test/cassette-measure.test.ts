import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { createCassette } from '../src/cassette/index.ts';
import { cassettePath, loopbackCassette, loopbackServer, post, readLines } from './support/cassette-server.ts';

/** A vendor whose cache the second of two equal requests reads. */
const caching = () =>
  loopbackServer((response, { count }) => {
    const usage = { input_tokens: 1, cache_read_input_tokens: count > 1 ? 2_000 : 0, output_tokens: 1 };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: `msg_${count}`, usage }));
  });

const askTwice = async (origin: string, send: typeof fetch): Promise<readonly (number | null)[]> => {
  const client = new Anthropic({ apiKey: 'key', baseURL: origin, fetch: send, maxRetries: 0 });
  const ask = () =>
    client.messages.create({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'The same' }] });
  return [await ask(), await ask()].map(({ usage }) => usage.cache_read_input_tokens);
};

describe('a run that measures the cache of a vendor (L-75)', () => {
  it('would be told of no cache read by a recorded answer, so that is refused', async () => {
    const server = await caching();
    const plain = loopbackCassette({ path: cassettePath() });
    expect(await askTwice(server.origin, plain.fetch)).toEqual([0, 0]);
    await plain.close();
    const path = cassettePath();
    const measuring = loopbackCassette({ path, measureCache: true });
    await expect(askTwice(server.origin, measuring.fetch)).rejects.toMatchObject({
      cause: { code: 'cassette/measuring', retryable: false },
    });
    await measuring.close();
    expect(measuring.events.map(({ type }) => type)).toEqual(['miss', 'recorded']);
    expect(readLines(path)).toHaveLength(1);
  });

  it.each(['record', 'off'] as const)('measures the vendor itself in mode %s', async (mode) => {
    const server = await caching();
    const cassette = loopbackCassette({ path: cassettePath(), mode, measureCache: true });
    expect(await askTwice(server.origin, cassette.fetch)).toEqual([0, 2_000]);
    await cassette.close();
  });

  it('is marked for as long as a function says so', async () => {
    const server = await caching();
    let isMeasuring = false;
    const cassette = loopbackCassette({ path: cassettePath(), measureCache: () => isMeasuring });
    const ask = () => cassette.fetch(server.origin, post({}));
    await (await ask()).text();
    isMeasuring = true;
    await expect(ask()).rejects.toMatchObject({ code: 'cassette/measuring' });
    isMeasuring = false;
    expect((await ask()).status).toBe(200);
    await cassette.close();
  });

  it('is refused at once where there is only a file to ask', () => {
    expect(() => createCassette({ path: cassettePath(), mode: 'replay', measureCache: true })).toThrow(
      expect.objectContaining({ code: 'cassette/measuring' }),
    );
  });
});
