import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { type Script, type Simulator, type SimulatorOptions, startSimulator, virtualClock } from '../../src/index.ts';

export const CLAUDE = 'claude-sonnet-4-6';
export const GPT = 'gpt-5';
export const LLAMA = 'llama3.1';

/** A server for the length of a test, on a clock of its own, and each vendor's own client for it. */
export async function simulate(script: Script, options: Partial<SimulatorOptions> = {}) {
  const time = virtualClock();
  const simulator = await startSimulator({ script, clock: time.now, ...options });
  onTestFinished(() => simulator.close());
  return { simulator, time, ...clientsOf(simulator) };
}

export function clientsOf({ url }: Pick<Simulator, 'url'>) {
  return {
    anthropic: new Anthropic({ baseURL: url, apiKey: 'test', maxRetries: 0 }),
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'test', maxRetries: 0 }),
    ollama: new Ollama({ host: url }),
  };
}

/** A reply with one of everything. */
export const FULL_REPLY = {
  thinking: 'Let me look at  the\nweather.',
  text: 'I will ask – ☂️ or ☀️?\n\nOne moment.  ',
  toolCalls: [
    { name: 'weather', arguments: { city: 'Århus', days: [1, 2], note: 'a "quoted" word' } },
    { name: 'clock', arguments: {} },
  ],
};

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** What a call failed with. Fails the test if it did not. */
export async function failureOf(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('The call was expected to fail, and succeeded.');
}

/** Sends bytes of any kind to a route. */
export function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
}

/** A promise and the function that resolves it. */
export function signalled(): { readonly reached: Promise<void>; readonly reach: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reached: promise, reach: resolve };
}
