import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type SimulatorOptions, startSimulator } from '../src/index.ts';
import { CLAUDE, clientsOf, failureOf, GPT, LLAMA, signalled, simulate } from './support/simulate.ts';

/** As they were before any server was started. */
const GLOBALS = { Request: globalThis.Request, Response: globalThis.Response };

/** A pause that ends only when the stream is stopped, and tells when it began and ended. */
function endlessDelay() {
  const began = signalled();
  const stopped = signalled();
  const delay: NonNullable<SimulatorOptions['delay']> = (_ms, signal) => {
    began.reach();
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        stopped.reach();
        resolve();
      });
    });
  };
  return { delay, began: began.reached, stopped: stopped.reached };
}

const SLOW_REPLY = { text: 'one two three', delayMs: 1000 };
const QUESTION = { model: CLAUDE, max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };
const CHAT = { messages: [{ role: 'user' as const, content: 'hi' }], stream: true as const };

describe('a client that leaves stops its stream', () => {
  test('Anthropic', async () => {
    const { delay, began, stopped } = endlessDelay();
    const { anthropic, simulator } = await simulate(() => SLOW_REPLY, { delay });
    const stream = await anthropic.messages.create({ ...QUESTION, stream: true });
    await began;
    stream.controller.abort();
    await stopped;
    // It was asked and answered: that it was not read to the end does not make it free.
    expect(simulator.requests).toMatchObject([{ status: 200, usage: { output_tokens: expect.any(Number) } }]);
  });

  test('OpenAI', async () => {
    const { delay, began, stopped } = endlessDelay();
    const { openai } = await simulate(() => SLOW_REPLY, { delay });
    const stream = await openai.chat.completions.create({ model: GPT, ...CHAT });
    await began;
    stream.controller.abort();
    await stopped;
  });

  test('Ollama', async () => {
    const { delay, began, stopped } = endlessDelay();
    const { ollama } = await simulate(() => SLOW_REPLY, { delay });
    const stream = await ollama.chat({ model: LLAMA, ...CHAT });
    await began;
    stream.abort();
    await stopped;
  });

  test('and the server goes on serving the others', async () => {
    const { delay, began, stopped } = endlessDelay();
    const { anthropic } = await simulate(({ requestIndex }) => (requestIndex === 0 ? SLOW_REPLY : 'still here'), {
      delay,
    });
    const stream = await anthropic.messages.create({ ...QUESTION, stream: true });
    await began;
    const other = await anthropic.messages.create(QUESTION);
    expect(other.content).toMatchObject([{ text: 'still here' }]);
    stream.controller.abort();
    await stopped;
    expect((await anthropic.messages.create(QUESTION)).content).toMatchObject([{ text: 'still here' }]);
  });
});

describe('a reply with a pause', () => {
  test('waits between two events of the stream, and not before the first', async () => {
    const waits: number[] = [];
    const { anthropic } = await simulate(() => ({ text: 'one two', delayMs: 40 }), {
      delay: async (ms) => {
        waits.push(ms);
      },
    });
    let events = 0;
    for await (const _event of await anthropic.messages.create({ ...QUESTION, stream: true })) events += 1;
    expect(waits).toEqual(Array.from({ length: events - 1 }, () => 40));
  });
});

describe('close', () => {
  test('ends streams that are under way', async () => {
    const { delay, began, stopped } = endlessDelay();
    const simulator = await startSimulator({ script: () => SLOW_REPLY, delay });
    const { anthropic } = clientsOf(simulator);
    const reading = anthropic.messages.stream(QUESTION).finalMessage();
    const failure = failureOf(reading);
    await began;
    await simulator.close();
    await stopped;
    expect(await failure).toBeInstanceOf(Error);
  });

  test('ends requests whose script never answers', async () => {
    const asked = signalled();
    const simulator = await startSimulator({
      script: () => {
        asked.reach();
        return new Promise(() => {});
      },
    });
    const failure = failureOf(clientsOf(simulator).anthropic.messages.create(QUESTION));
    await asked.reached;
    await simulator.close();
    expect(await failure).toBeInstanceOf(Error);
  });

  test('may be called again, and leaves nobody listening', async () => {
    const simulator = await startSimulator({ script: () => 'hi' });
    await simulator.close();
    await simulator.close();
    expect(await failureOf(fetch(simulator.url))).toBeInstanceOf(TypeError);
  });
});

describe('the server', () => {
  test('listens on the loopback address only', async () => {
    const { simulator } = await simulate(() => 'hi');
    const { hostname, port } = new URL(simulator.url);
    expect(hostname).toBe('127.0.0.1');
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (outside) expect(await failureOf(fetch(`http://${outside.address}:${port}/`))).toBeInstanceOf(TypeError);
  });

  test('rejects a port that is taken', async () => {
    const { simulator } = await simulate(() => 'hi');
    const port = Number(new URL(simulator.url).port);
    expect(await failureOf(startSimulator({ port, script: () => 'hi' }))).toMatchObject({ code: 'EADDRINUSE' });
  });

  test('leaves the globals of its process alone', async () => {
    await simulate(() => 'hi');
    expect(globalThis.Request).toBe(GLOBALS.Request);
    expect(globalThis.Response).toBe(GLOBALS.Response);
  });
});
