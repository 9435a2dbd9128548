import { type AgentEvent, createAgent, type Run, type Session } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { type Message, messageText } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { createWorld } from './support/crashes.ts';
import { busySession, heldTurn, openScripted } from './support/held-runs.ts';
import { type Step, scriptedModel, textTurn } from './support/scripted-stream.ts';

/** The other party that wants the session: the same object, another one of the same agent or process, or another process. */
const PARTIES = ['the same object', 'another object', 'another process'] as const;

/** A run under way, and a session of that party to send with. */
async function contest(party: (typeof PARTIES)[number]) {
  const world = createWorld();
  const busy = await busySession(world.open());
  const store = world.open();
  const second: Session = party === 'the same object' ? busy.session : await openScripted(store, [textTurn('later')]);
  return { ...busy, store, second };
}

/** Two sessions of one agent in one process, and a store where one of them has a run under way. */
async function twoOfOneAgent(...steps: readonly Step[]) {
  const store = openMemoryStore();
  const held = heldTurn('held');
  const agent = createAgent({ model: scriptedModel(held.step, ...steps) });
  const [one, other] = [await agent.openSession(store, { id: 's' }), await agent.openSession(store, { id: 's' })];
  const first = one.send('first').result();
  await held.started;
  return { store, one, other, first, answer: held.answer };
}

const endOf = (events: readonly AgentEvent[]) => events.at(-1);
const wordsOf = (messages: readonly Message[]) => messages.map(messageText);
const storedWords = async (store: CheckpointStore) => wordsOf((await openScripted(store, [])).state.messages);

/** Starts a run, and resolves to its end once it has one. */
function started(run: Run): Promise<AgentEvent | undefined> {
  return Array.fromAsync(run).then(endOf);
}

describe("a send with 'reject' while another run has the session", () => {
  it.each(['another object', 'another process'] as const)(
    'of %s ends, saying who has it and until when',
    async (party) => {
      const { second, store, events, answer } = await contest(party);
      const lease = await store.readLease('s');
      const error = await second
        .send('second')
        .result()
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'agent/session-busy', cause: { code: 'checkpoint/session-busy' } });
      expect(String(error)).toContain(lease?.holder);
      expect(String(error)).toContain(new Date(lease?.expiresAt ?? 0).toISOString());
      answer();
      await events;
      expect(await storedWords(store)).toEqual(['first', 'held']);
    },
  );

  it('of the same object throws at once, and does not disturb the run', async () => {
    const { session, events, answer } = await busySession(createWorld().open());
    expect(() => session.send('second')).toThrow(expect.objectContaining({ code: 'agent/session-busy' }));
    answer();
    expect(endOf(await events)).toMatchObject({ reason: 'end-turn' });
  });
});

describe("I7 a send with 'queue' (N-11)", () => {
  it.each(PARTIES)('of %s waits for the end of the run, and goes on from there', async (party) => {
    const { second, events, answer } = await contest(party);
    const queued = second.send('second', { onBusy: 'queue' }).result();
    answer();
    expect(endOf(await events)).toMatchObject({ reason: 'end-turn' });
    expect((await queued).text).toBe('later');
    expect(wordsOf(second.state.messages)).toEqual(['first', 'held', 'second', 'later']);
  });

  it('takes its turn in the order in which the sends began, whichever object they came through', async () => {
    const steps = ['b', 'c', 'd', 'e'].map((text) => textTurn(text));
    const { store, one, other, first, answer } = await twoOfOneAgent(...steps);
    const runs = [one, other, other, one].map((session, index) =>
      session.send(`question ${index}`, { onBusy: 'queue' }).result(),
    );
    answer();
    await first;
    expect((await Promise.all(runs)).map(({ text }) => text)).toEqual(['b', 'c', 'd', 'e']);
    expect((await storedWords(store)).filter((_, index) => index % 2 === 0)).toEqual([
      'first',
      'question 0',
      'question 1',
      'question 2',
      'question 3',
    ]);
  });

  it('is asked for once, for all sends of a session', async () => {
    const store = openMemoryStore();
    const session = await openScripted(store, [textTurn('a'), textTurn('b')], { onBusy: 'queue' });
    const runs = [session.send('one').result(), session.send('two').result()];
    expect((await Promise.all(runs)).map(({ text }) => text)).toEqual(['a', 'b']);
  });

  it('ends aborted when its signal is, and lets the one behind it pass', async () => {
    const { one, other, first, answer, store } = await twoOfOneAgent(textTurn('last'));
    const abort = new AbortController();
    const given = started(one.send('given up', { onBusy: 'queue', signal: abort.signal }));
    const last = other.send('stays', { onBusy: 'queue' }).result();
    abort.abort();
    expect(await given).toMatchObject({ type: 'run-end', reason: 'aborted', error: { code: 'provider/aborted' } });
    answer();
    await first;
    expect((await last).text).toBe('last');
    expect(await storedWords(store)).toEqual(['first', 'held', 'stays', 'last']);
  });

  it('I12 gives up after `queueTimeoutMs`, with nothing sent', async () => {
    const { second, events, answer, store } = await contest('another process');
    const late = second.send('second', { onBusy: 'queue', queueTimeoutMs: 5 });
    await expect(late.result()).rejects.toMatchObject({
      code: 'agent/session-busy',
      message: expect.stringContaining('5 ms'),
    });
    answer();
    await events;
    expect(await storedWords(store)).toEqual(['first', 'held']);
  });

  it('waits for the lease of a process that is silent until it has run out', async () => {
    const world = createWorld();
    const store = world.open();
    const session = await openScripted(store, [textTurn('one')], { leaseTtlMs: 20 });
    await store.acquireLease({ sessionId: 's', holder: 'elsewhere/1/x', ttlMs: 20 });
    expect((await session.send('hi', { onBusy: 'queue' }).result()).text).toBe('one');
  });

  it('ends when its session object is closed', async () => {
    const { session, events, answer } = await busySession(createWorld().open());
    const waiting = started(session.send('second', { onBusy: 'queue' }));
    await session.close();
    expect(await waiting).toMatchObject({ reason: 'error', error: { code: 'agent/session-closed' } });
    answer();
    expect(endOf(await events)).toMatchObject({ reason: 'end-turn' });
  });
});

describe("I7 a send with 'interrupt' (N-11)", () => {
  it.each(PARTIES)('of %s has the run aborted, its work committed, and goes next', async (party) => {
    const { second, events, store } = await contest(party);
    const { text } = await second.send('second', { onBusy: 'interrupt' }).result();
    expect(text).toBe('later');
    expect(endOf(await events)).toMatchObject({ reason: 'aborted', error: { code: 'provider/aborted' } });
    expect(await storedWords(store)).toEqual(['first', '', 'second', 'later']);
    expect(await store.readLedger('s')).toMatchObject([{ stopReason: 'aborted' }, { stopReason: 'end-turn' }]);
  });

  it('goes before those who wait', async () => {
    const { one, other, first, store } = await twoOfOneAgent(textTurn('b'), textTurn('c'));
    const aborted = first.catch((error: unknown) => error);
    const queued = one.send('patient', { onBusy: 'queue' }).result();
    const urgent = other.send('urgent', { onBusy: 'interrupt' }).result();
    expect(await aborted).toMatchObject({ code: 'provider/aborted' });
    expect([(await urgent).text, (await queued).text]).toEqual(['b', 'c']);
    expect((await storedWords(store)).filter((_, index) => index % 2 === 0)).toEqual(['first', 'urgent', 'patient']);
  });

  it('I12 does not wait for a run that nobody listens to any more', async () => {
    const store = openMemoryStore();
    const session = await openScripted(store, [textTurn('stuck'), textTurn('next')], { leaseTtlMs: 60 });
    const stuck = session.send('first')[Symbol.asyncIterator]();
    for (let type = ''; type !== 'text-delta'; ) type = (await stuck.next()).value?.type;
    expect((await session.send('second', { onBusy: 'interrupt' }).result()).text).toBe('next');
    const end = endOf(await Array.fromAsync({ [Symbol.asyncIterator]: () => stuck }));
    expect(end).toMatchObject({ reason: 'error', error: { code: 'checkpoint/lease-lost' } });
    expect(await storedWords(store)).toEqual(['first', '', 'second', 'next']);
  });

  it('of a free session just goes', async () => {
    const session = await openScripted(openMemoryStore(), [textTurn('one')]);
    expect((await session.send('hi', { onBusy: 'interrupt' }).result()).text).toBe('one');
  });
});

it('an iterator that is given back before its first event has begun nothing', async () => {
  const agent = createAgent({ model: scriptedModel(textTurn('free')) });
  const session = await agent.openSession(openMemoryStore());
  await session.send('never listened to')[Symbol.asyncIterator]().return?.();
  expect((await session.send('go').result()).text).toBe('free');
});
