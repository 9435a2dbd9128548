import { initialState, runAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { guardedTool, openPlay, play, resultTexts } from './support/approvals.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { unsendable } from './support/wire-rules.ts';

const YES = { isApproved: true } as const;
const payOnce = toolTurn(['c1', 'pay', '{"amount":5}']);
const payTwice = toolTurn(['c1', 'pay', '{"amount":1}'], ['c2', 'pay', '{"amount":2}']);

/** A tool that nobody has to be asked for. */
function freeTool() {
  const run = vi.fn(() => 'looked');
  return { run, tool: tool({ name: 'look', description: '', input: z.object({}), effect: 'pure', run }) };
}

describe('a tool that needs an approval (N-16)', () => {
  it('does not run unasked: the run ends with its call open, and its request in the store', async () => {
    const store = openMemoryStore();
    const pay = guardedTool();
    const { session } = await openPlay(store, [payOnce], { tools: [pay.tool] });
    const { asked, reason, error } = await play(session.send('pay'));
    expect([reason, error, pay.ran]).toEqual(['approval-needed', undefined, []]);
    expect(session.state.messages.at(-1)).toMatchObject({ role: 'assistant' });
    expect(asked).toMatchObject([{ sessionId: 's', position: 0, call: { id: 'c1', name: 'pay' } }]);
    expect(await session.approvals()).toEqual([{ request: asked[0], state: 'waiting' }]);
    expect((await store.readEntries('s')).map(({ kind }) => kind)).toEqual([
      'user-message',
      'assistant-message',
      'approval-request',
    ]);
  });

  it('runs once it is approved, when the session goes on (B-24)', async () => {
    const store = openMemoryStore();
    const pay = guardedTool();
    const { session } = await openPlay(store, [payOnce, textTurn('paid')], { tools: [pay.tool] });
    const { asked } = await play(session.send('pay'));
    const decided = await session.decide(asked[0]?.id ?? '', { ...YES, by: 'ann' });
    expect(decided).toMatchObject({ isApproved: true, by: 'ann', id: asked[0]?.id });
    expect(await session.approvals()).toEqual([{ request: asked[0], state: 'approved', decision: decided }]);
    expect(pay.ran).toEqual([]);
    expect(await session.send().result()).toMatchObject({ text: 'paid', reason: 'end-turn' });
    expect([pay.ran, resultTexts(session.state)]).toEqual([[{ amount: 5 }], ['pay ran']]);
    expect(await session.approvals()).toEqual([]);
  });

  it('does not run once it is denied, and the model is told why (B-24)', async () => {
    const pay = guardedTool();
    const { session, model } = await openPlay(openMemoryStore(), [payTwice, textTurn('well')], { tools: [pay.tool] });
    const { asked } = await play(session.send('pay'));
    await session.decide(asked[0]?.id ?? '', { isApproved: false, reason: 'Too much.' });
    await session.decide(asked[1]?.id ?? '', { isApproved: false });
    await session.send().result();
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ isError: true }, {}] });
    expect([pay.ran, resultTexts(session.state)]).toEqual([[], ['Not approved: Too much.', 'Not approved.']]);
  });

  it('is announced again by each run that ends without a decision, and asked for once', async () => {
    const store = openMemoryStore();
    const { session, model } = await openPlay(store, [payOnce], { tools: [guardedTool().tool] });
    const first = await play(session.send('pay'));
    const second = await play(session.send());
    expect(second).toMatchObject({ asked: first.asked, reason: 'approval-needed' });
    expect([model.requests.length, (await store.readEntries('s')).length]).toEqual([1, 3]);
  });

  it('waits beside calls that need none: those run at once, and once (B-24)', async () => {
    const [pay, free] = [guardedTool(), freeTool()];
    const calls = toolTurn(['c1', 'pay', '{}'], ['c2', 'look', '{}']);
    const { session } = await openPlay(openMemoryStore(), [calls, textTurn('done')], { tools: [pay.tool, free.tool] });
    const { asked, types } = await play(session.send('go'));
    expect(free.run).toHaveBeenCalledTimes(1);
    expect(types.filter((type) => /^(tool-end|approval-needed)$/.test(type))).toEqual(['approval-needed', 'tool-end']);
    await session.decide(asked[0]?.id ?? '', YES);
    await session.send().result();
    expect(free.run).toHaveBeenCalledTimes(1);
    expect(resultTexts(session.state)).toEqual(['pay ran', 'looked']);
    expect(unsendable(session.state.messages)).toEqual([]);
  });

  it('is decided call by call: what is decided runs, the others wait', async () => {
    const pay = guardedTool();
    const { session } = await openPlay(openMemoryStore(), [payTwice, textTurn('done')], { tools: [pay.tool] });
    const { asked } = await play(session.send('pay'));
    await session.decide(asked[1]?.id ?? '', YES);
    const next = await play(session.send());
    expect([next.asked, next.reason, pay.ran]).toEqual([[asked[0]], 'approval-needed', [{ amount: 2 }]]);
    await session.decide(asked[0]?.id ?? '', YES);
    expect((await play(session.send())).reason).toBe('end-turn');
    expect(pay.ran).toEqual([{ amount: 2 }, { amount: 1 }]);
  });

  it('is not asked for with arguments that do not fit, nor when it is gone', async () => {
    const pay = guardedTool();
    const calls = toolTurn(['c1', 'pay', '{"amount":"all"}'], ['c2', 'pay', '{"am'], ['c3', 'gone', '{}']);
    const { session } = await openPlay(openMemoryStore(), [calls, textTurn('sorry')], { tools: [pay.tool] });
    expect(await play(session.send('pay'))).toMatchObject({ asked: [], reason: 'end-turn' });
    expect(resultTexts(session.state)).toEqual([
      expect.stringContaining('do not fit the schema'),
      expect.stringContaining('not valid JSON'),
      expect.stringContaining('no tool named gone'),
    ]);
  });
});

describe('`needsApproval` as a function (N-16)', () => {
  it.each([
    [false, 0, undefined],
    [true, 1, undefined],
    [{ reason: 'It is a lot.' }, 1, 'It is a lot.'],
  ])('that says %j asks %i times', async (need, times, reason) => {
    const needsApproval = vi.fn(async () => need);
    const pay = guardedTool('pay', { needsApproval });
    const { session } = await openPlay(openMemoryStore(), [payOnce, textTurn('paid')], { tools: [pay.tool] });
    const { asked } = await play(session.send('pay'));
    expect(asked.map((request) => request.reason)).toEqual(times === 0 ? [] : [reason]);
    expect(needsApproval).toHaveBeenCalledExactlyOnceWith(
      { amount: 5 },
      expect.objectContaining({ toolCallId: 'c1', signal: expect.any(AbortSignal) }),
    );
    expect(pay.ran).toHaveLength(1 - times);
  });

  it('is asked for each call, whatever it said of those before', async () => {
    const pay = guardedTool('pay', { needsApproval: ({ amount = 0 }) => amount > 3 });
    const small = toolTurn(['c2', 'pay', '{"amount":1}']);
    const options = { tools: [pay.tool], approve: () => ({ isApproved: false }) };
    const { session } = await openPlay(openMemoryStore(), [payOnce, small, textTurn('paid')], options);
    const { asked, reason } = await play(session.send('pay'));
    expect([reason, asked.length, pay.ran]).toEqual(['end-turn', 1, [{ amount: 1 }]]);
  });

  it('that fails, hangs or says nothing asks (I12)', async () => {
    const bad = [
      guardedTool('fails', { needsApproval: () => Promise.reject(new Error('policy down')) }),
      guardedTool('hangs', { needsApproval: () => new Promise(() => {}), timeoutMs: 5 }),
      // As JavaScript may have it.
      guardedTool('silent', { needsApproval: (() => undefined) as unknown as () => boolean }),
    ];
    const calls = toolTurn(['c1', 'fails', '{}'], ['c2', 'hangs', '{}'], ['c3', 'silent', '{}']);
    const { session } = await openPlay(openMemoryStore(), [calls], { tools: bad.map((each) => each.tool) });
    const { asked } = await play(session.send('go'));
    expect(asked.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('policy down'),
      expect.stringContaining('longer than 5 ms'),
      undefined,
    ]);
    expect(bad.map(({ ran }) => ran.length)).toEqual([0, 0, 0]);
  });
});

describe('a new message instead of a decision (N-16)', () => {
  it('answers what waits, approved or not, and the conversation goes on', async () => {
    const pay = guardedTool();
    const calls = toolTurn(['c1', 'pay', '{}'], ['c2', 'pay', '{}'], ['c3', 'pay', '{}']);
    const { session } = await openPlay(openMemoryStore(), [calls, textTurn('fine')], { tools: [pay.tool] });
    const { asked } = await play(session.send('pay'));
    await session.decide(asked[1]?.id ?? '', YES);
    await session.decide(asked[2]?.id ?? '', { isApproved: false, reason: 'No.' });
    expect((await session.send('never mind').result()).text).toBe('fine');
    expect([pay.ran, resultTexts(session.state)]).toEqual([
      [],
      [
        'Not run: no decision before a new message came.',
        'Not run: a new message came before it started.',
        'Not approved: No.',
      ],
    ]);
    expect(unsendable(session.state.messages)).toEqual([]);
    await expect(session.decide(asked[0]?.id ?? '', YES)).rejects.toMatchObject({ code: 'agent/approval-refused' });
  });

  it('is not asked for what a crash has kept from being asked', async () => {
    const store = openMemoryStore();
    const pay = guardedTool('pay', { effect: 'pure' });
    const { session } = await openPlay(store, [payOnce, textTurn('fine')], { tools: [] });
    await session.send('pay').result();
    const [snapshot] = await session.snapshots();
    await session.rewind({ to: snapshot?.id ?? '', what: 'conversation' });
    const again = await openPlay(store, [textTurn('fine')], { tools: [pay.tool] });
    expect(await play(again.session.send('never mind'))).toMatchObject({ asked: [], reason: 'end-turn' });
    expect([pay.ran, resultTexts(again.session.state)]).toEqual([
      [],
      ['Not run: no decision before a new message came.'],
    ]);
  });
});

describe('a run without a store (N-16)', () => {
  it('ends with its calls open, and another one goes on from its state', async () => {
    const pay = guardedTool();
    const first = await runAgent(initialState(), 'pay', { model: scriptedModel(payOnce), tools: [pay.tool] }).result();
    expect(first).toMatchObject({ reason: 'approval-needed', state: { turnCount: 1 } });
    const options = { model: scriptedModel(textTurn('paid')), tools: [pay.tool], approve: () => YES };
    const second = await runAgent(first.state, undefined, options).result();
    expect([second.text, pay.ran, resultTexts(second.state)]).toEqual(['paid', [{ amount: 5 }], ['pay ran']]);
  });
});
