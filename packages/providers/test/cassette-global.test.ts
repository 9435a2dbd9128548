import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type CassetteOptions, createCassette } from '../src/cassette/index.ts';
import { cassettePath, loopbackCassette, loopbackServer, post, readLines } from './support/cassette-server.ts';

const original = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = original;
});

const counting = () => loopbackServer((response, { count }) => void response.end(`{"answer":${count}}`));

/** A cassette that writes down its name when it is asked, and one that has no `fetch` of its own. */
function named(name: string, heard: string[], options: CassetteOptions = {}): ReturnType<typeof createCassette> {
  return createCassette({
    path: cassettePath(),
    domains: ['127.0.0.1'],
    onEvent: ({ type }) => void (type === 'miss' && heard.push(name)),
    ...options,
  });
}

describe('a cassette in the place of the global fetch', () => {
  it('answers every SDK that takes no fetch, and gives the original back (K-02, K-14)', async () => {
    const server = await loopbackServer((response, { incoming }) => {
      response.setHeader('content-type', 'application/json');
      const isAnthropic = incoming.url === '/v1/messages';
      response.end(isAnthropic ? '{"id":"msg_1"}' : '{"id":"chatcmpl-1","message":{"content":"x"},"done":true}');
    });
    const cassette = loopbackCassette({ path: cassettePath() });
    cassette.enable();
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const ask = async () => [
      await new Anthropic({ apiKey: 'key', baseURL: server.origin, maxRetries: 0 }).messages.create({
        model: 'm',
        max_tokens: 1,
        messages,
      }),
      await new OpenAI({ apiKey: 'key', baseURL: `${server.origin}/v1`, maxRetries: 0 }).chat.completions.create({
        model: 'm',
        messages,
      }),
      await new Ollama({ host: server.origin }).chat({ model: 'm', messages }),
    ];
    const recorded = await ask();
    expect(await ask()).toEqual(recorded);
    expect(server.requests).toHaveLength(3);
    cassette.disable();
    expect(globalThis.fetch).toBe(original);
    await ask();
    expect(server.requests).toHaveLength(6);
    await cassette.close();
  });

  it('is enabled twice and disabled twice to no harm (K-14)', async () => {
    const cassette = createCassette({ path: cassettePath() });
    const enabled = cassette.enable();
    const standIn = globalThis.fetch;
    expect(enabled.enable()).toBe(cassette);
    expect(globalThis.fetch).toBe(standIn);
    cassette.disable();
    cassette.disable();
    expect(globalThis.fetch).toBe(original);
    cassette.enable();
    expect(globalThis.fetch).not.toBe(original);
    await cassette.close();
    expect(globalThis.fetch).toBe(original);
    expect(() => cassette.enable()).toThrow(expect.objectContaining({ code: 'cassette/closed' }));
  });

  it('goes at the end of a using block, and is written at the end of an await using block (K-14)', async () => {
    const server = await counting();
    const [one, two] = [cassettePath(), cassettePath()];
    let kept = original;
    {
      using _ = createCassette({ path: one, domains: ['127.0.0.1'] }).enable();
      kept = globalThis.fetch;
      await (await fetch(server.origin, post({ q: 1 }))).text();
    }
    expect(globalThis.fetch).toBe(original);
    expect(await (await kept(server.origin, post({ q: 1 }))).json()).toEqual({ answer: 2 });
    {
      await using _ = createCassette({ path: two, domains: ['127.0.0.1'] }).enable();
      await (await fetch(server.origin, post({ q: 1 }))).text();
    }
    expect(globalThis.fetch).toBe(original);
    expect(readLines(two)).toHaveLength(1);
  });
});

describe('two cassettes in the place of the global fetch', () => {
  it('the last enabled is asked first, and sends through the one before (K-14)', async () => {
    const server = await counting();
    const heard: string[] = [];
    // Made in the other order: what counts is which is enabled last.
    const second = named('second', heard);
    const first = named('first', heard);
    first.enable();
    second.enable();
    await (await fetch(server.origin, post({ q: 1 }))).text();
    expect(heard).toEqual(['second', 'first']);
    await (await fetch(server.origin, post({ q: 1 }))).text();
    expect([heard, server.requests]).toEqual([['second', 'first'], ['{"q":1}']]);
    await Promise.all([first.close(), second.close()]);
  });

  it('one with a fetch of its own sends through that (K-02)', async () => {
    const heard: string[] = [];
    const first = named('first', heard).enable();
    const second = named('second', heard, { fetch: async () => new Response('own') }).enable();
    expect(await (await fetch('http://127.0.0.1:9/')).text()).toBe('own');
    expect(heard).toEqual(['second']);
    await Promise.all([first.close(), second.close()]);
  });

  it('each goes without the other, in any order, and none comes back (K-14)', async () => {
    const server = await counting();
    const orders = [
      ['a', 'b', 'c'],
      ['a', 'c', 'b'],
      ['b', 'a', 'c'],
      ['b', 'c', 'a'],
      ['c', 'a', 'b'],
      ['c', 'b', 'a'],
    ];
    for (const order of orders) {
      const heard: string[] = [];
      const cassettes = new Map(['a', 'b', 'c'].map((name) => [name, named(name, heard).enable()]));
      const left = new Set(['c', 'b', 'a']);
      for (const name of order) {
        cassettes.get(name)?.disable();
        left.delete(name);
        heard.length = 0;
        await (await fetch(server.origin, post({ order, name }))).text();
        expect(heard).toEqual([...left]);
      }
      expect(globalThis.fetch).toBe(original);
      await Promise.all([...cassettes.values()].map((cassette) => cassette.close()));
    }
  });

  it('one that was enabled again is the last (K-14)', async () => {
    const server = await counting();
    const heard: string[] = [];
    const first = named('first', heard).enable();
    const second = named('second', heard).enable();
    first.disable();
    first.enable();
    await (await fetch(server.origin, post({}))).text();
    expect(heard).toEqual(['first', 'second']);
    second.disable();
    first.disable();
    expect(globalThis.fetch).toBe(original);
    await Promise.all([first.close(), second.close()]);
  });

  it('leaves what somebody else put over it, and is not heard through it (K-14)', async () => {
    const server = await counting();
    const heard: string[] = [];
    const cassette = named('cassette', heard).enable();
    const below = globalThis.fetch;
    const other: typeof fetch = (input, init) => below(input, init);
    globalThis.fetch = other;
    cassette.disable();
    expect(globalThis.fetch).toBe(other);
    expect(await (await fetch(server.origin, post({}))).json()).toEqual({ answer: 1 });
    expect(heard).toEqual([]);
    // The other restores what it found, which is a cassette that has gone.
    globalThis.fetch = below;
    expect(await (await fetch(server.origin, post({}))).json()).toEqual({ answer: 2 });
    expect(heard).toEqual([]);
    await cassette.close();
  });
});
