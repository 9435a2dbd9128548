import { existsSync, readFileSync } from 'node:fs';
import { type AgentFaultPoint, type AgentOptions, createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import type { UserMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardedTool, openPlay, play, resultTexts } from './support/approvals.ts';
import { spawnProcess } from './support/child-process.ts';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { FAMILIES, FAMILY_NAMES, LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';
import { tempDatabase } from './support/temp-store.ts';
import { unsendable } from './support/wire-rules.ts';

const YES = { isApproved: true } as const;
const payOnce = toolTurn(['c1', 'pay', '{"amount":5}']);

describe('a request (N-16)', () => {
  it('of a session of 50 MB is durable before it is announced', async () => {
    const path = tempDatabase();
    const [store, elsewhere] = [openSqliteStore(path), openSqliteStore(path)];
    const steps = [...Array.from({ length: 5 }, () => textTurn('seen')), payOnce];
    const { session } = await openPlay(store, steps, { tools: [guardedTool().tool] });
    for (let part = 0; part < 5; part += 1) await session.send(tenImages(part)).result();
    const known: unknown[] = [];
    for await (const event of session.send('pay')) {
      if (event.type !== 'approval-needed') continue;
      const last = (await elsewhere.readEntries('s')).at(-1);
      known.push(JSON.parse(last?.payload ?? '{}').request);
      expect(known).toEqual([event.approval]);
    }
    expect(known).toHaveLength(1);
    expect(JSON.stringify(session.state).length).toBeGreaterThan(50e6);
    await Promise.all([store.close(), elsewhere.close()]);
  }, 60_000);

  it('that cannot be written is announced to nobody', async () => {
    const full = new Error('disk full');
    const store = createWorld().open();
    const failing = {
      ...store,
      appendEntries: (append: Parameters<typeof store.appendEntries>[0]) =>
        append.entries[0]?.kind === 'approval-request' ? Promise.reject(full) : store.appendEntries(append),
    };
    const pay = guardedTool();
    const { session } = await openPlay(failing, [payOnce], { tools: [pay.tool], approve: () => YES });
    expect(await play(session.send('pay'))).toMatchObject({ asked: [], error: full });
    expect(pay.ran).toEqual([]);
  });
});

function tenImages(part: number): UserMessage {
  const image = (index: number) => {
    const data = Buffer.alloc(786_432, `${part} ${index}`).toString('base64');
    return { type: 'image', mediaType: 'image/png', data } as const;
  };
  return { role: 'user', content: [...Array.from({ length: 10 }, (_, index) => image(index))] };
}

describe('days later, in other processes (N-16, B-24)', () => {
  /** Runs one step to its end; resolves to what it printed. */
  async function step(database: string, days: number, ...command: readonly string[]): Promise<readonly string[]> {
    const child = spawnProcess('approvals-process.ts', database, `${database}.effects`, String(days), ...command);
    const lines = await Array.fromAsync(child.lines);
    expect(await child.ended).toEqual({ ending: 'exit 0', errors: '' });
    return lines;
  }

  const effects = (database: string) =>
    existsSync(`${database}.effects`) ? readFileSync(`${database}.effects`, 'utf8').trimEnd().split('\n') : [];

  it('calls are decided one by one, and each approved one runs once', async () => {
    const database = tempDatabase();
    const [first = '', second = '', end] = await step(database, 0, 'ask');
    expect(end).toBe('approval-needed');
    await step(database, 3, 'decide', second, 'yes');
    expect(await step(database, 4, 'go-on')).toEqual([first, 'approval-needed']);
    expect(effects(database)).toEqual(['2']);
    await step(database, 30, 'decide', first, 'no');
    expect(await step(database, 31, 'go-on')).toEqual(['end-turn']);
    expect(effects(database)).toEqual(['2']);
    const store = openSqliteStore(database);
    const { state } = await createAgent({ model: scriptedModel() }).openSession(store, { id: 's' });
    expect(resultTexts(state)).toEqual(['Not approved: No.', 'paid 2']);
    await store.close();
  }, 60_000);
});

describe('the request after a decision (N-16)', () => {
  it.each(FAMILY_NAMES)('I3 I4 begins with the one before it, as the strict server of %s wants', async (family) => {
    const server = await simulator(({ messages }) =>
      messages.at(-1)?.role === 'tool' ? 'Paid.' : { toolCalls: [{ name: 'pay' }, { name: 'look' }] },
    );
    const store = createWorld().open();
    const model = FAMILIES[family](server.url);
    const [pay, look] = [guardedTool('pay'), guardedTool('look', { needsApproval: false })];
    const agent = createAgent({
      model,
      tools: [pay.tool, look.tool],
      system: LONG_SYSTEM_PROMPT,
      onPrefixChange: 'refuse',
    });
    const { asked } = await play((await agent.openSession(store, { id: 's' })).send('pay'));
    const later = await agent.openSession(store, { id: 's' });
    await later.decide(asked[0]?.id ?? '', { isApproved: false, reason: 'Too much.' });
    expect((await later.send().result()).text).toBe('Paid.');
    expect(resultTexts(later.state)).toEqual(['Not approved: Too much.', 'look ran']);
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200]);
    const [, second] = await store.readTurns('s');
    if (family !== 'ollama') expect(second?.tokens.cacheRead).toBeGreaterThan(0);
  });
});

describe('I5 a process that dies between a request and its call (N-16)', () => {
  const options = (tools: AgentOptions['tools']): AgentOptions => ({
    model: scriptedModel(payOnce, textTurn('done')),
    ...(tools ? { tools } : {}),
    approve: () => YES,
  });

  it.each([
    ['agent/approval-requested', 'waiting', 0],
    ['agent/approval-decided', 'approved', 0],
    ['agent/call-checked', 'approved', 0],
    ['agent/intent-written', 'approved', 1],
    ['agent/outcome-written', 'approved', 1],
  ] as const)('at %s has left the request %s, and nothing runs twice', async (point, state, started) => {
    const world = createWorld();
    const pay = guardedTool();
    await sendAndDie(world, options([pay.tool]), { point, input: 'pay' });
    const before = pay.ran.length;
    const { session } = await openPlay(world.open(), [textTurn('done')], { tools: [pay.tool] });
    const [open] = await session.approvals();
    expect(open?.state).toBe(state);
    if (state === 'waiting') {
      expect(await play(session.send())).toMatchObject({ asked: [open?.request], reason: 'approval-needed' });
      await session.decide(open?.request.id ?? '', YES);
    }
    expect((await play(session.send())).reason).toBe('end-turn');
    expect(pay.ran.length).toBe(started === 0 ? before + 1 : before);
    expect(pay.ran.length).toBeLessThanOrEqual(1);
    expect(unsendable(session.state.messages)).toEqual([]);
  });

  it('of an idempotent tool runs it again with what was approved, and asks nobody', async () => {
    const world = createWorld();
    const pay = guardedTool('pay', { effect: 'idempotent' });
    await sendAndDie(world, options([pay.tool]), { point: 'agent/tool-ran', input: 'pay' });
    const { session } = await openPlay(world.open(), [textTurn('done')], { tools: [pay.tool] });
    expect(await play(session.send())).toMatchObject({ asked: [], reason: 'end-turn' });
    expect(pay.ran).toEqual([{ amount: 5 }, { amount: 5 }]);
  });

  it('of an idempotent tool that has changed since asks before it runs again', async () => {
    const world = createWorld();
    const pay = guardedTool('pay', { effect: 'idempotent' });
    await sendAndDie(world, options([pay.tool]), { point: 'agent/tool-ran', input: 'pay' });
    const changed = guardedTool('pay', { effect: 'idempotent', description: 'Does more harm.' });
    const { session } = await openPlay(world.open(), [], { tools: [changed.tool] });
    expect(await play(session.send())).toMatchObject({ asked: [{ position: 0 }], reason: 'approval-needed' });
    expect(changed.ran).toEqual([]);
  });

  it('once its calls are answered has left nothing to decide', async () => {
    const world = createWorld();
    const pay = guardedTool();
    await sendAndDie(
      world,
      { ...options([pay.tool]), approve: () => undefined },
      { point: 'agent/lease-released', input: 'pay' },
    );
    const { session: before } = await openPlay(world.open(), [], { tools: [pay.tool] });
    const id = (await before.approvals())[0]?.request.id ?? '';
    const model = scriptedModel(textTurn('done'));
    await sendAndDie(world, { model, tools: [pay.tool] }, { point: 'agent/results-committed', input: 'never mind' });
    const { session } = await openPlay(world.open(), [], { tools: [pay.tool] });
    expect(await session.approvals()).toEqual([]);
    await expect(session.decide(id, YES)).rejects.toMatchObject({
      code: 'agent/approval-refused',
      message: expect.stringContaining('answered already'),
    });
  });

  it('in `decide` has decided, or has not', async () => {
    const world = createWorld();
    const pay = guardedTool();
    const model = scriptedModel(payOnce);
    await sendAndDie(world, { model, tools: [pay.tool] }, { point: 'agent/lease-released', input: 'pay' });
    const store = world.open();
    const onFaultPoint = (point: AgentFaultPoint) => void (point === 'agent/approval-decided' && store.close());
    const ports = { clock: Date.now, createId: () => 'id', onFaultPoint };
    const { session: dying } = await openPlay(store, [], { tools: [pay.tool], ports });
    const id = (await dying.approvals())[0]?.request.id ?? '';
    expect(await dying.decide(id, YES)).toMatchObject({ isApproved: true });
    world.leaseTimePasses();
    const { session } = await openPlay(world.open(), [textTurn('done')], { tools: [pay.tool] });
    expect((await session.approvals())[0]?.state).toBe('approved');
    expect((await play(session.send())).reason).toBe('end-turn');
    expect(pay.ran).toHaveLength(1);
  });
});

describe('in whatever order a turn is decided and crashes (N-16)', () => {
  const DEATHS: readonly AgentFaultPoint[] = [
    'agent/approval-requested',
    'agent/approval-decided',
    'agent/call-checked',
    'agent/intent-written',
    'agent/tool-ran',
    'agent/outcome-written',
  ];
  type AnyStep =
    | { readonly decide: number; readonly isApproved: boolean }
    | { readonly dieAt?: AgentFaultPoint; readonly passage?: number };
  const anyStep: fc.Arbitrary<AnyStep> = fc.oneof(
    fc.record({ decide: fc.nat(3), isApproved: fc.boolean() }),
    fc.record({ dieAt: fc.constantFrom(...DEATHS), passage: fc.integer({ min: 1, max: 3 }) }),
    fc.constant({}),
  );

  it('I4 I5 every call is answered exactly once, and no effect runs twice or unapproved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }), fc.array(anyStep), playSteps),
      { numRuns: 100 },
    );
  }, 60_000);

  /** Plays the steps on a turn whose calls need an approval or not, then denies what is left. */
  async function playSteps(guarded: readonly boolean[], steps: readonly AnyStep[]): Promise<void> {
    const world = createWorld();
    const [pay, free] = [guardedTool('pay'), guardedTool('look', { needsApproval: false })];
    const tools = [pay.tool, free.tool];
    const calls = guarded.map((is, index) => [`c${index}`, is ? 'pay' : 'look', `{"amount":${index}}`] as const);
    const approved = new Set<number>();
    await playAs({ input: 'go', model: scriptedModel(toolTurn(...calls), textTurn('done')) });
    for (const step of steps) {
      if ('decide' in step) await decide(step.decide, step.isApproved);
      else await playAs(step);
    }
    for (let index = 0; index < guarded.length; index += 1) await decide(index, false);
    await playAs({});
    const store = world.open();
    const { session } = await openPlay(store, [], { tools });
    expect(session.state.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(unsendable(session.state.messages)).toEqual([]);
    for (const { ran } of [pay, free]) expect(new Set(ran.map(({ amount }) => amount)).size).toBe(ran.length);
    for (const { amount = -1 } of pay.ran) expect(approved).toContain(amount);

    async function decide(position: number, isApproved: boolean): Promise<void> {
      const { session } = await openPlay(world.open(), [], { tools });
      const open = (await session.approvals()).find(({ request }) => request.position === position);
      if (open?.state !== 'waiting') return;
      if (isApproved) approved.add(position);
      await session.decide(open.request.id, { isApproved });
    }

    async function playAs({
      input,
      model = scriptedModel(textTurn('done')),
      dieAt,
      passage = 1,
    }: {
      readonly input?: string;
      readonly model?: ReturnType<typeof scriptedModel>;
      readonly dieAt?: AgentFaultPoint;
      readonly passage?: number;
    }): Promise<void> {
      const store = world.open();
      let passages = 0;
      const onFaultPoint = (point: AgentFaultPoint) => {
        passages += point === dieAt ? 1 : 0;
        if (point === dieAt && passages === passage) void store.close();
      };
      const ports = { clock: Date.now, createId: () => crypto.randomUUID(), onFaultPoint };
      const session = await createAgent({ model, tools, ports }).openSession(store, { id: 's' });
      await session
        .send(input)
        .result()
        .catch(() => {});
      world.leaseTimePasses();
    }
  }
});
