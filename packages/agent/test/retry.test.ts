import { type AgentOptions, createAgent, modelFromStream } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { ProviderError, type StreamOptions } from '@reprise/providers';
import { expect, it, onTestFinished } from 'vitest';
import { textTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

function tempStore() {
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  return store;
}

/** A session with a model that fails before each of its answers, and is tried again at once. */
async function failingSession(failures: number, retryAfterMs: number, options: Partial<AgentOptions> = {}) {
  let calls = 0;
  const model = modelFromStream({
    id: 'failing',
    async *stream() {
      calls += 1;
      if (calls <= failures) throw new ProviderError('provider/overloaded', 'Overloaded', { retryAfterMs });
      yield { type: 'assistant-turn', turn: textTurn('there you are') };
    },
  });
  const store = tempStore();
  const session = await createAgent({ model, ...options }).openSession(store, { id: 's' });
  return { store, session, callCount: () => calls };
}

it('a run tells of every attempt that failed, and has one row for the one that was answered (L-54)', async () => {
  const { store, session } = await failingSession(2, 1);
  const events = await Array.fromAsync(session.send('hi'));
  expect(events.map(({ type }) => type)).toEqual([
    'run-start',
    'retry',
    'retry',
    'assistant-turn',
    'turn-end',
    'run-end',
  ]);
  expect(events[1]).toMatchObject({ attempt: 1, delayMs: 1, error: { code: 'provider/overloaded' }, sequence: 1 });
  expect(await store.readTurns('s')).toHaveLength(1);
});

it('a run whose attempts all fail ends with the last error, without a row', async () => {
  const { store, session, callCount } = await failingSession(9, 1, { retry: { attempts: 2 } });
  await expect(session.send('hi').result()).rejects.toMatchObject({ code: 'provider/overloaded' });
  expect(callCount()).toBe(2);
  expect(await store.readTurns('s')).toEqual([]);
});

it('a run that is aborted between two attempts has no row, as no request was under way', async () => {
  const { store, session } = await failingSession(1, 50_000);
  const abort = new AbortController();
  for await (const event of session.send('hi', { signal: abort.signal })) {
    if (event.type === 'retry') abort.abort();
    if (event.type === 'run-end') expect(event.reason).toBe('aborted');
  }
  expect(await store.readTurns('s')).toEqual([]);
  expect(session.state.messages.map(({ role }) => role)).toEqual(['user']);
  expect((await session.send().result()).text).toBe('there you are');
});

it('a run whose listener leaves between two attempts has no row either', async () => {
  const { store, session } = await failingSession(1, 50_000);
  for await (const event of session.send('hi')) if (event.type === 'retry') break;
  expect(await store.readTurns('s')).toEqual([]);
  expect((await session.send().result()).text).toBe('there you are');
});

it('a response that fell silent has its row and its text', async () => {
  const model = modelFromStream({
    id: 'silent',
    async *stream() {
      yield { type: 'text-delta', blockIndex: 0, text: 'Half' };
      await new Promise(() => {});
    },
  });
  const store = tempStore();
  const session = await createAgent({ model, stallTimeoutMs: 5 }).openSession(store, { id: 's' });
  await expect(session.send('hi').result()).rejects.toMatchObject({ code: 'provider/stalled' });
  expect(await store.readTurns('s')).toHaveLength(1);
  expect(session.state.messages.at(-1)).toMatchObject({ role: 'assistant', content: [{ text: 'Half' }] });
});

it('every model call is given the limits of its agent, and nothing else', async () => {
  const given: StreamOptions[] = [];
  const stub = modelFromStream({
    id: 'stub',
    async *stream() {
      yield { type: 'assistant-turn', turn: textTurn('ok') };
    },
  });
  const model = {
    ...stub,
    stream: (...[request, options = {}]: Parameters<typeof stub.stream>) => {
      given.push(options);
      return stub.stream(request, options);
    },
  };
  const limits = { timeoutMs: 7000, stallTimeoutMs: 800, retry: { attempts: 5 } };
  for (const options of [limits, {}]) {
    const session = await createAgent({ model, ...options, maxToolRounds: 3 }).openSession(tempStore(), { id: 's' });
    await session.send('hi').result();
  }
  const always = { signal: expect.any(AbortSignal), clock: Date.now, random: Math.random };
  expect(given).toEqual([{ ...limits, ...always }, always]);
});

it('limits that no call can keep are refused when the agent is made', () => {
  const model = modelFromStream({ id: 'm', async *stream() {} });
  expect(() => createAgent({ model, timeoutMs: -1 })).toThrow('timeoutMs is -1');
  expect(() => createAgent({ model, retry: { attempts: 0 } })).toThrow('retry.attempts is 0');
});
