import { expect, it } from 'vitest';
import type { CachePolicy } from '../src/cache/plan-breakpoints.ts';
import type { Model } from '../src/model.ts';
import { ollama } from '../src/ollama/provider.ts';
import { openai, openaiResponses } from '../src/openai/provider.ts';
import { collectEvents, userRequest } from './support/collect-stream.ts';

const refused: typeof fetch = async () => Response.json({ error: { message: 'no' } }, { status: 400 });

const MODELS: readonly (readonly [string, () => Model])[] = [
  ['openai-chat', () => openai({ apiKey: 'k', fetch: refused }).model('gpt-5.2')],
  ['openai-responses', () => openaiResponses({ apiKey: 'k', fetch: refused }).model('gpt-5.2')],
  ['gpt-6 at a host of its own', () => openai({ apiKey: 'k', fetch: refused, baseURL: 'http://h/v1' }).model('gpt-6')],
  ['ollama', () => ollama({ fetch: refused }).model('llama4')],
];

async function warningsOf(model: Model, cache?: CachePolicy) {
  const request = cache === undefined ? userRequest('hi') : { ...userRequest('hi'), cache };
  return (await collectEvents(model.stream(request))).filter(({ type }) => type === 'warning');
}

it.each(MODELS)(
  '%s says once that a policy it cannot honour is ignored, and makes no error of it (D-11)',
  async (_family, model) => {
    expect(await warningsOf(model(), 'last_user_message')).toMatchObject([{ code: 'cache/unsupported' }]);
    expect(await warningsOf(model(), 'auto')).toEqual([]);
    expect(await warningsOf(model(), 'none')).toEqual([]);
    expect(await warningsOf(model())).toEqual([]);
  },
);

it.each(MODELS)('%s refuses a lifetime that nobody sells, and names those that are sold (L-04)', (_family, model) => {
  // As they come from code that no compiler has seen.
  const policy: CachePolicy = Object.assign({ breakpoints: [] }, JSON.parse('{"ttl":"2h"}'));
  const mark: object = { cache: { ttl: '2h' } };
  const request = userRequest('hi');
  const messages = request.messages.map((message) => ({ ...message, ...mark }));
  const refusal = /ttl is 2h; expected 5m or 1h or 30m or 12h\.$/;
  expect(() => model().stream({ ...request, cache: policy })).toThrow(refusal);
  expect(() => model().stream({ ...request, messages })).toThrow(refusal);
  expect(() => model().stream({ ...request, cache: { breakpoints: [], ttl: '12h' } })).not.toThrow();
});
