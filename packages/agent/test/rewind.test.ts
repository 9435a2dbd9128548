import { createAgent, type Session } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { describe, expect, it } from 'vitest';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { busySession } from './support/held-runs.ts';
import { type Step, scriptedModel, textTurn } from './support/scripted-stream.ts';

const answer = (text: string) => textTurn(text, { tokens: { fresh: 10, output: 3, cacheRead: 100 } });
const THREE: readonly Step[] = [answer('one'), answer('two'), answer('three')];

function scripted(...steps: readonly Step[]) {
  return createAgent({ model: scriptedModel(...steps) });
}

/** A session with three turns, and more to come. */
async function threeTurns(store: CheckpointStore = openMemoryStore(), ...more: readonly Step[]) {
  const session = await scripted(...THREE, ...more).openSession(store, { id: 's' });
  for (const text of ['first', 'second', 'third']) await session.send(text).result();
  const [first = '', second = '', third = ''] = (await session.snapshots()).map(({ id }) => id);
  return { store, session, first, second, third };
}

function texts({ state }: Session): readonly string[] {
  return state.messages.flatMap(({ content }) =>
    content.flatMap((block) => (block.type === 'text' ? [block.text] : [])),
  );
}

async function spent(store: CheckpointStore, sessionId = 's'): Promise<number> {
  return (await store.readLedger(sessionId)).reduce((sum, { tokens }) => sum + (tokens.output ?? 0), 0);
}

describe('a rewind that nobody could make', () => {
  it.each([
    [undefined, 'to of the rewind is undefined; it must be the id of a snapshot'],
    [{}, 'to of the rewind is undefined'],
    [{ to: '', what: 'files' }, "to of the rewind is ''"],
    [{ to: 'here' }, "what of the rewind is undefined; it must be 'files', 'conversation' or 'both'"],
    [{ to: 'here', what: 'x' }, "what of the rewind is 'x'"],
    [{ to: 'here', what: 'both', skipUnavailable: 1 }, 'skipUnavailable of the rewind is 1; it must be true or false'],
  ])('is refused with the option that is wrong: %j', async (options, words) => {
    const { store, session } = await threeTurns();
    const before = await store.readSession('s');
    // @ts-expect-error: as a caller without types may write it.
    const refused = session.rewind(options);
    await expect(refused).rejects.toMatchObject({
      code: 'agent/invalid-option',
      message: expect.stringContaining(words),
    });
    expect(await store.readSession('s')).toEqual(before);
  });
});

describe('a rewind of a conversation (B-16)', () => {
  it('I2 takes messages and totals back, and never what was spent', async () => {
    const { store, session, first } = await threeTurns(openMemoryStore(), answer('four'));
    const { state, left, files } = await session.rewind({ to: first, what: 'conversation' });
    expect(texts(session)).toEqual(['first', 'one']);
    expect(state).toMatchObject({
      turnCount: 1,
      totalInputTokens: 10,
      totalOutputTokens: 3,
      totalCacheReadTokens: 100,
    });
    expect(left).toMatchObject({ reason: 'rewind', turnCount: 3, promptPreview: 'third' });
    expect(files).toBeUndefined();
    expect(await spent(store)).toBe(9);
    await session.send('another way').result();
    expect(texts(session)).toEqual(['first', 'one', 'another way', 'four']);
    expect(session.state.totalOutputTokens).toBe(6);
    expect(await spent(store)).toBe(12);
  });

  it('is undone by a rewind to the place it left, messages after the last turn included', async () => {
    const failing: Step = () => Promise.reject(new Error('refused'));
    const { session, first } = await threeTurns(openMemoryStore(), failing);
    await session
      .send('never answered')
      .result()
      .catch(() => {});
    const before = session.state;
    const { left } = await session.rewind({ to: first, what: 'conversation' });
    await session.rewind({ to: left.id, what: 'conversation' });
    expect(session.state).toEqual(before);
  });

  it('is there for whoever opens the session, and for who has it open', async () => {
    const { store, session, first } = await threeTurns(openMemoryStore(), answer('four'));
    const other = await scripted(answer('other')).openSession(store, { id: 's' });
    await session.rewind({ to: first, what: 'conversation' });
    expect((await scripted().openSession(store, { id: 's' })).state).toEqual(session.state);
    await other.send('go on').result();
    expect(texts(other)).toEqual(['first', 'one', 'go on', 'other']);
  });

  it('goes on to other branches, as often as one likes', async () => {
    const { session, first, second, third } = await threeTurns();
    const expected = { [first]: ['first', 'one'], [second]: ['first', 'one', 'second', 'two'] };
    for (const to of [second, first, third, second, first, first]) {
      await session.rewind({ to, what: 'conversation' });
      if (to !== third) expect(texts(session)).toEqual(expected[to]);
    }
    await session.rewind({ to: third, what: 'conversation' });
    expect(texts(session)).toHaveLength(6);
  });

  it('is refused for a snapshot that is not its own, and for files that nobody keeps', async () => {
    const { store, session, first } = await threeTurns();
    const other = await scripted(answer('x')).openSession(store);
    await other.send('hi').result();
    const [foreign] = await other.snapshots();
    const before = session.state;
    for (const to of ['none', foreign?.id ?? '']) {
      const rewind = session.rewind({ to, what: 'conversation' });
      await expect(rewind).rejects.toMatchObject({ code: 'checkpoint/snapshot-missing' });
    }
    for (const what of ['files', 'both'] as const) {
      await expect(session.rewind({ to: first, what })).rejects.toMatchObject({ code: 'agent/invalid-option' });
    }
    expect(session.state).toEqual(before);
    expect(await session.snapshots()).toHaveLength(3);
  });

  it('recovers a turn that a crash has lost first, so that its row is in the ledger', async () => {
    const world = createWorld();
    const model = scriptedModel(answer('one'), answer('lost'));
    const before = await createAgent({ model }).openSession(world.open(), { id: 's' });
    await before.send('first').result();
    await sendAndDie(world, { model }, { point: 'agent/first-event', input: 'second' });
    const store = world.open();
    expect(await store.readPendingTurn('s')).toBeDefined();
    const session = await scripted().openSession(store, { id: 's' });
    const [first] = await session.snapshots();
    const { left } = await session.rewind({ to: first?.id ?? '', what: 'conversation' });
    expect(left.turnCount).toBe(2);
    expect(texts(session)).toEqual(['first', 'one']);
    expect(await store.readPendingTurn('s')).toBeUndefined();
    expect(await store.readLedger('s')).toMatchObject([{ stopReason: 'end-turn' }, { stopReason: 'aborted' }]);
  });
});

describe('I7 a rewind', () => {
  it('is refused while a run has the session, here or elsewhere, and changes nothing', async () => {
    const store = openMemoryStore();
    const { session: idle } = await threeTurns(store);
    const [first] = await idle.snapshots();
    const { session, events, answer: finish } = await busySession(store);
    const rewind = { to: first?.id ?? '', what: 'conversation' } as const;
    await expect(session.rewind(rewind)).rejects.toMatchObject({ code: 'agent/session-busy' });
    await expect(idle.rewind(rewind)).rejects.toMatchObject({ code: 'agent/session-busy' });
    finish();
    expect((await events).at(-1)).toMatchObject({ type: 'run-end', reason: 'end-turn' });
    await idle.rewind(rewind);
    expect(texts(idle)).toEqual(['first', 'one']);
  });

  it('keeps runs out until it has ended, and gives the lease back', async () => {
    const { store, session, first } = await threeTurns(openMemoryStore(), answer('four'));
    const rewind = session.rewind({ to: first, what: 'conversation' });
    expect(() => session.send('now')).toThrow(expect.objectContaining({ code: 'agent/session-busy' }));
    await rewind;
    expect(await store.readLease('s')).toMatchObject({ holder: null });
    await session.send('now').result();
    await expect(session.rewind({ to: 'none', what: 'conversation' })).rejects.toThrow();
    expect(await store.readLease('s')).toMatchObject({ holder: null });
  });

  it('is refused after the session was closed', async () => {
    const { session, first } = await threeTurns();
    await session.close();
    await expect(session.rewind({ to: first, what: 'conversation' })).rejects.toMatchObject({
      code: 'agent/session-closed',
    });
  });
});

describe('a fork of a session', () => {
  it('shares everything up to the snapshot, and goes its own way', async () => {
    const { store, session, second } = await threeTurns(openMemoryStore(), answer('four'), answer('five'));
    const fork = await session.fork({ at: second, id: 'fork' });
    expect(fork.id).toBe('fork');
    expect(texts(fork)).toEqual(['first', 'one', 'second', 'two']);
    await fork.send('elsewhere').result();
    await session.send('here').result();
    expect(texts(fork).slice(4)).toEqual(['elsewhere', 'four']);
    expect(texts(session).slice(4)).toEqual(['third', 'three', 'here', 'five']);
    expect(await spent(store, 'fork')).toBe(3);
  });

  it('is made at the last turn unless told otherwise, under a free id', async () => {
    const { store, session } = await threeTurns();
    const fork = await session.fork();
    expect(fork.id).not.toBe(session.id);
    expect(fork.state).toEqual(session.state);
    expect(await store.readSession(fork.id)).toMatchObject({ forkedFrom: { sessionId: 's' } });
  });

  it('can be rewound to what it inherited', async () => {
    const { session, first } = await threeTurns(openMemoryStore(), answer('four'));
    const fork = await session.fork();
    await fork.send('more').result();
    expect((await fork.snapshots()).map(({ turnCount }) => turnCount)).toEqual([1, 2, 3, 4]);
    await fork.rewind({ to: first, what: 'conversation' });
    expect(texts(fork)).toEqual(['first', 'one']);
    expect(texts(session)).toHaveLength(6);
  });

  it('needs a turn to be made at', async () => {
    const session = await scripted().openSession(openMemoryStore());
    await expect(session.fork()).rejects.toMatchObject({ code: 'agent/invalid-option' });
    await expect(session.label('start')).rejects.toMatchObject({ code: 'agent/invalid-option' });
    expect(await session.snapshots()).toEqual([]);
  });
});

describe('the snapshots of a session', () => {
  it('can be named, the last turn’s unless told otherwise, and lose their names again', async () => {
    const { session, first, third } = await threeTurns();
    expect(await session.label('before lunch')).toMatchObject({ id: third, label: 'before lunch' });
    await session.label('the start', first);
    expect((await session.snapshots()).map(({ label }) => label)).toEqual(['the start', null, 'before lunch']);
    expect(await session.label(null, first)).toMatchObject({ label: null });
  });

  it('are all that it can be rewound to, other branches and rewinds included', async () => {
    const { session, first, second, third } = await threeTurns(openMemoryStore(), answer('four'));
    const { left } = await session.rewind({ to: first, what: 'conversation' });
    await session.send('another way').result();
    const all = (await session.snapshots()).map(({ id }) => id);
    expect(all.slice(0, 4)).toEqual([first, second, third, left.id]);
    expect(all).toHaveLength(5);
    for (const to of all) await session.rewind({ to, what: 'conversation' });
  });
});
