import type { ApprovalRequest, EffectClass, Session, Tool } from '@reprise/agent';
import {
  type CheckpointStore,
  createMemoryPlace,
  exportSession,
  importSession,
  openMemoryStore,
} from '@reprise/checkpoint';
import { type JsonObject, toolCallBlock } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { approvalId, type ToolAct } from '../src/approval/approval-id.ts';
import { guardedTool, openPlay, play, resultTexts } from './support/approvals.ts';
import { textTurn, toolTurn } from './support/scripted-stream.ts';

const YES = { isApproved: true } as const;
const NO = { isApproved: false } as const;
const payOnce = toolTurn(['c1', 'pay', '{"amount":5}']);

/** A session that waits for one approval of `pay`. */
async function waiting(store: CheckpointStore = openMemoryStore(), options: { readonly tool?: Tool } = {}) {
  const { session } = await openPlay(store, [payOnce], { tools: [options.tool ?? guardedTool().tool] });
  const { asked } = await play(session.send('pay'));
  return { store, session, request: only(asked) };
}

function only<Value>(values: readonly Value[]): Value {
  const [first, ...others] = values;
  if (first === undefined || others.length > 0) throw new Error(`There are ${values.length}.`);
  return first;
}

const refusal = (text: string) => ({ code: 'agent/approval-refused', message: expect.stringContaining(text) });

async function expectRefused(session: Session, id: string, text: string, decision = YES as typeof YES | typeof NO) {
  const before = await session.approvals();
  await expect(session.decide(id, decision)).rejects.toMatchObject(refusal(text));
  expect(await session.approvals()).toEqual(before);
}

describe('a decision is refused (N-16)', () => {
  it('that is forged: nobody was asked for it', async () => {
    const { session, request } = await waiting();
    const forged = approvalId({
      sessionId: 's',
      turnId: request.turnId,
      position: 0,
      call: { name: 'pay', argumentsText: '{"amount":500}' },
      tool: guardedTool().tool,
    });
    await expectRefused(session, forged, 'has asked for no such approval');
    await expectRefused(session, '', 'has asked for no such approval');
  });

  it('that is of another turn, once its call is answered', async () => {
    const { store, session, request } = await waiting();
    const { session: later } = await openPlay(store, [textTurn('fine'), payOnce], { tools: [guardedTool().tool] });
    await later.send('never mind').result();
    const { asked } = await play(later.send('pay after all'));
    expect(only(asked).call).toEqual(request.call);
    expect(only(asked).id).not.toBe(request.id);
    await expectRefused(session, request.id, 'answered already');
    await later.decide(only(asked).id, YES);
  });

  it('that says something else than the one before; the same again is harmless', async () => {
    const { session, request } = await waiting();
    const first = await session.decide(request.id, { ...YES, by: 'ann' });
    expect(await session.decide(request.id, { ...YES, by: 'bob' })).toEqual(first);
    await expectRefused(session, request.id, 'it was approved by ann at', NO);
  });

  it('that is of the session a fork was made of, and has no force there', async () => {
    const { store, session, request } = await waiting();
    await session.decide(request.id, YES);
    const [snapshot] = await session.snapshots();
    const { left } = await session.rewind({ to: snapshot?.id ?? '', what: 'conversation' });
    // What was left holds request and decision; so does a fork of it.
    const fork = await session.fork({ at: left.id, id: 'fork' });
    expect(await fork.approvals()).toEqual([]);
    await expectRefused(fork, request.id, 'it is of session s');
    const pay = guardedTool('pay');
    const { session: again } = await openPlay(store, [], { tools: [pay.tool], id: 'fork' });
    const { asked, reason } = await play(again.send());
    expect([reason, only(asked).sessionId, only(asked).id === request.id]).toEqual(['approval-needed', 'fork', false]);
    expect(pay.ran).toEqual([]);
  });

  it('that a rewind has left behind, and it has to be asked for anew', async () => {
    const { store, session, request } = await waiting();
    await session.decide(request.id, YES);
    const [snapshot] = await session.snapshots();
    await session.rewind({ to: snapshot?.id ?? '', what: 'conversation' });
    await expectRefused(session, request.id, 'on the branch it is on');
    const pay = guardedTool();
    const again = await openPlay(store, [textTurn('done')], { tools: [pay.tool] });
    expect(await play(again.session.send())).toMatchObject({ reason: 'approval-needed', asked: [{ id: request.id }] });
    expect(pay.ran).toEqual([]);
    await again.session.decide(request.id, YES);
    expect((await play(again.session.send())).reason).toBe('end-turn');
    expect(pay.ran).toHaveLength(1);
  });

  it.each([{}, { isApproved: 'yes' }, { isApproved: true, by: 7 }])('that is none: %j', async (decision) => {
    const { session, request } = await waiting();
    // As JavaScript may have it.
    const given = decision as unknown as typeof YES;
    await expect(session.decide(request.id, given)).rejects.toMatchObject({ code: 'agent/invalid-option' });
  });
});

describe('an approval holds for one act (N-16)', () => {
  const changed: readonly (readonly [string, Tool])[] = [
    ['another schema', guardedTool('pay', { input: z.object({ amount: z.number(), to: z.string().optional() }) }).tool],
    ['another description', guardedTool('pay', { description: 'Does more harm.' }).tool],
    ['another effect class', guardedTool('pay', { effect: 'idempotent' }).tool],
  ];

  it.each(changed)('and not for the tool with %s, after a deployment', async (_what, migrated) => {
    const { store, session, request } = await waiting();
    await session.decide(request.id, YES);
    const next = await openPlay(store, [textTurn('done')], { tools: [migrated] });
    const { asked, reason } = await play(next.session.send());
    expect([reason, only(asked).call]).toEqual(['approval-needed', request.call]);
    expect(only(asked).id).not.toBe(request.id);
    await expect(next.session.decide(request.id, NO)).rejects.toMatchObject(refusal('it was approved'));
    expect(await next.session.approvals()).toEqual([{ request: only(asked), state: 'waiting' }]);
    await next.session.decide(only(asked).id, YES);
    expect((await play(next.session.send())).reason).toBe('end-turn');
    expect(resultTexts(next.session.state)).toEqual(['pay ran']);
  });

  it('and a request of the tool before a deployment names the one that stands for it', async () => {
    const { store, request } = await waiting();
    const next = await openPlay(store, [], { tools: [guardedTool('pay', { description: 'Other.' }).tool] });
    const { asked } = await play(next.session.send());
    await expect(next.session.decide(request.id, YES)).rejects.toMatchObject(refusal(only(asked).id));
  });

  it('and again for the tool as it was, once a deployment is taken back', async () => {
    const { store, request } = await waiting();
    const migrated = guardedTool('pay', { description: 'Other.' });
    const next = await openPlay(store, [], { tools: [migrated.tool] });
    const other = only((await play(next.session.send())).asked);
    const back = await openPlay(store, [textTurn('done')], { tools: [guardedTool().tool] });
    expect(only((await play(back.session.send())).asked).id).toBe(request.id);
    await expect(back.session.decide(other.id, YES)).rejects.toMatchObject(refusal(request.id));
    await back.session.decide(request.id, YES);
    expect((await play(back.session.send())).reason).toBe('end-turn');
  });

  it('and not for a call whose arguments were changed in the store', async () => {
    const { store, session, request } = await waiting();
    await session.decide(request.id, YES);
    const tampered: CheckpointStore = {
      ...store,
      readEntries: async (id) =>
        (await store.readEntries(id)).map((entry) =>
          entry.kind === 'assistant-message'
            ? { ...entry, payload: entry.payload.replaceAll('\\"amount\\":5', '\\"amount\\":500') }
            : entry,
        ),
    };
    const pay = guardedTool();
    const next = await openPlay(tampered, [], { tools: [pay.tool] });
    const { asked, reason } = await play(next.session.send());
    expect([reason, only(asked).call.argumentsText, pay.ran]).toEqual(['approval-needed', '{"amount":500}', []]);
    expect(only(asked).id).not.toBe(request.id);
  });

  it('and not for the other of two calls with one id (B-20)', async () => {
    const pay = guardedTool();
    const twice = toolTurn(['same', 'pay', '{"amount":5}'], ['same', 'pay', '{"amount":5}']);
    const { session } = await openPlay(openMemoryStore(), [twice, textTurn('done')], { tools: [pay.tool] });
    const { asked } = await play(session.send('pay'));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(2);
    await session.decide(asked[1]?.id ?? '', YES);
    expect((await play(session.send())).reason).toBe('approval-needed');
    expect(pay.ran).toHaveLength(1);
    await session.decide(asked[0]?.id ?? '', { ...NO, reason: 'Once is enough.' });
    await session.send().result();
    expect([pay.ran.length, resultTexts(session.state)]).toEqual([1, ['Not approved: Once is enough.', 'pay ran']]);
  });

  it('that was asked for is waited for, though the tool asks for none any more', async () => {
    const { store, request } = await waiting();
    const lax = guardedTool('pay', { needsApproval: false });
    const next = await openPlay(store, [textTurn('done')], { tools: [lax.tool] });
    expect(await play(next.session.send())).toMatchObject({ reason: 'approval-needed', asked: [{ id: request.id }] });
    await next.session.decide(request.id, NO);
    await next.session.send().result();
    expect(lax.ran).toEqual([]);
  });

  it('that was asked for is asked for again once the tool has changed, though it asks for none any more', async () => {
    const { store, session, request } = await waiting();
    await session.decide(request.id, YES);
    const lax = guardedTool('pay', { needsApproval: false, description: 'Harmless, honestly.' });
    const next = await openPlay(store, [], { tools: [lax.tool] });
    const { asked, reason } = await play(next.session.send());
    expect([reason, only(asked).id === request.id, lax.ran]).toEqual(['approval-needed', false, []]);
  });

  it('is asked for by a tool that asks since a deployment, of a call that was not started', async () => {
    const store = openMemoryStore();
    const { session } = await openPlay(store, [payOnce, textTurn('x')], { tools: [] });
    await session.send('pay').result();
    await session.rewind({ to: (await session.snapshots())[0]?.id ?? '', what: 'conversation' });
    const pay = guardedTool();
    const next = await openPlay(store, [], { tools: [pay.tool] });
    expect((await play(next.session.send())).reason).toBe('approval-needed');
    expect(pay.ran).toEqual([]);
  });

  it('runs what was approved, though its owner changes the list of tools meanwhile', async () => {
    const [before, after] = [guardedTool(), guardedTool('pay', { description: 'Does more harm.' })];
    const tools = [before.tool];
    const asked: ApprovalRequest[] = [];
    const approve = (request: ApprovalRequest) => {
      asked.push(request);
      tools[0] = after.tool;
      return YES;
    };
    const { session } = await openPlay(openMemoryStore(), [payOnce, textTurn('done')], { tools, approve });
    expect((await play(session.send('pay'))).reason).toBe('end-turn');
    expect([before.ran.length, after.ran.length, new Set(asked.map(({ id }) => id)).size]).toEqual([0, 1, 2]);
  });

  it('runs no tool that asks in the place of one that did not', async () => {
    const [free, strict] = [guardedTool('look', { needsApproval: false }), guardedTool('look')];
    const needsApproval = () => {
      tools[1] = strict.tool;
      return false;
    };
    const tools = [guardedTool('pay', { needsApproval }).tool, free.tool];
    const calls = toolTurn(['c1', 'pay', '{}'], ['c2', 'look', '{}']);
    const { session } = await openPlay(openMemoryStore(), [calls, textTurn('done')], { tools });
    expect((await play(session.send('go'))).reason).toBe('end-turn');
    expect([free.ran.length, strict.ran.length]).toEqual([1, 0]);
  });
});

describe('a session that moves to another store (N-16)', () => {
  it('takes its requests along, and is decided and goes on there', async () => {
    const { store, request } = await waiting();
    const elsewhere = openMemoryStore({ place: createMemoryPlace() });
    await importSession(elsewhere, exportSession(store, 's'));
    const pay = guardedTool();
    const { session } = await openPlay(elsewhere, [textTurn('done')], { tools: [pay.tool] });
    expect(await session.approvals()).toEqual([{ request, state: 'waiting' }]);
    await session.decide(request.id, YES);
    expect((await session.send().result()).text).toBe('done');
    expect(pay.ran).toEqual([{ amount: 5 }]);
  });

  it('has to ask again under another name', async () => {
    const { store, session, request } = await waiting();
    await session.decide(request.id, YES);
    await importSession(store, exportSession(store, 's'), { id: 'copy' });
    const pay = guardedTool();
    const copy = await openPlay(store, [], { tools: [pay.tool], id: 'copy' });
    const { asked } = await play(copy.session.send());
    expect([only(asked).sessionId, pay.ran]).toEqual(['copy', []]);
  });
});

describe('the id of an act (N-16)', () => {
  const definition = (description: string, inputSchema: JsonObject) => ({ name: 'pay', description, inputSchema });
  const act: ToolAct = {
    sessionId: 's',
    turnId: 't',
    position: 0,
    call: toolCallBlock('c', 'pay', '{"amount":5}'),
    tool: { definition: definition('Pays.', { type: 'object', properties: { a: {}, b: {} } }), effect: 'effect' },
  };
  const anyAct: fc.Arbitrary<ToolAct> = fc.record({
    sessionId: fc.string(),
    turnId: fc.string(),
    position: fc.nat(9),
    call: fc.record({ name: fc.string(), argumentsText: fc.string() }),
    tool: fc.record({
      definition: fc.record({
        name: fc.string(),
        description: fc.string(),
        inputSchema: fc.dictionary(fc.string(), fc.string()),
      }),
      effect: fc.constantFrom<EffectClass>('pure', 'idempotent', 'effect'),
    }),
  });

  it('differs where anything of the act does', () => {
    fc.assert(
      fc.property(anyAct, anyAct, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(approvalId(one) === approvalId(other)).toBe(isSame);
        for (const key of ['sessionId', 'turnId', 'position', 'call', 'tool'] as const) {
          const mixed = { ...one, [key]: other[key] };
          const isUnchanged = JSON.stringify(one[key]) === JSON.stringify(other[key]);
          expect(approvalId(mixed) === approvalId(one), key).toBe(isUnchanged);
        }
      }),
    );
  });

  it('does not depend on the order of keys in a schema, nor on what names the call', () => {
    const turned = definition('Pays.', { properties: { b: {}, a: {} }, type: 'object' });
    expect(approvalId({ ...act, tool: { ...act.tool, definition: turned } })).toBe(approvalId(act));
    expect(approvalId({ ...act, call: toolCallBlock('other', 'pay', '{"amount":5}') })).toBe(approvalId(act));
  });

  it('is the same in every release, or what waits is asked for again', () => {
    expect(approvalId(act)).toMatchInlineSnapshot(
      `"sha256:4105f5e3c323e4351898ab53006ca2ba577d931ced4264a7e8870ef1359a167c"`,
    );
  });
});
