// Row N-14: a process dies in the midst of a compaction, and what the next one finds.

import { type AgentFaultPoint, createAgent, systemPorts, tool } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { messageText, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createWorld, type World } from './support/crashes.ts';
import { type Step, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { unsendable } from './support/wire-rules.ts';

const open = (store: CheckpointStore, ...steps: readonly Step[]) =>
  createAgent({ model: scriptedModel(...steps), tools: [look] }).openSession(store, { id: 's' });

const lookOptions = { name: 'look', description: 'Looks.', input: z.object({}), run: () => 'seen' };
const look = tool(lookOptions);

/** Three turns. */
async function conversation(world: World) {
  const session = await open(world.open(), textTurn('1'), textTurn('2'), textTurn('3'));
  for (const question of ['one', 'two', 'three']) await session.send(question).result();
  return session.state;
}

/** Compacts in a process that dies at that point: nothing it does after that reaches the store. */
async function compactAndDie(world: World, at: AgentFaultPoint): Promise<void> {
  const store = world.open();
  let isPassed = false;
  const onFaultPoint = (point: AgentFaultPoint) => {
    if (point === at) isPassed = true;
    if (point === at) void store.close();
  };
  const model = scriptedModel(textTurn('They counted.'));
  const session = await createAgent({ model, ports: { ...systemPorts, onFaultPoint } }).openSession(store, { id: 's' });
  await session.compact({ keepLast: 1 }).catch(() => {});
  if (!isPassed) throw new Error(`The compaction did not pass ${at}.`);
  world.leaseTimePasses();
}

describe.each<readonly [AgentFaultPoint, string[], number]>([
  ['agent/lease-taken', ['one', '1', 'two', '2', 'three', '3'], 3],
  ['agent/input-committed', ['one', '1', 'two', '2', 'three', '3', 'PROMPT'], 3],
  ['agent/turn-begun', ['one', '1', 'two', '2', 'three', '3', 'PROMPT'], 3],
  ['agent/first-event', ['one', '1', 'two', '2', 'three', '3', 'PROMPT'], 3],
  ['agent/stream-ended', ['one', '1', 'two', '2', 'three', '3', 'PROMPT'], 3],
  ['agent/turn-committed', ['one', '1', 'two', '2', 'three', '3', 'PROMPT', 'They counted.'], 4],
  ['agent/history-edited', ['SUMMARY', 'OK', 'three', '3'], 4],
  ['agent/lease-released', ['SUMMARY', 'OK', 'three', '3'], 4],
])('a process that dies at %s of a compaction (N-14)', (point, words, rows) => {
  const wordOf = (text: string) => {
    if (text.startsWith('Summarise')) return 'PROMPT';
    if (text.startsWith('Understood')) return 'OK';
    return text.startsWith('What was said') ? 'SUMMARY' : text;
  };

  it('leaves a history that can be sent, and every row that is due (I4, I6)', async () => {
    const world = createWorld();
    await conversation(world);
    await compactAndDie(world, point);
    const store = world.open();
    const session = await open(store, textTurn('4'));
    expect(session.state.messages.map(messageText).map(wordOf)).toEqual(words);
    expect(await store.readLedger('s')).toHaveLength(rows);
    await session.send('four').result();
    expect(unsendable(session.state.messages)).toEqual([]);
  });

  it('leaves a session that the next compaction brings to the same place', async () => {
    const world = createWorld();
    const { messages } = await conversation(world);
    await compactAndDie(world, point);
    const store = world.open();
    const model = scriptedModel(textTurn('They counted, again.'));
    const session = await createAgent({ model }).openSession(store, { id: 's' });
    const isDone = words[0] === 'SUMMARY';
    const { state } = isDone ? session : await session.compact({ keepLast: 1 });
    const asked = model.requests[0]?.messages.map(messageText).map(wordOf) ?? [];
    // A question that nobody has answered is not asked twice.
    expect(asked.filter((word) => word === 'PROMPT')).toHaveLength(
      isDone ? 0 : words.includes('They counted.') ? 2 : 1,
    );
    expect(state.messages.slice(2)).toEqual(messages.slice(4));
    expect(state.messages).toHaveLength(4);
    const ledger = await store.readLedger('s');
    // What was asked when the process died has its row, and was not answered.
    const isLost = ['agent/turn-begun', 'agent/first-event', 'agent/stream-ended'].includes(point);
    expect(ledger).toHaveLength(rows + (isLost ? 1 : 0) + (isDone ? 0 : 1));
    expect(state.turnCount).toBe(ledger.length);
  });
});

describe('a compaction of a session whose calls are open', () => {
  it('is refused, and so is its plan: the calls are carried out first (I4)', async () => {
    const approved = tool({ ...lookOptions, needsApproval: true });
    const model = scriptedModel(toolTurn(['a', 'look', '{}']));
    const session = await createAgent({ model, tools: [approved] }).openSession(openMemoryStore(), { id: 's' });
    await session.send('one').result();
    for (const attempt of [session.compact({ keepLast: 0 }), session.planCompaction({ keepLast: 0 })]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'agent/nothing-to-compact',
        message: expect.stringContaining('look'),
      });
    }
    expect(model.requests).toHaveLength(1);
    expect(session.state.messages[0]).toEqual(userMessage('one'));
  });
});
