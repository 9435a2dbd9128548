import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCassette } from '../src/cassette/index.ts';
import { anthropic, type Model, ollama, openai, userMessage } from '../src/index.ts';
import { cassettePath } from './support/cassette-server.ts';

const MODELS: Readonly<Record<string, (fetch: typeof globalThis.fetch) => Model>> = {
  anthropic: (fetch) => anthropic({ apiKey: 'none', fetch }).model('claude-sonnet-5'),
  'openai responses': (fetch) => openai({ apiKey: 'none', fetch }).model('gpt-6'),
  'openai chat': (fetch) => openai({ apiKey: 'none', baseURL: 'https://api.groq.com/openai/v1', fetch }).model('m'),
  ollama: (fetch) => ollama({ fetch }).model('llama'),
};

describe.each(Object.entries(MODELS))('%s behind a cassette that has no answer', (_name, modelOf) => {
  it('ends with the words of the cassette, once and without a retry (K-22, N-17)', async () => {
    const path = cassettePath();
    writeFileSync(path, '');
    const model = modelOf(createCassette({ path, mode: 'replay' }).fetch);
    const turn = await model.stream({ messages: [userMessage('Any network?')] }, { retry: { attempts: 3 } }).turn;
    expect(turn.stopReason).toBe('error');
    expect(turn.error).toMatchObject({
      code: 'provider/cassette',
      retryable: false,
      cause: { name: 'CassetteError', code: 'cassette/miss' },
    });
    expect(turn.error?.message).toMatch(new RegExp(`^${path} has no record of POST http`));
  });
});
