import { inspect } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { anthropic, anthropicModel } from '../src/anthropic/provider.ts';
import type { Model } from '../src/model.ts';
import { ollama } from '../src/ollama/provider.ts';
import { openai, openaiChatModel, openaiResponses } from '../src/openai/provider.ts';
import { userRequest } from './support/collect-stream.ts';

/** Nothing in it tells that it is a key. */
const KEY = '7d41f0c2b9e84a55a1c3e6f08b2d9734';

type MakeModel = (fetch: typeof globalThis.fetch, baseURL?: string) => Model;

const MODELS: Readonly<Record<string, MakeModel>> = {
  anthropic: (fetch, baseURL = 'http://vendor.test') => anthropic({ apiKey: KEY, baseURL, fetch }).model('m'),
  'a client of the Anthropic SDK': (fetch, baseURL = 'http://vendor.test') =>
    anthropicModel(new Anthropic({ authToken: KEY, baseURL, fetch, logLevel: 'off' }), 'm'),
  'openai-chat': (fetch, baseURL = 'http://vendor.test') => openai({ apiKey: KEY, baseURL, fetch }).model('m'),
  'a client of the OpenAI SDK': (fetch, baseURL = 'http://vendor.test') =>
    openaiChatModel(new OpenAI({ apiKey: KEY, baseURL, fetch, logLevel: 'off' }), 'm'),
  'openai-responses': (fetch, baseURL = 'http://vendor.test') =>
    openaiResponses({ apiKey: KEY, baseURL, fetch }).model('m'),
  'openai-chat with a header of its own': (fetch, baseURL = 'http://vendor.test') =>
    openai({ apiKey: 'none', headers: { 'x-gateway-token': KEY }, baseURL, fetch }).model('m'),
  ollama: (fetch, host = 'http://vendor.test') =>
    ollama({ host, fetch, headers: { Authorization: `Bearer ${KEY}` } }).model('m'),
};

const IN_STREAM: Readonly<Record<string, object>> = {
  anthropic: { type: 'error', error: { type: 'authentication_error', message: `invalid key ${KEY}` } },
  'openai-responses': { type: 'error', message: `invalid key ${KEY}`, code: 'invalid_api_key' },
  ollama: { error: { message: `invalid key ${KEY}` } },
  'openai-chat': { error: { message: `invalid key ${KEY}`, code: 'invalid_api_key' } },
};

async function errorOf(model: Model) {
  const { error } = await model.stream(userRequest('hi'), { retry: false }).turn;
  expect(error).toBeDefined();
  return { error, told: inspect(error, { depth: 10, showHidden: true }) };
}

beforeEach(() => {
  // Its client tells the console what it does with a failure.
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

describe.each(Object.entries(MODELS))('an error of %s', (_name, make) => {
  it.each<[string, () => Response]>([
    ['in the message', () => failure({ message: `Incorrect API key provided: ${KEY}.` })],
    ['beside the message', () => failure({ message: 'Not known here.', given: { key: KEY } })],
    ['as text', () => new Response(`who is ${KEY}?`, { status: 401 })],
  ])('holds its own key nowhere, though the vendor repeats it %s (I10)', async (_where, answer) => {
    const { error, told } = await errorOf(make(async () => answer()));
    expect(error?.status).toBe(401);
    expect(error?.code).toBe('provider/auth');
    expect(told).not.toContain(KEY);
  });

  it('holds no user and password of an address (I10)', async () => {
    const sent: typeof fetch = (url) => Promise.reject(new TypeError(`Cannot be fetched: ${String(url)}`));
    const { told } = await errorOf(make(sent, 'http://anna:hunter2@vendor.test'));
    expect(told).not.toMatch(/anna|hunter2/);
    expect(told).toContain('vendor.test');
  });

  it.each(['pplx-', 'hf_', 'nvapi-', 'fw_', 'api-key: ', 'x-api-key=', 'https://a.test/?key=', '://me:'])(
    'holds nothing that looks like the key of another: %s (I10)',
    async (start) => {
      const { told } = await errorOf(make(async () => failure({ message: `no ${start}a1b2c3d4e5f6@x` })));
      expect(told).not.toContain('a1b2c3d4e5f6');
    },
  );
});

describe.each(Object.entries(IN_STREAM))('an error inside a stream of %s', (name, event) => {
  it('holds its own key nowhere (I10)', async () => {
    const { error, told } = await errorOf((MODELS[name] as MakeModel)(async () => streamOf(name, event)));
    expect(error?.message).toContain('invalid key [withheld]');
    expect(told).not.toContain(KEY);
  });
});

it('an error object of an Ollama server says what it says', async () => {
  const make = MODELS['ollama'] as MakeModel;
  expect((await errorOf(make(async () => failure({ message: 'no such model' })))).error?.message).toBe('no such model');
});

it('an error without credentials keeps its cause', async () => {
  const { error } = await errorOf((MODELS['anthropic'] as MakeModel)(async () => failure({ message: 'No.' })));
  expect(error?.cause).toBeDefined();
});

function failure(error: object): Response {
  return new Response(JSON.stringify({ error }), { status: 401, headers: { 'content-type': 'application/json' } });
}

function streamOf(name: string, event: object): Response {
  const isLines = name === 'ollama';
  const type = 'type' in event ? `event: ${event.type}\n` : '';
  return new Response(isLines ? `${JSON.stringify(event)}\n` : `${type}data: ${JSON.stringify(event)}\n\n`, {
    headers: { 'content-type': isLines ? 'application/x-ndjson' : 'text/event-stream' },
  });
}
