import { type BatchProgress, createAgent, initialState, runMany } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { messageText, userMessage } from '@reprise/providers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Step, scriptedModel, textTurn } from './support/scripted-stream.ts';
import { MODELS, simulator } from './support/simulated.ts';
import { tempDatabase } from './support/temp-store.ts';

function tempStore() {
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  return store;
}

/** Answers with what it was told, but for one word. */
const shout: Step = ({ messages }) => {
  const text = messages.map(messageText).join('|');
  if (text === 'two') throw new Error('No answer to this.');
  return textTurn(text.toUpperCase());
};

const shouts = (count: number) => scriptedModel(...Array.from({ length: count }, () => shout));

describe('what a batch tells of itself (D-09)', () => {
  it('is how many runs go on, are done and have failed, and what they used so far', async () => {
    const vendor = await simulator(({ messages }) => {
      if (messages.map(messageText).join('') === 'two') throw new Error('No answer to this.');
      return 'Done.';
    });
    const told: BatchProgress[] = [];
    const outcomes = await runMany(['one', 'two', 'three'], {
      model: MODELS.anthropic(vendor.url),
      parallelism: 1,
      retry: false,
      onProgress: (progress) => told.push(progress),
    });
    expect(told.map(({ running, done, failed }) => [running, done, failed])).toEqual([
      ...[
        [1, 0, 0],
        [1, 0, 0],
        [0, 1, 0],
      ],
      ...[
        [1, 1, 0],
        [0, 1, 1],
      ],
      ...[
        [1, 1, 1],
        [1, 1, 1],
        [0, 2, 1],
      ],
    ]);
    const spent = outcomes.reduce((sum, { usage }) => sum + usage.picoUsd, 0n);
    expect(told.at(-1)).toMatchObject({ total: 3, usage: { turns: 2, picoUsd: spent } });
    expect(told.every(({ total }) => total === 3)).toBe(true);
  });

  it('is of each input by its number, in their order', async () => {
    const outcomes = await runMany(['one', 'two', 'three'], { model: shouts(3), retry: false });
    expect(outcomes.map(({ index, status }) => [index, status])).toEqual([
      [0, 'fulfilled'],
      [1, 'rejected'],
      [2, 'fulfilled'],
    ]);
  });

  it('ends the batch if a listener throws: the runs are aborted, and it rejects with that', async () => {
    const model = shouts(3);
    const batch = runMany(['one', 'three', 'four'], {
      model,
      parallelism: 1,
      onProgress: ({ done }) => {
        if (done === 1) throw new Error('No space on the screen.');
      },
    });
    await expect(batch).rejects.toThrow('No space on the screen.');
    expect(model.requests).toHaveLength(1);
  });
});

describe('a batch that is aborted', () => {
  it('ends the runs that go on, keeps those that are done, and leaves the rest alone', async () => {
    const stop = new AbortController();
    const store = tempStore();
    const hang: Step = (_request, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('Aborted.')));
        stop.abort();
      });
    const model = scriptedModel(textTurn('Done.'), hang);
    const ids = ['a', 'b', 'c', 'd'];
    const inputs = ids.map((sessionId) => ({ sessionId, input: 'Go.' }));
    const outcomes = await runMany(inputs, { model, store, parallelism: 1, signal: stop.signal });
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(outcomes[3]).toMatchObject({ reason: { code: 'provider/aborted' }, usage: { turns: 0 } });
    expect(await Promise.all(ids.map(async (id) => (await store.readSession(id)) !== undefined))).toEqual([
      ...[true, true],
      ...[false, false],
    ]);
  });
});

describe('the conversations of a batch', () => {
  it('begin with a state of their own, or with that of the batch', async () => {
    const state = (word: string) => ({ ...initialState(), messages: [userMessage(word)] });
    const inputs = ['one', { input: userMessage('three'), state: state('own') }, { state: state('own') }];
    const outcomes = await runMany(inputs, { model: shouts(3), state: state('shared'), parallelism: 1 });
    expect(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.text)).toEqual([
      'SHARED|ONE',
      'OWN|THREE',
      'OWN',
    ]);
  });

  it('are sessions of a store, which go on from there', async () => {
    const store = tempStore();
    const model = shouts(4);
    const outcomes = await runMany(['one', { input: 'two', sessionId: 'second' }, 'three'], {
      model,
      store,
      retry: false,
    });
    expect(outcomes.map(({ sessionId }) => sessionId)).toEqual([expect.any(String), 'second', expect.any(String)]);
    for (const { sessionId = '', usage } of outcomes) {
      expect(await store.readLedger(sessionId)).toHaveLength(usage.turns);
      expect(await store.readLease(sessionId)).toMatchObject({ holder: null });
    }
    const session = await createAgent({ model }).openSession(store, { id: outcomes[0]?.sessionId ?? '' });
    expect((await session.send('and').result()).text).toBe('ONE|ONE|AND');
  });

  it.each([
    ['parallelism', {}, { parallelism: 1.5 }],
    ['state', {}, { store: 'store', state: initialState() }],
    ['inputs[0].state', { state: initialState() }, { store: 'store' }],
    ['inputs[0].sessionId', { sessionId: 'a' }, {}],
    ['session a', { sessionId: 'a' }, { store: 'store', twice: true }],
    ['maxToolRounds', {}, { maxToolRounds: -1 }],
  ])(
    'are refused before any of them begins: %s',
    async (words, item, { store, ...options }: Record<string, unknown>) => {
      const model = scriptedModel();
      const inputs = options['twice'] ? [item, item] : [{ input: 'one', ...item }];
      const batch = runMany(inputs, { model, ...options, ...(store ? { store: tempStore() } : {}) });
      await expect(batch).rejects.toMatchObject({
        code: 'agent/invalid-option',
        message: expect.stringContaining(words),
      });
      expect(model.requests).toHaveLength(0);
    },
  );
});
