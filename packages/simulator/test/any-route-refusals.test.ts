import { describe, expect, test } from 'vitest';
import { post, simulate } from './support/simulate.ts';

const go = { role: 'user', content: 'go' };

const ROUTES = [
  ['/v1/messages', { type: 'error', error: { message: expect.any(String) } }],
  ['/v1/chat/completions', { error: { message: expect.any(String), type: expect.any(String) } }],
  ['/api/chat', { error: expect.any(String) }],
] as const;

describe.each(ROUTES)('%s', (path, shape) => {
  const headers = { authorization: 'Bearer test', 'anthropic-version': '2026-10-21' };

  test.each(['', '{', '[1', 'null', '[]', '"text"', '{"model":'])('refuses the body %j', async (body) => {
    const { simulator } = await simulate(() => 'never said');
    const response = await post(`${simulator.url}${path}`, body, headers);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject(shape);
    expect(simulator.requests).toMatchObject([{ status: 400, bodyText: body }]);
  });

  test('refuses a body of more than 32 MB', async () => {
    const { simulator } = await simulate(() => 'never said');
    const response = await post(`${simulator.url}${path}`, ' '.repeat(33 * 1024 * 1024), headers);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject(shape);
    expect(simulator.requests).toMatchObject([{ status: 413, bodyText: '' }]);
  });

  test('says in the same shape that a route is unknown', async () => {
    const { simulator } = await simulate(() => 'never said');
    const response = await post(`${simulator.url}${path}/unheard-of`, '{}', headers);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject(shape);
    expect((await fetch(`${simulator.url}${path}`)).status).toBe(404);
    expect(simulator.requests).toEqual([]);
  });

  test('passes on what a script throws', async () => {
    const { simulator } = await simulate(() => {
      throw new Error('out of ideas');
    });
    const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [go] });
    const response = await post(`${simulator.url}${path}`, body, headers);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('out of ideas');
    expect(simulator.requests).toMatchObject([{ status: 500, usage: null }]);
    expect(simulator.cache.size).toBe(0);
  });

  test('fails when a script returns no reply', async () => {
    const { simulator } = await simulate((() => undefined) as never);
    const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [go] });
    const response = await post(`${simulator.url}${path}`, body, headers);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('The script returned undefined');
  });
});
