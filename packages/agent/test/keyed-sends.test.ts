import { type AgentEvent, type AgentOptions, createAgent, tool } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { type Message, messageText } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { FAULT_POINTS } from './support/fault-steps.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { FAMILIES, simulator } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const openSession = (store: CheckpointStore, options: AgentOptions, id = 's') =>
  createAgent(options).openSession(store, { id });

const userWords = (messages: readonly Message[]) => messages.filter(({ role }) => role === 'user').map(messageText);

async function eventsOf(run: AsyncIterable<AgentEvent>): Promise<readonly AgentEvent[]> {
  return Array.fromAsync(run);
}

describe('a send with a key', () => {
  it('adds its message once, whoever sends it again, and ends as already answered', async () => {
    const store = openMemoryStore();
    const model = scriptedModel(textTurn('one'));
    await (await openSession(store, { model })).send('first', { key: 'a' }).result();
    const session = await openSession(store, { model: scriptedModel() });
    const again = await session.send('first', { key: 'a' }).result();
    expect(again).toMatchObject({ reason: 'already-answered', turns: [], text: '' });
    expect(userWords(session.state.messages)).toEqual(['first']);
  });

  it('is known to the object that sent it first, and beside other keys', async () => {
    const session = await openSession(openMemoryStore(), { model: scriptedModel(textTurn('one'), textTurn('two')) });
    await session.send('same words', { key: 'a' }).result();
    await session.send('same words', { key: 'b' }).result();
    expect((await session.send('same words', { key: 'a' }).result()).reason).toBe('already-answered');
    expect(userWords(session.state.messages)).toEqual(['same words', 'same words']);
    expect(session.messagesSince('b')?.map(messageText)).toEqual(['same words', 'two']);
    expect(session.messagesSince('c')).toBeUndefined();
  });

  it('tells what of the conversation there is before anything else', async () => {
    const session = await openSession(openMemoryStore(), { model: scriptedModel(textTurn('zero'), textTurn('one')) });
    await session.send('before').result();
    await session.send('first', { key: 'a' }).result();
    const events = await eventsOf(session.send('first', { key: 'a' }));
    expect(events.map(({ type }) => type)).toEqual(['run-start', 'message-found', 'run-end']);
    const found = events.find((event) => event.type === 'message-found');
    expect(found?.messages.map(messageText)).toEqual(['first', 'one']);
    expect(found?.state.messages).toHaveLength(4);
  });

  it('counts wherever its message stands, also behind others and under a compaction', async () => {
    const store = openMemoryStore();
    const turns = ['one', 'two', 'three', 'the summary', 'five'].map((text) => textTurn(text));
    const session = await openSession(store, { model: scriptedModel(...turns) });
    for (const key of ['a', 'b', 'c']) await session.send(key, { key }).result();
    await session.compact({ keepLast: 1 });
    for (const opened of [session, await openSession(store, { model: scriptedModel() })]) {
      for (const key of ['a', 'b', 'c']) {
        expect((await opened.send(key, { key }).result()).reason, key).toBe('already-answered');
      }
      expect(opened.messagesSince('c')?.map(messageText)).toEqual(['c', 'three']);
      expect(opened.messagesSince('a')).toEqual(opened.state.messages);
    }
    expect(userWords(session.state.messages)).toHaveLength(2);
  });

  it('does not count on a branch that a rewind has left, and counts in a fork', async () => {
    const store = openMemoryStore();
    const session = await openSession(store, {
      model: scriptedModel(textTurn('one'), textTurn('two'), textTurn('again')),
    });
    await session.send('first', { key: 'a' }).result();
    await session.send('second', { key: 'b' }).result();
    const [first] = await store.readSnapshots('s');
    const fork = await session.fork();
    await session.rewind({ to: first?.id ?? '', what: 'conversation' });
    expect((await session.send('second', { key: 'b' }).result()).text).toBe('again');
    expect((await fork.send('second', { key: 'b' }).result()).reason).toBe('already-answered');
  });

  it('is never seen by a vendor (I3)', async () => {
    const bodies: string[] = [];
    for (const key of [undefined, 'secret-key']) {
      const server = await simulator(() => 'fine');
      const model = FAMILIES.anthropic(server.url);
      const session = await openSession(openMemoryStore(), { model });
      for (const input of ['one', 'two']) {
        await session.send(input, key === undefined ? {} : { key: `${key} ${input}` }).result();
      }
      bodies.push(JSON.stringify(server.requests.map(({ body }) => body)));
    }
    expect(bodies[1]).toBe(bodies[0]);
    expect(bodies[1]).not.toContain('secret-key');
  });

  it('goes on with a turn that the vendor has paused', async () => {
    const world = createWorld();
    const paused = textTurn('Searching', { stopReason: 'pause' });
    await sendAndDie(world, { model: scriptedModel(paused) }, { point: 'agent/turn-committed', send: { key: 'a' } });
    const session = await openSession(world.open(), { model: scriptedModel(textTurn('Found.')) });
    expect(await session.send('go', { key: 'a' }).result()).toMatchObject({ reason: 'end-turn', text: 'Found.' });
    expect(userWords(session.state.messages)).toEqual(['go']);
  });

  it('that goes into another run is in the conversation once, also when it is sent again to that run', async () => {
    const store = openMemoryStore();
    const running = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    const model = scriptedModel(
      async () => {
        running.resolve();
        await ready.promise;
        return textTurn('one');
      },
      textTurn('two'),
      textTurn('three'),
    );
    const session = await openSession(store, { model });
    const first = session.send('first', { key: 'a' }).result();
    await running.promise;
    const steered = [1, 2].map(() => session.send('more', { key: 'b', onBusy: 'steer' }).result());
    await new Promise((resolve) => setImmediate(resolve));
    ready.resolve();
    expect((await Promise.all(steered)).map(({ reason }) => reason)).toEqual(['steered', 'steered']);
    expect((await first).turns).toHaveLength(2);
    const reopened = await openSession(store, { model: scriptedModel() });
    const again = await reopened.send('more', { key: 'b', onBusy: 'steer' }).result();
    expect(again.reason).toBe('already-answered');
    expect(userWords(reopened.state.messages)).toEqual(['first', 'more']);
  });

  it('is refused without a message to name, and for an empty key, before anything happens', async () => {
    const session = await openSession(openMemoryStore(), { model: scriptedModel() });
    expect(() => session.send(undefined, { key: 'a' })).toThrow(
      expect.objectContaining({ code: 'agent/invalid-option' }),
    );
    expect(() => session.send('words', { key: '' })).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
  });
});

describe('a send with a key whose process died', () => {
  const effects = ['pure', 'idempotent', 'effect'] as const;
  const executed: string[] = [];
  const tools = effects.map((name) =>
    tool({
      name,
      description: `Does something ${name}.`,
      input: z.object({}),
      effect: name,
      run: (_input, { idempotencyKey }) => {
        executed.push(`${name} ${idempotencyKey}`);
        return 'done';
      },
    }),
  );
  const steps = () => [toolTurn(...effects.map((name) => [`c-${name}`, name, '{}'] as const)), textTurn('All done.')];
  /** Plays what is left of the script, wherever it is taken up. */
  const model = () => {
    const [calls, answer] = steps();
    const next = ({ messages }: { readonly messages: readonly Message[] }) =>
      (messages.some(({ role }) => role === 'tool') ? answer : calls) ?? textTurn('');
    return scriptedModel(next, next, next, next);
  };
  const points = FAULT_POINTS.filter(
    (point) => point.startsWith('agent/') && !/approval|history|recovered|abandoned/.test(point),
  );

  it.each(points)('I2 I4 I5 at %s has its message in the conversation once, and is answered', async (point) => {
    const world = createWorld();
    executed.length = 0;
    const key = 'the only one';
    // @ts-expect-error -- the points of the agent, by their names.
    await sendAndDie(world, { model: model(), tools }, { point, send: { key } });
    const store = world.open();
    const session = await openSession(store, { model: model(), tools });
    const end = await session.send('go', { key }).result();
    expect(['end-turn', 'already-answered']).toContain(end.reason);
    expect(userWords(session.state.messages)).toEqual(['go']);
    expect(messageText(session.state.messages.at(-1) as Message)).toBe('All done.');
    expect(unsendable(session.state.messages)).toEqual([]);
    expect(executed.filter((line) => line.startsWith('effect')).length).toBeLessThanOrEqual(1);
    expect(new Set(executed.map((line) => line.split(' ')[0])).size).toBeLessThanOrEqual(3);
    const rows = await store.readTurns('s');
    expect((await store.readLastSnapshot('s'))?.turnCount).toBe(rows.length);
    expect(session.state.turnCount).toBe(rows.length);
  });
});
