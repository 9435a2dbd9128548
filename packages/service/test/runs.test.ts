import { createAgent, tool } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { messageText, userMessage } from '@reprise/providers';
import { startWorker } from '@reprise/service';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endWaitingRun } from '../src/runs/end-waiting-run.ts';
import { startEngine, typesOf } from './support/engine.ts';
import { playedModel } from './support/played-model.ts';
import { askRun, SESSION, storeWithSession } from './support/run-rows.ts';
import { untilEqual } from './support/until.ts';
import { hasty } from './support/virtual-timers.ts';

const echo = tool({
  name: 'echo',
  description: 'Says it again.',
  input: z.object({ text: z.string() }),
  run: ({ text }) => text,
});

const guarded = tool({
  name: 'guarded',
  description: 'Does something that somebody has to allow.',
  input: z.object({}),
  effect: 'effect',
  needsApproval: true,
  run: () => 'done',
});

async function wordsIn(store: CheckpointStore) {
  const session = await createAgent({ model: playedModel() }).openSession(store, { id: SESSION });
  return session.state.messages.map(messageText);
}

describe('a run', () => {
  it('is told from its start to its end, with the conversation and its totals in the store', async () => {
    const model = playedModel(
      [{ text: 'I ask.' }, { call: ['c', 'echo', '{"text":"hey"}'] }],
      [{ text: 'It says hey.' }],
    );
    const engine = await startEngine({ model, tools: [echo] });
    await engine.ask('a');
    const outcome = await engine.outcome('a');
    expect(outcome).toMatchObject({
      reason: 'end-turn',
      text: 'It says hey.',
      totals: { turnCount: 2, totalInputTokens: 20 },
    });
    const events = await engine.events('a');
    expect([...new Set(typesOf(events))]).toEqual([
      'run-start',
      'text-delta',
      'block-end',
      'tool-call-delta',
      'turn-end',
      'tool-start',
      'tool-end',
      'run-end',
    ]);
    expect(events[0]).toMatchObject({
      runId: 'a',
      sessionId: 's',
      input: userMessage('question of a'),
      messageCount: 0,
    });
    expect(events.at(-1)).toEqual({ type: 'run-end', ...outcome, number: events.length });
    expect(await wordsIn(engine.store)).toEqual(['question of a', 'I ask.', '', 'It says hey.']);
    const run = await engine.store.readRun('a');
    expect(run).toMatchObject({ state: 'ended', attempt: 1, lastEvent: events.length });
    expect(engine.errors).toEqual([]);
  });

  it('without input goes on from where the conversation stopped, or says that there is nothing', async () => {
    const store = await storeWithSession();
    const session = await createAgent({ model: playedModel([{ fail: 'away' }], [{ text: 'Here.' }]) }).openSession(
      store,
      {
        id: SESSION,
      },
    );
    await session
      .send('hello')
      .result()
      .catch(() => {});
    const engine = await startEngine({ model: playedModel([{ text: 'Here.' }]) }, { store });
    for (const id of ['a', 'b']) {
      await store.createRun({ id, sessionId: SESSION, request: JSON.stringify({ agent: 'agent' }), at: 1 });
      await engine.queue.enqueue({ runId: id, sessionId: SESSION });
    }
    expect(await engine.outcome('a')).toMatchObject({ reason: 'end-turn', text: 'Here.' });
    expect(await engine.outcome('b')).toMatchObject({ reason: 'error', error: { code: 'agent/nothing-to-continue' } });
  });

  it('of one session waits for the one before it', async () => {
    const first = Promise.withResolvers<void>();
    const engine = await startEngine({
      model: playedModel([{ until: first.promise }, { text: 'one' }], [{ text: 'two' }]),
    });
    for (const id of ['a', 'b']) await engine.ask(id);
    await untilEqual(async () => typesOf(await engine.events('a')), ['run-start']);
    expect((await engine.store.readRun('b'))?.state).toBe('waiting');
    first.resolve();
    expect((await engine.outcome('b')).text).toBe('two');
    expect(await wordsIn(engine.store)).toEqual(['question of a', 'one', 'question of b', 'two']);
  });

  it('ends with the reason approval-needed, and a decision and a run without input carry it on (N-16)', async () => {
    const model = playedModel([{ call: ['c', 'guarded', '{}'] }], [{ text: 'It is done.' }]);
    const engine = await startEngine({ model, tools: [guarded] });
    await engine.ask('a');
    expect((await engine.outcome('a')).reason).toBe('approval-needed');
    const asked = (await engine.events('a')).find((event) => event.type === 'approval-needed');
    expect(asked?.approval).toMatchObject({ sessionId: 's', call: { name: 'guarded' } });
    const session = await createAgent({ model, tools: [guarded] }).openSession(engine.store, { id: SESSION });
    await session.decide(asked?.approval.id ?? '', { isApproved: true });
    await engine.store.createRun({ id: 'b', sessionId: SESSION, request: JSON.stringify({ agent: 'agent' }), at: 2 });
    await engine.queue.enqueue({ runId: 'b', sessionId: SESSION });
    expect((await engine.outcome('b')).text).toBe('It is done.');
    expect(typesOf(await engine.events('b'))).toContain('tool-end');
  });

  it('goes into the one that is going, with steer', async () => {
    const going = Promise.withResolvers<void>();
    const model = playedModel([{ until: going.promise }, { text: 'one' }], [{ text: 'both' }]);
    const engine = await startEngine({ model });
    await engine.ask('a');
    await untilEqual(() => model.requests.length, 1);
    await engine.ask('b', { onBusy: 'steer' });
    await untilEqual(async () => typesOf(await engine.events('b')), ['run-start']);
    going.resolve();
    expect(await engine.outcome('b')).toMatchObject({ reason: 'steered', text: '' });
    expect(await engine.outcome('a')).toMatchObject({ reason: 'end-turn', text: 'both' });
    expect(await wordsIn(engine.store)).toEqual(['question of a', 'one', 'question of b', 'both']);
  });

  it('ends the one that is going, with interrupt', async () => {
    const model = playedModel([{ text: 'one' }, { until: new Promise(() => {}) }], [{ text: 'two' }]);
    const engine = await startEngine({ model });
    await engine.ask('a');
    await untilEqual(async () => typesOf(await engine.events('a')).includes('block-end'), true);
    await engine.ask('b', { onBusy: 'interrupt' });
    expect(await engine.outcome('b')).toMatchObject({ reason: 'end-turn', text: 'two' });
    expect(await engine.outcome('a')).toMatchObject({ reason: 'aborted', error: { code: 'provider/aborted' } });
  });
});

describe('a run that is to be stopped', () => {
  it('ends in the middle of an answer, from whichever process it is asked, and keeps what there was', async () => {
    const model = playedModel([{ text: 'Once upon a time' }, { until: new Promise(() => {}) }]);
    const engine = await startEngine({ model });
    await engine.ask('a');
    await untilEqual(async () => typesOf(await engine.events('a')).includes('block-end'), true);
    await engine.store.requestRunStop('a');
    expect(await engine.outcome('a')).toMatchObject({ reason: 'aborted', text: 'Once upon a time' });
    expect(await wordsIn(engine.store)).toEqual(['question of a', 'Once upon a time']);
  });

  it('ends unstarted while it waits in line, and never asks the model', async () => {
    const model = playedModel();
    const store = await storeWithSession();
    await askRun(store, 'a');
    await store.requestRunStop('a');
    const engine = await startEngine({ model }, { store });
    await engine.queue.enqueue({ runId: 'a', sessionId: SESSION });
    expect(await engine.outcome('a')).toMatchObject({ reason: 'aborted', text: '' });
    expect(typesOf(await engine.events('a'))).toEqual(['run-start', 'run-end']);
    expect([model.requests.length, await wordsIn(store)]).toEqual([0, []]);
  });

  it('ends in line at once, when somebody sees to it, behind one that goes on', async () => {
    const mayEnd = Promise.withResolvers<void>();
    const engine = await startEngine({ model: playedModel([{ until: mayEnd.promise }, { text: 'one' }]) });
    for (const id of ['a', 'b']) await engine.ask(id);
    await untilEqual(async () => typesOf(await engine.events('a')), ['run-start']);
    const means = { store: engine.store, clock: Date.now };
    for (const id of ['a', 'b', 'b']) await endWaitingRun(await engine.store.requestRunStop(id), means);
    expect(await engine.outcome('b')).toMatchObject({ reason: 'aborted', text: '', totals: { turnCount: 0 } });
    expect(typesOf(await engine.events('b'))).toEqual(['run-start', 'run-end']);
    expect(await engine.outcome('a')).toMatchObject({ reason: 'aborted' });
    await untilEqual(() => engine.queue.depth(), 0);
    expect((await engine.store.readRun('b'))?.attempt).toBe(1);
  });

  it('ends also if a worker was just taking it up', async () => {
    const model = playedModel([{ until: new Promise(() => {}) }]);
    const engine = await startEngine({ model }, { timers: hasty });
    const asked = await askRun(engine.store, 'a');
    await engine.queue.enqueue({ runId: 'a', sessionId: SESSION });
    await untilEqual(() => model.requests.length, 1);
    await engine.store.requestRunStop('a');
    await endWaitingRun(asked, { store: engine.store, clock: Date.now });
    expect(await engine.outcome('a')).toMatchObject({ reason: 'aborted' });
    await untilEqual(() => engine.worker.going, 0);
    expect(typesOf(await engine.events('a'))).toEqual(['run-start', 'run-end']);
    expect(await wordsIn(engine.store)).toEqual(['question of a', '']);
  });

  it('ends while it waits for its session', async () => {
    const engine = await startEngine({ model: playedModel([{ until: new Promise(() => {}) }]) });
    await engine.store.acquireLease({ sessionId: SESSION, holder: 'elsewhere', ttlMs: 600_000 });
    await engine.ask('a');
    await untilEqual(async () => typesOf(await engine.events('a')), ['run-start']);
    await engine.store.requestRunStop('a');
    expect((await engine.outcome('a')).reason).toBe('aborted');
  });
});

describe('a run that cannot be done', () => {
  it('ends with the reason why, for an agent that is not there', async () => {
    const engine = await startEngine({ model: playedModel() });
    await engine.ask('a', { agent: 'poet' });
    expect(await engine.outcome('a')).toMatchObject({ reason: 'error', error: { code: 'service/unknown-agent' } });
    expect(typesOf(await engine.events('a'))).toEqual(['run-start', 'run-end']);
  });

  it('is done by the agent that it names', async () => {
    const agents = {
      plain: createAgent({ model: playedModel() }),
      poet: createAgent({ model: playedModel([{ text: 'A rose.' }]) }),
    };
    const engine = await startEngine(agents);
    await engine.ask('a', { agent: 'poet' });
    expect((await engine.outcome('a')).text).toBe('A rose.');
  });

  it('ends with what the model failed with, and tells clients no more than they may know (I10)', async () => {
    const engine = await startEngine({ model: playedModel([{ fail: 'ECONNREFUSED 10.0.0.7, key sk-secret' }]) });
    await engine.ask('a');
    const outcome = await engine.outcome('a');
    expect(outcome.reason).toBe('error');
    expect(JSON.stringify([outcome, await engine.events('a')])).not.toMatch(/10\.0\.0\.7|sk-secret/);
    expect(JSON.stringify(engine.errors.map(String))).toContain('sk-secret');
  });

  it('does not make its session anew that was deleted, and comes to rest', async () => {
    const held = Promise.withResolvers<void>();
    const store = await storeWithSession();
    const engine = await startEngine({ model: playedModel() }, { store: deletingStore(store, held) });
    await askRun(store, 'a');
    await engine.queue.enqueue({ runId: 'a', sessionId: SESSION });
    await held.promise;
    await untilEqual(() => [engine.worker.going], [0]);
    await untilEqual(() => engine.queue.depth(), 0);
    expect([await store.readSession(SESSION), await store.readRun('a')]).toEqual([undefined, undefined]);
  });

  it('that is gone, or over, is out of line at once', async () => {
    const engine = await startEngine({ model: playedModel([{ text: 'one' }]) });
    await engine.queue.enqueue({ runId: 'nobody', sessionId: SESSION });
    await engine.ask('a');
    await engine.outcome('a');
    await engine.queue.enqueue({ runId: 'a', sessionId: SESSION });
    await untilEqual(() => [engine.worker.going], [0]);
    expect([engine.errors, (await engine.store.readRun('a'))?.attempt]).toEqual([[], 1]);
  });

  it('is given up after so many attempts', async () => {
    const store = await storeWithSession();
    await askRun(store, 'a');
    for (let attempt = 0; attempt < 3; attempt += 1) await store.takeUpRun({ runId: 'a', holder: 'gone', at: 1 });
    const engine = await startEngine({ model: playedModel() }, { store, maxAttempts: 3 });
    await engine.queue.enqueue({ runId: 'a', sessionId: SESSION });
    expect(await engine.outcome('a')).toMatchObject({ reason: 'error', error: { code: 'service/gave-up' } });
  });

  it('comes back while the store is away, and is done once', async () => {
    const store = await storeWithSession();
    let failures = 3;
    const takeUpRun: CheckpointStore['takeUpRun'] = async (taking) => {
      failures -= 1;
      if (failures >= 0) throw Object.assign(new Error('away'), { code: 'checkpoint/unavailable' });
      return store.takeUpRun(taking);
    };
    const engine = await startEngine({ model: playedModel([{ text: 'one' }]) }, { store: { ...store, takeUpRun } });
    await engine.ask('a');
    expect((await engine.outcome('a')).text).toBe('one');
    expect(engine.errors).toHaveLength(3);
  });
});

describe('a worker', () => {
  it('is refused for options that cannot work', async () => {
    const terms = { store: openMemoryStore(), queue: (await startEngine({ model: playedModel() })).queue };
    const agent = createAgent({ model: playedModel() });
    for (const options of [
      { agent: {} },
      { agent, concurrency: 0 },
      { agent, maxAttempts: 1.5 },
      { agent, leaseTtlMs: 0 },
    ]) {
      await expect(startWorker({ ...terms, ...options })).rejects.toMatchObject({ code: 'service/invalid-option' });
    }
  });
});

/** A store whose session is deleted just before it would be opened. */
function deletingStore(store: CheckpointStore, deleted: PromiseWithResolvers<void>): CheckpointStore {
  return {
    ...store,
    async takeUpRun(taking) {
      const run = await store.takeUpRun(taking);
      await store.deleteSession({ sessionId: run.sessionId });
      deleted.resolve();
      return run;
    },
  };
}
