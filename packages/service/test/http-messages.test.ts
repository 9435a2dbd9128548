import { createAgent, systemPorts, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { createMetrics } from '@reprise/service';
import { foldRun, type MessagePageBody, type RunBody, type RunEvent, type TurnPageBody } from '@reprise/service/client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { askedService, OLGA } from './support/asked-service.ts';
import { playedModel } from './support/played-model.ts';

const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({}),
  effect: 'pure',
  run: async () => 'There.',
});
const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({}),
  run: () => Promise.reject(new Error('No money.')),
});

test('messages of a model tell their turn, and of its calls effect class and duration; a call that did not run tells nothing', async () => {
  let now = Date.now();
  const clock = () => (now += 5);
  const { ask } = askedService({ agent: twoCallsAgent(clock) });
  await answered(ask('POST /v1/sessions/s/runs?create=true', { body: { input: 'Look.' }, headers: WAIT }));
  const { items } = (await ask<MessagePageBody>('GET /v1/sessions/s/messages')).json;
  const { items: turns } = (await ask<TurnPageBody>('GET /v1/sessions/s/turns')).json;
  expect(items.map(({ message, turn }) => [message.role, turn?.id])).toEqual([
    ['user', undefined],
    ['assistant', turns[0]?.id],
    ['tool', undefined],
    ['assistant', turns[1]?.id],
  ]);
  expect(items[1]?.turn).toMatchObject({ model: 'played', stopReason: 'tool-use', startedAt: turns[0]?.startedAt });
  const [first, second, ...others] = items[1]?.turn?.calls ?? [];
  expect([first, second]).toMatchObject([
    { position: 0, effect: 'pure', attempts: 1 },
    { position: 1, effect: 'effect', attempts: 1 },
  ]);
  for (const call of [first, second]) expect(call?.durationMs).toBeGreaterThan(0);
  expect(others).toEqual([]);
  expect(items[3]?.turn?.calls).toEqual([]);
});

test('a page in the middle has the turns of its own messages', async () => {
  const { ask, talk } = askedService();
  await talk('s', 'one', 'two', 'three');
  const { items: turns } = (await ask<TurnPageBody>('GET /v1/sessions/s/turns')).json;
  const page = (await ask<MessagePageBody>('GET /v1/sessions/s/messages?after=2&limit=2')).json;
  expect(page.items.map(({ index, turn }) => [index, turn?.id])).toEqual([
    [2, undefined],
    [3, turns[1]?.id],
  ]);
});

test('what a compaction has put there says so, and what it kept has its turn as before', async () => {
  const store = openMemoryStore();
  const answers = ['One.', 'Two.', 'All of it.'].map((text) => [{ text }]);
  const agent = createAgent({ model: playedModel(...answers) });
  const { ask, talk } = askedService({ store, agent });
  await talk('s', 'one', 'two');
  const kept = (await ask<MessagePageBody>('GET /v1/sessions/s/messages')).json.items.at(-1)?.turn;
  const session = await agent.openSession(store, { id: 'acme/s' });
  await session.compact({ keepLast: 1 });
  await session.close();
  const { items } = (await ask<MessagePageBody>('GET /v1/sessions/s/messages')).json;
  expect(items.map(({ message: { role }, edit }) => [role, edit])).toEqual([
    ['user', 'compaction'],
    ['assistant', 'compaction'],
    ['user', undefined],
    ['assistant', undefined],
  ]);
  expect(items.map(({ turn }) => turn)).toEqual([undefined, undefined, undefined, kept]);
});

test('a run tells the effect class of a call when it starts and ends, what is shown of it has it, and calls are counted by it', async () => {
  const metrics = createMetrics({ ofProcess: false });
  const { ask } = askedService({ agent: twoCallsAgent(), metrics });
  const run = await answered(ask('POST /v1/sessions/s/runs?create=true', { body: { input: 'Look.' }, headers: WAIT }));
  const { text } = await ask(`GET /v1/sessions/s/runs/${run.id}/events`, { headers: { accept: 'text/event-stream' } });
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']): RunEvent => JSON.parse(data));
  const told = events.flatMap((event) =>
    event.type === 'tool-start' || event.type === 'tool-end' ? [[event.type, event.call.name, event.effect]] : [],
  );
  expect(told.toSorted()).toEqual([
    ['tool-end', 'look', 'pure'],
    ['tool-end', 'nothing', undefined],
    ['tool-end', 'pay', 'effect'],
    ['tool-start', 'look', 'pure'],
    ['tool-start', 'nothing', undefined],
    ['tool-start', 'pay', 'effect'],
  ]);
  const calls = foldRun(events).items.flatMap((item) => (item.type === 'turn' ? item.calls : []));
  expect(calls.map(({ name, effect, state }) => [name, effect, state])).toEqual([
    ['look', 'pure', 'answered'],
    ['pay', 'effect', 'answered'],
    ['nothing', undefined, 'answered'],
  ]);
  const counted = (await ask('GET /metrics', { token: OLGA })).text;
  expect(counted).toContain('reprise_tool_calls_total{outcome="ok",effect="pure"} 1');
  expect(counted).toContain('reprise_tool_calls_total{outcome="error",effect="effect"} 1');
  expect(counted).toContain('reprise_tool_calls_total{outcome="error",effect="unknown"} 1');
});

const WAIT = { prefer: 'wait=30' };

/** Calls three tools, of which one is not there. */
function twoCallsAgent(clock?: () => number) {
  const names = ['look', 'pay', 'nothing'];
  const model = playedModel(
    names.map((name) => ({ call: [name, name, '{}'] as const })),
    [{ text: 'Done.' }],
  );
  return createAgent({ model, tools: [look, pay], ...(clock && { ports: { ...systemPorts, clock } }) });
}

async function answered(asked: Promise<{ readonly json: unknown }>): Promise<RunBody> {
  const { json } = (await asked) as { readonly json: RunBody };
  expect(json.outcome?.reason).toBe('end-turn');
  return json;
}
