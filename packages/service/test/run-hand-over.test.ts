import { createAgent, tool } from '@reprise/agent';
import { CheckpointError, type CheckpointStore } from '@reprise/checkpoint';
import { messageText, userMessage } from '@reprise/providers';
import { createLocalQueue } from '@reprise/service';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { foldRun, messagesOf } from '../src/client/view/fold-run.ts';
import { doRun, type RunMeans } from '../src/runs/do-run.ts';
import type { RunEvent } from '../src/wire/run-event.ts';
import { type Engine, startEngine, typesOf } from './support/engine.ts';
import { type Piece, playedModel } from './support/played-model.ts';
import { askRun, SESSION, storeWithSession } from './support/run-rows.ts';
import { untilEqual } from './support/until.ts';
import { hasty, virtualTimers } from './support/virtual-timers.ts';

const CALLS: readonly Piece[] = [{ text: 'Both.' }, { call: ['c1', 'note', '{}'] }, { call: ['c2', 'count', '{}'] }];

/** Two tools that say when they run, and wait until they may end. */
function slowTools() {
  const ran: string[] = [];
  const running = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const tools = (['note', 'count'] as const).map((name) =>
    tool({
      name,
      description: `Does ${name}.`,
      input: z.object({}),
      effect: name === 'note' ? 'effect' : 'pure',
      async run(_input, { signal }) {
        ran.push(name);
        if (ran.length === 2) running.resolve();
        signal.addEventListener('abort', () => mayEnd.reject(signal.reason), { once: true });
        await mayEnd.promise;
        return `${name} is done`;
      },
    }),
  );
  mayEnd.promise.catch(() => {});
  return { tools, ran, running: running.promise, end: () => mayEnd.resolve() };
}

/** Has another worker do what the first has left. */
async function goOn(
  first: Engine,
  tools: ReturnType<typeof slowTools>['tools'],
  ...answers: readonly (readonly Piece[])[]
) {
  const model = playedModel(...answers);
  const second = await startEngine({ model, tools }, { store: first.store });
  await second.queue.enqueue({ runId: 'a', sessionId: SESSION });
  return { outcome: await second.outcome('a'), events: await second.events('a'), model };
}

async function conversation(store: CheckpointStore) {
  return (await createAgent({ model: playedModel() }).openSession(store, { id: SESSION })).state;
}

/** What is stored is what a client has seen that applied every event (W3). */
async function expectView(store: CheckpointStore, events: readonly RunEvent[]): Promise<void> {
  const view = foldRun(events);
  const { messages, ...totals } = await conversation(store);
  expect(messagesOf(view)).toEqual(messages);
  expect(view.totals).toEqual(totals);
  expect(typesOf(events).filter((type) => type === 'run-start' || type === 'run-end')).toEqual([
    'run-start',
    'run-end',
  ]);
}

describe('a worker that is stopped', () => {
  it('leaves a run at the end of its turn, before its tools, and another one runs them', async () => {
    const [mayEnd, slow] = [Promise.withResolvers<void>(), slowTools()];
    const model = playedModel([...CALLS, { until: mayEnd.promise }]);
    const first = await startEngine({ model, tools: slow.tools });
    await first.ask('a');
    await untilEqual(() => model.requests.length, 1);
    const stopped = first.worker.stop({ deadlineMs: 60_000 });
    mayEnd.resolve();
    await stopped;
    expect(slow.ran).toEqual([]);
    expect(await first.store.readRun('a')).toMatchObject({ state: 'going', attempt: 1 });
    expect(typesOf(await first.events('a')).at(-1)).toBe('turn-end');
    expect((await first.store.readLease(SESSION))?.holder).toBeNull();
    slow.end();
    const { outcome, events, model: other } = await goOn(first, slow.tools, [{ text: 'Done.' }]);
    expect(outcome).toMatchObject({ reason: 'end-turn', text: 'Done.', totals: { turnCount: 2 } });
    expect(other.requests).toHaveLength(1);
    expect(slow.ran.toSorted()).toEqual(['count', 'note']);
    const resumed = events.find((event) => event.type === 'run-resumed');
    expect(resumed).toMatchObject({ attempt: 2, totals: { turnCount: 1 } });
    expect(resumed?.messages.map(messageText)).toEqual(['question of a', 'Both.']);
    await expectView(first.store, events);
  });

  it('leaves a run when its tools have ended, and what they came to is known elsewhere', async () => {
    const slow = slowTools();
    const first = await startEngine({ model: playedModel(CALLS), tools: slow.tools });
    await first.ask('a');
    await slow.running;
    const stopped = first.worker.stop({ deadlineMs: 60_000 });
    slow.end();
    await stopped;
    const { outcome, events } = await goOn(first, slow.tools, [{ text: 'Done.' }]);
    expect(outcome).toMatchObject({ reason: 'end-turn', text: 'Done.' });
    expect(slow.ran.toSorted()).toEqual(['count', 'note']);
    await expectView(first.store, events);
  });

  it('lets a last answer come to its end', async () => {
    const mayEnd = Promise.withResolvers<void>();
    const model = playedModel([{ text: 'All ' }, { until: mayEnd.promise }, { text: 'of it.' }]);
    const first = await startEngine({ model });
    await first.ask('a');
    await untilEqual(() => model.requests.length, 1);
    const stopped = first.worker.stop({ deadlineMs: 60_000 });
    mayEnd.resolve();
    await stopped;
    expect((await first.store.readRun('a'))?.state).toBe('ended');
    await expectView(first.store, await first.events('a'));
  });

  it('leaves an answer in its midst after the deadline, and it is asked for again (I2)', async () => {
    const model = playedModel([{ text: 'Half of ' }, { until: new Promise(() => {}) }]);
    const first = await startEngine({ model });
    await first.ask('a');
    await untilEqual(async () => typesOf(await first.events('a')).includes('block-end'), true);
    await first.worker.stop({ deadlineMs: 0 });
    const { outcome, events } = await goOn(first, [], [{ text: 'The whole of it.' }]);
    expect(outcome).toMatchObject({ reason: 'end-turn', text: 'The whole of it.', totals: { turnCount: 2 } });
    expect((await conversation(first.store)).messages.map(messageText)).toEqual([
      'question of a',
      '',
      'The whole of it.',
    ]);
    expect(await first.store.readTurns(SESSION)).toHaveLength(2);
    await expectView(first.store, events);
  });

  it('I5 leaves tools in their midst after the deadline, and an effect is not run again', async () => {
    const slow = slowTools();
    const first = await startEngine({ model: playedModel(CALLS), tools: slow.tools });
    await first.ask('a');
    await slow.running;
    await first.worker.stop({ deadlineMs: 0 });
    const again = slowTools();
    again.end();
    const { outcome, events } = await goOn(first, again.tools, [{ text: 'Done.' }]);
    expect(outcome.text).toBe('Done.');
    expect([slow.ran.toSorted(), again.ran]).toEqual([['count', 'note'], ['count']]);
    const results = (await conversation(first.store)).messages.flatMap((m) => (m.role === 'tool' ? m.content : []));
    expect(JSON.stringify(results)).toMatch(/Outcome unknown.*count is done/);
    await expectView(first.store, events);
  });

  it('leaves a run at once that waits for its session, or in line', async () => {
    const first = await startEngine({ model: playedModel() }, { concurrency: 1 });
    await first.store.acquireLease({ sessionId: SESSION, holder: 'elsewhere', ttlMs: 600_000 });
    for (const id of ['a', 'b']) await first.ask(id);
    await untilEqual(async () => typesOf(await first.events('a')), ['run-start']);
    await first.worker.stop({ deadlineMs: 600_000 });
    expect([(await first.store.readRun('a'))?.state, (await first.store.readRun('b'))?.state]).toEqual([
      'going',
      'waiting',
    ]);
    expect(first.errors).toEqual([]);
  });
});

describe('a run that is taken over while its process lives', () => {
  it('is let go there, also in the middle of a silence, and told once', async () => {
    const model = playedModel([{ text: 'Half of ' }, { until: new Promise(() => {}) }]);
    const line = virtualTimers();
    const first = await startEngine({ model }, { timers: hasty, queue: createLocalQueue(line) });
    await first.ask('a');
    await untilEqual(async () => typesOf(await first.events('a')).includes('block-end'), true);
    const isLetGo = Promise.withResolvers<void>();
    const going = goOn(first, [], [{ until: isLetGo.promise }, { text: 'The whole of it.' }]);
    await untilEqual(() => first.worker.going, 0);
    // It does not wait to come back there: whoever has it ends it.
    expect([await first.queue.depth(), line.waiting]).toEqual([0, 0]);
    isLetGo.resolve();
    const { outcome, events } = await going;
    expect(outcome).toMatchObject({ reason: 'end-turn', text: 'The whole of it.' });
    await expectView(first.store, events);
    expect([first.errors, (await first.store.readRun('a'))?.attempt]).toEqual([[], 2]);
  });
});

describe('a run whose end could not be written', () => {
  it('comes back, finds that it was answered, and ends as it had', async () => {
    const store = await storeWithSession();
    let failures = 6;
    const appendRunEvents: CheckpointStore['appendRunEvents'] = async (appends) => {
      const isLast = appends.some(({ end }) => end);
      if (isLast) failures -= 1;
      if (isLast && failures >= 0) throw new CheckpointError('checkpoint/unavailable', 'No connection.');
      return store.appendRunEvents(appends);
    };
    const model = playedModel([{ text: 'All of it.' }]);
    const engine = await startEngine({ model }, { store: { ...store, appendRunEvents }, timers: hasty });
    await engine.ask('a');
    expect(await engine.outcome('a')).toMatchObject({
      reason: 'end-turn',
      text: 'All of it.',
      totals: { turnCount: 1 },
    });
    expect([model.requests.length, (await store.readRun('a'))?.attempt]).toEqual([1, 2]);
    await expectView(store, await engine.events('a'));
  });
});

describe('a run that was taken up, and of which nothing is done', () => {
  it('begins, and tells that it was taken up before', async () => {
    const store = await storeWithSession();
    await askRun(store, 'a');
    await store.takeUpRun({ runId: 'a', holder: 'gone', at: 1 });
    const engine = await startEngine({ model: playedModel([{ text: 'All of it.' }]) }, { store });
    await engine.queue.enqueue({ runId: 'a', sessionId: SESSION });
    expect(await engine.outcome('a')).toMatchObject({ reason: 'end-turn', text: 'All of it.' });
    const events = await engine.events('a');
    expect(typesOf(events).slice(0, 2)).toEqual(['run-start', 'run-resumed']);
    expect(events[1]).toMatchObject({ attempt: 2, messages: [userMessage('question of a')] });
    await expectView(store, events);
  });

  it('waits for the session that its former self may hold, also if it was to be refused', async () => {
    const store = await storeWithSession();
    await askRun(store, 'a', { onBusy: 'reject' });
    await store.takeUpRun({ runId: 'a', holder: 'elsewhere', at: 1 });
    const lease = await store.acquireLease({ sessionId: SESSION, holder: 'elsewhere', ttlMs: 600_000 });
    const engine = await startEngine({ model: playedModel([{ text: 'All of it.' }]) }, { store });
    await engine.queue.enqueue({ runId: 'a', sessionId: SESSION });
    await untilEqual(async () => typesOf(await engine.events('a')), ['run-start']);
    await store.releaseLease(lease);
    expect((await engine.outcome('a')).reason).toBe('end-turn');
  });

  it('without input tells what has come of it since it began', async () => {
    const slow = slowTools();
    const first = await startEngine({ model: playedModel([{ text: 'Hello.' }], CALLS), tools: slow.tools });
    await first.ask('before');
    await first.outcome('before');
    const continued = await sendUnanswered(first.store);
    expect(continued).toBe(3);
    await first.store.createRun({ id: 'a', sessionId: SESSION, request: JSON.stringify({ agent: 'agent' }), at: 1 });
    await first.queue.enqueue({ runId: 'a', sessionId: SESSION });
    await slow.running;
    const stopped = first.worker.stop({ deadlineMs: 60_000 });
    slow.end();
    await stopped;
    const { outcome, events } = await goOn(first, slow.tools, [{ text: 'Done.' }]);
    expect(outcome).toMatchObject({ reason: 'end-turn', text: 'Done.' });
    const resumed = events.find((event) => event.type === 'run-resumed');
    expect(resumed?.messages.map(({ role }) => role)).toEqual(['assistant']);
    const { messages } = await conversation(first.store);
    expect(messagesOf(foldRun(events))).toEqual(messages.slice(continued));
  });

  it('is left in line by a process that is about to go', async () => {
    const store = await storeWithSession();
    await askRun(store, 'a');
    const means = { store, draining: AbortSignal.abort() } as RunMeans;
    const left = doRun({ runId: 'a', sessionId: SESSION }, new AbortController().signal, means);
    await expect(left).rejects.toMatchObject({ code: 'service/run-left' });
    expect(await store.readRun('a')).toMatchObject({ state: 'waiting', attempt: 0 });
  });

  it('comes back if its session cannot be read just now', async () => {
    const store = await storeWithSession();
    let failures = 1;
    const readEntries: CheckpointStore['readEntries'] = async (sessionId) => {
      failures -= 1;
      if (failures >= 0) throw new CheckpointError('checkpoint/unavailable', 'No connection.');
      return store.readEntries(sessionId);
    };
    const engine = await startEngine({ model: playedModel([{ text: 'one' }]) }, { store: { ...store, readEntries } });
    await engine.ask('a');
    expect(await engine.outcome('a')).toMatchObject({ reason: 'end-turn', text: 'one' });
  });
});

/** A conversation that ends with a message which no model has answered; how long it is then. */
async function sendUnanswered(store: CheckpointStore): Promise<number> {
  const session = await createAgent({ model: playedModel([{ fail: 'away' }]) }).openSession(store, { id: SESSION });
  await session
    .send('and now')
    .result()
    .catch(() => {});
  return (await conversation(store)).messages.length;
}

describe('a run that is to be stopped and whose process died', () => {
  it.each(['in the middle of its answer', 'before its message was committed'])('%s, ends stopped', async (when) => {
    const store = await storeWithSession();
    const model = playedModel([{ text: 'Half of ' }, { until: new Promise(() => {}) }], []);
    const first = await startEngine({ model }, { store });
    if (when.includes('answer')) {
      await first.ask('a');
      await untilEqual(async () => typesOf(await first.events('a')).includes('block-end'), true);
      await first.worker.stop({ deadlineMs: 0 });
    } else {
      await askRun(store, 'a');
      await store.takeUpRun({ runId: 'a', holder: 'gone', at: 1 });
    }
    await store.requestRunStop('a');
    const { outcome, events, model: other } = await goOn(first, []);
    expect(outcome).toMatchObject({ reason: 'aborted' });
    expect(other.requests).toEqual([]);
    const resumed = events.find((event) => event.type === 'run-resumed');
    expect(resumed?.messages).toHaveLength(when.includes('answer') ? 2 : 0);
    const { messages } = await conversation(store);
    expect(messages.map(messageText)).toEqual(when.includes('answer') ? ['question of a', ''] : []);
    if (when.includes('answer')) await expectView(store, events);
  });
});
