import { beforeEach, describe, expect, it, vi } from 'vitest';
import { completeTurn } from '../src/model.ts';
import { resolveModel } from '../src/resolve-model.ts';
import { userRequest } from './support/collect-stream.ts';

beforeEach(() => {
  vi.stubEnv('ANTHROPIC_API_KEY', '');
  vi.stubEnv('OPENAI_API_KEY', '');
  return () => vi.unstubAllEnvs();
});

describe('resolveModel', () => {
  it.each([
    ['anthropic/claude-opus-4-8', 'claude-opus-4-8', 'anthropic'],
    ['openai/gpt-6', 'gpt-6', 'openai-chat'],
    ['openai/openai/gpt-oss-120b', 'openai/gpt-oss-120b', 'openai-chat'],
    ['ollama/qwen3:14b', 'qwen3:14b', 'ollama'],
  ])('%s is model %s of family %s', (name, id, family) => {
    expect(resolveModel(name, { apiKey: 'k' })).toMatchObject({ id, family });
  });

  it('of a vendor that has no name here says how it is asked instead (L-69)', () => {
    expect(() => resolveModel('deepseek/deepseek-chat')).toThrow(
      /openai\(\{ baseURL, apiKey, vendor \}\)\.model\("<model>"\)/,
    );
  });

  it.each(['gpt-6', 'mistral/large', 'openai/', '/gpt-6', '', 'OpenAI/gpt-6'])(
    '%j is refused, with the forms there are',
    (name) => {
      expect(() => resolveModel(name)).toThrow(expect.objectContaining({ code: 'provider/unknown-model' }));
      expect(() => resolveModel(name)).toThrow(/"anthropic\/<model>", "openai\/<model>" or "ollama\/<model>"/);
    },
  );

  it('needs a key where the vendor does, and takes it from the environment (L-02)', () => {
    for (const [name, variable] of [
      ['anthropic/claude-opus-4-8', 'ANTHROPIC_API_KEY'],
      ['openai/gpt-6', 'OPENAI_API_KEY'],
    ] as const) {
      expect(() => resolveModel(name)).toThrow(expect.objectContaining({ code: 'provider/missing-credentials' }));
      vi.stubEnv(variable, 'k');
      expect(resolveModel(name).id).toBe(name.split('/')[1]);
    }
    expect(resolveModel('ollama/qwen3').id).toBe('qwen3');
  });

  it('finds an Ollama server where OLLAMA_HOST says', async () => {
    vi.stubEnv('OLLAMA_HOST', 'https://gpu.test:11435');
    const sent: string[] = [];
    const send: typeof fetch = async (input) => {
      sent.push(new Request(input).url);
      return new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } });
    };
    await expect(completeTurn(resolveModel('ollama/m', { fetch: send }), userRequest('hi'))).rejects.toThrow();
    expect(sent).toEqual(['https://gpu.test:11435/api/chat']);
  });

  it.each(['anthropic/m', 'openai/m', 'openai-responses/m', 'ollama/m'])(
    '%s sends the given headers (L-69)',
    async (name) => {
      const sent: Request[] = [];
      const send: typeof fetch = async (input, init) => {
        sent.push(new Request(input, init));
        return new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } });
      };
      const headers = { 'x-team': 'blue', Authorization: 'Basic abc' };
      const model = resolveModel(name, { apiKey: 'secret', headers, fetch: send });
      await expect(completeTurn(model, userRequest('hi'))).rejects.toMatchObject({ code: 'provider/not-found' });
      expect(sent[0]?.headers.get('x-team')).toBe('blue');
      expect(sent[0]?.headers.get('authorization')).toBe('Basic abc');
    },
  );

  it.each([
    ['anthropic/m', 'https://a.test/v1/messages'],
    ['openai/m', 'https://a.test/chat/completions'],
    ['ollama/m', 'https://a.test/api/chat'],
  ])('%s sends to the given address with the given key', async (name, url) => {
    const sent: Request[] = [];
    const send: typeof fetch = async (input, init) => {
      sent.push(new Request(input, init));
      return new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } });
    };
    const model = resolveModel(name, { baseURL: 'https://a.test', apiKey: 'secret', fetch: send });
    await expect(completeTurn(model, userRequest('hi'))).rejects.toMatchObject({ code: 'provider/not-found' });
    expect(sent.map((request) => request.url)).toEqual([url]);
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer secret');
  });
});
