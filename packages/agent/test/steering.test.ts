import { setImmediate as tick } from 'node:timers/promises';
import { type AgentEvent, type AgentOptions, createAgent, type Run, type Session, tool } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import {
  type AssistantBlock,
  type AssistantTurnParts,
  type JsonObject,
  type Message,
  messageText,
  ProviderError,
  userMessage,
} from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createWorld } from './support/crashes.ts';
import { busySession, heldTurn, openScripted } from './support/held-runs.ts';
import { type Step, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const wordsOf = (messages: readonly Message[] | undefined) => messages?.map(messageText);
const rolesOf = (messages: readonly Message[] | undefined) => messages?.map(({ role }) => role);
const storedWords = async (store: CheckpointStore) => wordsOf((await openScripted(store, [])).state.messages);

const typesOf = (events: readonly AgentEvent[]) => events.map(({ type }) => type);
const endOf = (events: readonly AgentEvent[]) => events.at(-1);

/** Starts a run that steers, and lets it come to where it waits. */
async function steering(session: Session, text: string, signal?: AbortSignal) {
  const run: Run = session.send(text, { onBusy: 'steer', ...(signal ? { signal } : {}) });
  const events = Array.fromAsync(run);
  await tick();
  return { run, events };
}

/** Two sessions of one agent, in one of which a run is in the middle of its first model call. */
async function underWay(
  steps: readonly Step[],
  options: Partial<AgentOptions> = {},
  parts: Partial<AssistantTurnParts> = {},
) {
  const store = openMemoryStore();
  const held = heldTurn('held', parts);
  const model = scriptedModel(held.step, ...steps);
  const agent = createAgent({ model, ...options });
  const [one, other] = [await agent.openSession(store, { id: 's' }), await agent.openSession(store, { id: 's' })];
  const abort = new AbortController();
  const first = Array.fromAsync(one.send('first', { signal: abort.signal }));
  await held.started;
  return { store, model, one, other, first, answer: held.answer, abort };
}

/** A run whose tool sends into it while it runs. */
async function steeredByTool(options: Partial<AgentOptions>, ...texts: readonly string[]) {
  const sent: Awaited<ReturnType<typeof steering>>[] = [];
  const store = openMemoryStore();
  const busy = tool({
    name: 'busy',
    description: '',
    input: z.object({}),
    async run() {
      for (const text of texts) sent.push(await steering(session, text));
      return 'ran';
    },
  });
  const model = scriptedModel(toolTurn(['c1', 'busy', '{}']), ...Array(3).fill(textTurn('answer')));
  const session = await createAgent({ model, tools: [busy], ...options }).openSession(store, { id: 's' });
  const events = await Array.fromAsync(session.send('go'));
  return { store, model, session, events, sent };
}

describe("a send with 'steer' while a run of its agent has the session", () => {
  it('puts its message after the results of the tools under way, before the next request', async () => {
    const { model, events } = await steeredByTool({}, 'and be quick');
    expect(rolesOf(model.requests[1]?.messages)).toEqual(['user', 'assistant', 'tool', 'user']);
    expect(wordsOf(model.requests[1]?.messages)?.at(-1)).toBe('and be quick');
    expect(model.requests).toHaveLength(2);
    expect(endOf(events)).toMatchObject({ reason: 'end-turn' });
  });

  it('puts several messages there in the order in which they were sent', async () => {
    const { model } = await steeredByTool({}, 'one', 'two', 'three');
    expect(wordsOf(model.requests[1]?.messages)?.slice(-3)).toEqual(['one', 'two', 'three']);
  });

  it('is told of in the run, once its message is durable', async () => {
    const { other, first, answer, store } = await underWay([textTurn('more')]);
    await steering(other, 'go on');
    answer();
    const events = await first;
    expect(typesOf(events).filter((type) => !type.endsWith('delta'))).toEqual([
      'run-start',
      'assistant-turn',
      'turn-end',
      'message-steered',
      'assistant-turn',
      'turn-end',
      'run-end',
    ]);
    expect(events.find(({ type }) => type === 'message-steered')).toMatchObject({ message: userMessage('go on') });
    expect(await storedWords(store)).toEqual(['first', 'held', 'go on', 'more']);
  });

  it('is a run of its own that ends as soon as its message is durable, with the state that holds it', async () => {
    const { other, first, answer } = await underWay([textTurn('more')]);
    const { run, events } = await steering(other, 'go on');
    answer();
    expect(typesOf(await events)).toEqual(['run-start', 'run-end']);
    const { text, turns, reason, state } = await run.result();
    expect({ text, turns, reason }).toEqual({ text: '', turns: [], reason: 'steered' });
    expect(wordsOf(state.messages)).toEqual(['first', 'held', 'go on']);
    await first;
  });

  it.each(['the same object', 'another object'])('through %s has the run go on that was at its end', async (party) => {
    const { one, other, first, answer, model } = await underWay([textTurn('more')]);
    const { events } = await steering(party === 'the same object' ? one : other, 'go on');
    answer();
    expect(endOf(await events)).toMatchObject({ reason: 'steered' });
    expect(endOf(await first)).toMatchObject({ reason: 'end-turn' });
    expect(wordsOf(model.requests[1]?.messages)).toEqual(['first', 'held', 'go on']);
  });

  it('goes before those who wait for their turn, and behind nobody who steered later', async () => {
    const { one, other, first, answer, store } = await underWay(['b', 'c'].map((text) => textTurn(text)));
    const queued = one.send('patient', { onBusy: 'queue' }).result();
    const steered = [await steering(other, 'left'), await steering(one, 'right')];
    answer();
    await first;
    expect((await queued).text).toBe('c');
    expect((await Promise.all(steered.map(({ events }) => events))).map(endOf)).toMatchObject([
      { reason: 'steered' },
      { reason: 'steered' },
    ]);
    expect(await storedWords(store)).toEqual(['first', 'held', 'left', 'right', 'b', 'patient', 'c']);
  });

  it('lets one that interrupts go before it, and then has a run of its own, before those who came later', async () => {
    const { one, other, first, store } = await underWay(['b', 'c', 'd'].map((text) => textTurn(text)));
    const { run } = await steering(other, 'steered');
    const queued = other.send('patient', { onBusy: 'queue' }).result();
    const urgent = one.send('urgent', { onBusy: 'interrupt' }).result();
    expect(endOf(await first)).toMatchObject({ reason: 'aborted' });
    expect([(await urgent).text, (await run.result()).text, (await queued).text]).toEqual(['b', 'c', 'd']);
    expect((await storedWords(store))?.filter((_, index) => index % 2 === 0)).toEqual([
      'first',
      'urgent',
      'steered',
      'patient',
    ]);
  });

  it('can be what a session does when it is busy', async () => {
    const store = openMemoryStore();
    const held = heldTurn('held');
    const session = await openScripted(store, [held.step, textTurn('more')], { onBusy: 'steer' });
    const first = session.send('first').result();
    await held.started;
    const second = session.send('go on').result();
    await tick();
    held.answer();
    expect((await second).reason).toBe('steered');
    expect((await first).text).toBe('more');
  });
});

describe("I7 a send with 'steer' that no run takes has one of its own", () => {
  const own = [textTurn('own')];
  const error = new ProviderError('provider/server', 'The vendor failed.');

  it('when nobody has the session', async () => {
    const session = await openScripted(openMemoryStore(), own);
    expect(await session.send('hi', { onBusy: 'steer' }).result()).toMatchObject({ text: 'own', reason: 'end-turn' });
  });

  it('when it has no message', async () => {
    const { other, first, answer, abort } = await underWay(own);
    const run = other.send(undefined, { onBusy: 'steer' });
    const end = run.result();
    await tick();
    abort.abort();
    answer();
    await first;
    expect((await end).text).toBe('own');
  });

  it.each(['another agent', 'another process'])('when the run is one of %s', async (party) => {
    const world = createWorld();
    const store = world.open();
    const { events, answer } = await busySession(store);
    const second = await openScripted(party === 'another agent' ? store : world.open(), own);
    const { run } = await steering(second, 'second');
    answer();
    expect(typesOf(await events)).not.toContain('message-steered');
    expect((await run.result()).text).toBe('own');
    expect(await storedWords(store)).toEqual(['first', 'held', 'second', 'own']);
  });

  it('when the run is aborted', async () => {
    const { other, first, abort, store } = await underWay(own);
    const { run } = await steering(other, 'second');
    abort.abort();
    expect(endOf(await first)).toMatchObject({ reason: 'aborted' });
    expect((await run.result()).text).toBe('own');
    expect(await storedWords(store)).toEqual(['first', '', 'second', 'own']);
  });

  it('when the run is aborted while its tools run', async () => {
    const abort = new AbortController();
    const sent: Awaited<ReturnType<typeof steering>>[] = [];
    const stopping = tool({
      name: 'stopping',
      description: '',
      input: z.object({}),
      async run() {
        sent.push(await steering(session, 'second'));
        abort.abort();
        return 'ran';
      },
    });
    const model = scriptedModel(toolTurn(['c1', 'stopping', '{}']), ...own);
    const session = await createAgent({ model, tools: [stopping] }).openSession(openMemoryStore(), { id: 's' });
    const events = await Array.fromAsync(session.send('go', { signal: abort.signal }));
    expect(typesOf(events)).not.toContain('message-steered');
    expect(endOf(events)).toMatchObject({ reason: 'aborted' });
    expect((await sent[0]?.run.result())?.text).toBe('own');
  });

  it('when the run fails', async () => {
    const { other, first, answer } = await underWay(own, {}, { stopReason: 'error', error });
    const { run } = await steering(other, 'second');
    answer();
    expect(endOf(await first)).toMatchObject({ reason: 'error', error });
    expect((await run.result()).text).toBe('own');
  });

  it('when the run may make no more requests', async () => {
    const { other, first, answer } = await underWay(own, { maxRequests: 1 });
    const { run } = await steering(other, 'second');
    answer();
    expect(endOf(await first)).toMatchObject({ reason: 'end-turn' });
    expect((await run.result()).text).toBe('own');
  });

  it('when the run is closing, since it may use no more tools', async () => {
    const { model, events, sent } = await steeredByTool({ maxToolRounds: 1 }, 'one more');
    expect(endOf(events)).toMatchObject({ reason: 'tool-round-limit' });
    expect((await sent[0]?.run.result())?.text).toBe('answer');
    expect(model.requests).toHaveLength(3);
    expect(wordsOf(model.requests[2]?.messages)?.at(-1)).toBe('one more');
  });

  it('when the answer was cut off or refused, so that its run has to say so', async () => {
    for (const stopReason of ['max-tokens', 'refusal'] as const) {
      const held = heldTurn('cut', { stopReason });
      const session = await openScripted(openMemoryStore(), [held.step, ...own]);
      const first = session.send('first').result();
      await held.started;
      const { run } = await steering(session, 'second');
      held.answer();
      expect((await first).reason).toBe(stopReason);
      expect((await run.result()).text).toBe('own');
    }
  });

  it('and does not come between a pause and what the model goes on with', async () => {
    const store = openMemoryStore();
    const held = heldTurn('searching', { stopReason: 'pause' });
    const model = scriptedModel(held.step, textTurn('found'), textTurn('more'));
    const session = await createAgent({ model }).openSession(store, { id: 's' });
    const first = session.send('first').result();
    await held.started;
    await steering(session, 'second');
    held.answer();
    expect((await first).text).toBe('more');
    expect(wordsOf(model.requests[1]?.messages)).toEqual(['first', 'searching']);
    expect(wordsOf(model.requests[2]?.messages)).toEqual(['first', 'searching', 'found', 'second']);
  });
});

describe("a send with 'steer' while the vendor is in the midst of a call of its own", () => {
  it('waits until that has its result: results of our tools may come between, and nothing else', async () => {
    const code = { type: 'server_tool_use', id: 'srv_1', name: 'code_execution', input: {} };
    const ran = { type: 'code_execution_tool_result', tool_use_id: 'srv_1', content: [] };
    const opaque = (data: JsonObject): AssistantBlock => ({ type: 'opaque', family: 'anthropic', data });
    const calling = toolTurn(['c1', 'busy', '{}']);
    const turns = [
      { ...calling, message: { role: 'assistant', content: [opaque(code), ...calling.message.content] } },
      { ...calling, message: { role: 'assistant', content: [opaque(ran), ...calling.message.content] } },
    ] as const;
    const busy = tool({
      name: 'busy',
      description: '',
      input: z.object({}),
      async run() {
        if (model.requests.length === 1) await steering(session, 'be quick');
        return 'ran';
      },
    });
    const model = scriptedModel(...turns, textTurn('done'));
    const session = await createAgent({ model, tools: [busy] }).openSession(openMemoryStore(), { id: 's' });
    await session.send('go').result();
    expect(model.requests.map(({ messages }) => rolesOf(messages)?.slice(-2))).toEqual([
      ['user'],
      ['assistant', 'tool'],
      ['tool', 'user'],
    ]);
  });
});

describe("I12 a send with 'steer'", () => {
  it('is withdrawn when its signal is aborted', async () => {
    const { other, first, answer, store } = await underWay([]);
    const abort = new AbortController();
    const { events } = await steering(other, 'given up', abort.signal);
    abort.abort();
    expect(endOf(await events)).toMatchObject({ reason: 'aborted', error: { code: 'provider/aborted' } });
    answer();
    expect(endOf(await first)).toMatchObject({ reason: 'end-turn' });
    expect(await storedWords(store)).toEqual(['first', 'held']);
  });

  it('is not, once a run has taken it', async () => {
    const abort = new AbortController();
    const last = heldTurn('more');
    const { other, first, answer } = await underWay([last.step]);
    const { run } = await steering(other, 'go on', abort.signal);
    answer();
    await last.started;
    abort.abort();
    expect((await run.result()).reason).toBe('steered');
    last.answer();
    expect(endOf(await first)).toMatchObject({ reason: 'end-turn' });
  });

  it('gives up after `queueTimeoutMs`, with its message nowhere', async () => {
    const { other, first, answer, store } = await underWay([]);
    const late = other.send('late', { onBusy: 'steer', queueTimeoutMs: 5 }).result();
    await expect(late).rejects.toMatchObject({ code: 'agent/session-busy' });
    answer();
    await first;
    expect(await storedWords(store)).toEqual(['first', 'held']);
  });

  it('ends when its session object is closed', async () => {
    const { other, first, answer } = await underWay([]);
    const { events } = await steering(other, 'second');
    await other.close();
    expect(endOf(await events)).toMatchObject({ reason: 'error', error: { code: 'agent/session-closed' } });
    answer();
    expect(endOf(await first)).toMatchObject({ reason: 'end-turn' });
  });
});
