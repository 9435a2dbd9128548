import { type ApprovalDecision, type ApprovalRequest, createAgent, initialState, runAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { describe, expect, it, vi } from 'vitest';
import { guardedTool, openPlay, play, resultTexts } from './support/approvals.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { unsendable } from './support/wire-rules.ts';

const YES = { isApproved: true } as const;
const payOnce = toolTurn(['c1', 'pay', '{"amount":5}']);
const payTwice = toolTurn(['c1', 'pay', '{"amount":1}'], ['c2', 'pay', '{"amount":2}']);

/** Decisions that are made when the test says so. */
function heldApprove() {
  const asked: { readonly request: ApprovalRequest; readonly signal: AbortSignal }[] = [];
  const decisions = [0, 1].map(() => Promise.withResolvers<ApprovalDecision | undefined>());
  const all = Promise.withResolvers<void>();
  const approve = (request: ApprovalRequest, { signal }: { readonly signal: AbortSignal }) => {
    asked.push({ request, signal });
    if (asked.length === 2) all.resolve();
    return decisions[request.position]?.promise;
  };
  return { approve, asked, decisions, allAsked: all.promise };
}

describe('`approve` (N-16)', () => {
  it('decides while the run waits, and what it decides is stored before anything follows', async () => {
    const store = openMemoryStore();
    const kinds = async () => (await store.readEntries('s')).map(({ kind }) => kind);
    const seen: string[][] = [];
    const pay = guardedTool('pay', {
      run: async () => {
        seen.push(await kinds());
        return 'paid';
      },
    });
    const approve = vi.fn(async () => {
      seen.push(await kinds());
      return { ...YES, by: 'ann' };
    });
    const { session } = await openPlay(store, [payOnce, textTurn('done')], { tools: [pay.tool], approve });
    const { asked, reason } = await play(session.send('pay'));
    expect(reason).toBe('end-turn');
    expect(approve).toHaveBeenCalledExactlyOnceWith(asked[0], { signal: expect.any(AbortSignal) });
    expect(seen).toEqual([
      ['user-message', 'assistant-message', 'approval-request'],
      ['user-message', 'assistant-message', 'approval-request', 'approval-decision'],
    ]);
    expect(resultTexts(session.state)).toEqual(['paid']);
  });

  it('is asked for all at once, and each call runs when its decision comes', async () => {
    const held = heldApprove();
    const firstRan = Promise.withResolvers<void>();
    const ran: (number | undefined)[] = [];
    const pay = guardedTool('pay', {
      run: ({ amount }) => {
        ran.push(amount);
        firstRan.resolve();
        return 'paid';
      },
    });
    const options = { tools: [pay.tool], approve: held.approve };
    const { session } = await openPlay(openMemoryStore(), [payTwice, textTurn('done')], options);
    const end = play(session.send('pay'));
    await held.allAsked;
    held.decisions[1]?.resolve(YES);
    await firstRan.promise;
    expect(ran).toEqual([2]);
    held.decisions[0]?.resolve({ isApproved: false, reason: 'No.' });
    const { asked, reason } = await end;
    expect([reason, asked.map(({ position }) => position)]).toEqual(['end-turn', [0, 1]]);
    expect([ran, resultTexts(session.state)]).toEqual([[2], ['Not approved: No.', 'paid']]);
  });

  it('may leave a request for later: it stays open for `decide`', async () => {
    const pay = guardedTool();
    const approve = vi.fn(({ position }: ApprovalRequest) => (position === 0 ? undefined : YES));
    const options = { tools: [pay.tool], approve };
    const { session } = await openPlay(openMemoryStore(), [payTwice, textTurn('done')], options);
    const { asked, reason } = await play(session.send('pay'));
    expect([reason, pay.ran, approve.mock.calls.length]).toEqual(['approval-needed', [{ amount: 2 }], 2]);
    await session.decide(asked[0]?.id ?? '', YES);
    expect((await play(session.send())).reason).toBe('end-turn');
    expect([pay.ran, approve.mock.calls.length]).toEqual([[{ amount: 2 }, { amount: 1 }], 2]);
  });

  it('that fails ends the run with its error, after what was decided by then; its request stays open', async () => {
    const down = new Error('nobody there');
    const approve = ({ position }: ApprovalRequest) => (position === 0 ? YES : Promise.reject(down));
    const pay = guardedTool();
    const store = openMemoryStore();
    const { session } = await openPlay(store, [payTwice], { tools: [pay.tool], approve });
    const { error, reason } = await play(session.send('pay'));
    expect([error, reason, pay.ran]).toEqual([down, 'error', [{ amount: 1 }]]);
    expect((await session.approvals()).map(({ state }) => state)).toEqual(['approved', 'waiting']);
    const again = await openPlay(store, [textTurn('done')], { tools: [pay.tool], approve: () => YES });
    expect((await play(again.session.send())).reason).toBe('end-turn');
    expect(pay.ran).toEqual([{ amount: 1 }, { amount: 2 }]);
  });

  it('that fails ends the run though others are still deciding, and they are told', async () => {
    const down = new Error('nobody there');
    const held = heldApprove();
    const { session } = await openPlay(openMemoryStore(), [payTwice], {
      tools: [guardedTool().tool],
      approve: held.approve,
    });
    const end = play(session.send('pay'));
    await held.allAsked;
    held.decisions[0]?.reject(down);
    expect(await end).toMatchObject({ reason: 'error', error: down });
    expect(held.asked.map(({ signal }) => signal.reason?.code)).toEqual(Array(2).fill('agent/run-abandoned'));
  });

  it.each([true, 'yes', {}, { isApproved: 'yes' }, { isApproved: true, reason: 1 }, null])(
    'that says %j has not said yes',
    async (said) => {
      const pay = guardedTool();
      // As JavaScript may have it.
      const approve = () => said as unknown as ApprovalDecision;
      const { session } = await openPlay(openMemoryStore(), [payOnce], { tools: [pay.tool], approve });
      expect(await play(session.send('pay'))).toMatchObject({ error: { code: 'agent/invalid-option' } });
      expect([pay.ran, (await session.approvals()).length]).toEqual([[], 1]);
    },
  );
});

describe('`approve` that is no function', () => {
  it('is refused before anything is asked', () => {
    // As JavaScript may have it.
    const approve = true as unknown as () => undefined;
    expect(() => createAgent({ model: scriptedModel(), approve })).toThrow(/approve is true/);
  });
});

describe('a run that stops while somebody decides (N-16, N-12)', () => {
  async function waiting(stop: AbortController) {
    const held = heldApprove();
    const store = openMemoryStore();
    const pay = guardedTool();
    const options = { tools: [pay.tool], approve: held.approve };
    const { session } = await openPlay(store, [payTwice, textTurn('done')], options);
    const end = play(session.send('pay', { signal: stop.signal }));
    await held.allAsked;
    return { store, session, pay, held, end };
  }

  it('I12 by an abort ends at once, tells who decides, and leaves the requests open', async () => {
    const stop = new AbortController();
    const { session, pay, held, end } = await waiting(stop);
    stop.abort(new Error('enough'));
    expect(await end).toMatchObject({ reason: 'aborted', error: { code: 'provider/aborted' } });
    expect(held.asked.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect((await session.approvals()).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    expect([pay.ran, session.state.messages.at(-1)?.role]).toEqual([[], 'assistant']);
    for (const { id } of held.asked.map(({ request }) => request)) await session.decide(id, YES);
    expect((await play(session.send())).reason).toBe('end-turn');
    expect(pay.ran).toEqual([{ amount: 1 }, { amount: 2 }]);
  });

  it('I4 by an abort takes a new message afterwards', async () => {
    const stop = new AbortController();
    const { session, end } = await waiting(stop);
    stop.abort();
    await end;
    expect((await play(session.send('never mind'))).reason).toBe('end-turn');
    expect(resultTexts(session.state)).toEqual(Array(2).fill('Not run: no decision before a new message came.'));
    expect(unsendable(session.state.messages)).toEqual([]);
  });

  it('hears no decision any more', async () => {
    const stop = new AbortController();
    const { session, held, end } = await waiting(stop);
    stop.abort();
    held.decisions[0]?.resolve(YES);
    await end;
    expect((await session.approvals()).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  });

  it('since its listener has left leaves the requests open, too', async () => {
    const store = openMemoryStore();
    const pay = guardedTool();
    const { session } = await openPlay(store, [payTwice, textTurn('done')], { tools: [pay.tool] });
    for await (const event of session.send('pay')) if (event.type === 'approval-needed') break;
    expect((await session.approvals()).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    for (const { request } of await session.approvals()) await session.decide(request.id, YES);
    expect((await play(session.send())).reason).toBe('end-turn');
    expect(pay.ran).toHaveLength(2);
  });

  it('by an abort before anybody was asked answers its calls as ever', async () => {
    const stop = new AbortController();
    const needsApproval = () => {
      stop.abort();
      return true;
    };
    const pay = guardedTool('pay', { needsApproval });
    const { session } = await openPlay(openMemoryStore(), [payOnce], { tools: [pay.tool] });
    expect((await play(session.send('pay', { signal: stop.signal }))).reason).toBe('aborted');
    expect(resultTexts(session.state)).toEqual(['Not run: the run was aborted.']);
    expect(await session.approvals()).toEqual([]);
  });
});

describe('a decision while a run has the session (N-16, I7)', () => {
  async function busy() {
    const held = heldApprove();
    const pay = guardedTool();
    const options = { tools: [pay.tool], approve: held.approve };
    const store = openMemoryStore();
    const { session } = await openPlay(store, [payTwice, textTurn('done')], options);
    const end = play(session.send('pay'));
    await held.allAsked;
    const [first, second] = held.asked.map(({ request }) => request.id);
    return { session, store, end, held, first: first ?? '', second: second ?? '' };
  }

  it('is refused, unless it is to wait for the end of the run', async () => {
    const { session, store, end, held, first, second } = await busy();
    const elsewhere = await createAgent({ model: scriptedModel() }).openSession(store, { id: 's' });
    for (const one of [session, elsewhere]) {
      await expect(one.decide(first, YES)).rejects.toMatchObject({ code: 'agent/session-busy' });
    }
    const queued = elsewhere.decide(second, YES, { onBusy: 'queue' });
    for (const decision of held.decisions) decision.resolve(undefined);
    expect((await end).reason).toBe('approval-needed');
    expect(await queued).toMatchObject({ id: second, isApproved: true });
    expect((await session.approvals()).map(({ state }) => state)).toEqual(['waiting', 'approved']);
  });

  it('stops waiting when its signal says so, or its time is up (I12)', async () => {
    const { session, end, held, first } = await busy();
    const stop = new AbortController();
    const queued = session.decide(first, YES, { onBusy: 'queue', signal: stop.signal });
    stop.abort();
    await expect(queued).rejects.toMatchObject({ code: 'provider/aborted' });
    const late = session.decide(first, YES, { onBusy: 'queue', queueTimeoutMs: 5 });
    await expect(late).rejects.toMatchObject({ code: 'agent/session-busy' });
    for (const decision of held.decisions) decision.resolve(undefined);
    expect((await end).reason).toBe('approval-needed');
  });

  it('is refused in a session that was closed', async () => {
    const { session } = await openPlay(openMemoryStore(), [], {});
    await session.close();
    await expect(session.decide('sha256:any', YES)).rejects.toMatchObject({ code: 'agent/session-closed' });
  });
});

describe('`approve` in a run without a store (N-16)', () => {
  it('decides as with one', async () => {
    const pay = guardedTool();
    const approve = ({ position }: ApprovalRequest) => ({ isApproved: position === 1 });
    const model = scriptedModel(payTwice, textTurn('done'));
    const { state } = await runAgent(initialState(), 'pay', { model, tools: [pay.tool], approve }).result();
    expect([pay.ran, resultTexts(state)]).toEqual([[{ amount: 2 }], ['Not approved.', 'pay ran']]);
  });
});
