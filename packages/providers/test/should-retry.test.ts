import { Anthropic } from '@anthropic-ai/sdk';
import { expect, it } from 'vitest';
import { streamAnthropic } from '../src/anthropic/provider.ts';
import { collectTurn, userRequest } from './support/collect-stream.ts';

/** How often a call is sent to a `fetch` that always fails in the same way, and what it ends with. */
async function callsOf(fail: () => Response | Promise<never>) {
  let calls = 0;
  const client = new Anthropic({
    apiKey: 'k',
    logLevel: 'off',
    fetch: async () => {
      calls += 1;
      return fail();
    },
  });
  const turn = await collectTurn(streamAnthropic(client, userRequest('hi'), { model: 'm', sleep: async () => {} }));
  return { calls, error: turn.error };
}

const refusal = (status: number, shouldRetry: string) => () =>
  Response.json(
    { type: 'error', error: { type: 'api_error', message: 'no' } },
    { status, headers: { 'x-should-retry': shouldRetry } },
  );

it('a server error is not tried again if the vendor says so', async () => {
  expect(await callsOf(refusal(500, 'false'))).toMatchObject({ calls: 1, error: { retryable: false } });
});

it('a refusal is tried again if the vendor says so', async () => {
  expect(await callsOf(refusal(400, 'true'))).toMatchObject({ calls: 3, error: { retryable: true } });
});

it('a fetch that will never answer is asked once', async () => {
  const never = Object.assign(new Error('no recording'), { retryable: false });
  expect(await callsOf(() => Promise.reject(never))).toMatchObject({
    calls: 1,
    error: { code: 'provider/network', message: 'The network failed: no recording' },
  });
});

it('a socket that breaks is tried again', async () => {
  expect((await callsOf(() => Promise.reject(new TypeError('fetch failed')))).calls).toBe(3);
});
