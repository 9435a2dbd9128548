import { createAgent, type Hook, initialState, runAgent, type Tool, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import type { ToolResultBlock } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

/** A tool that does harm if it runs twice, and counts. */
function mailer() {
  const sent: string[] = [];
  const mail = tool({
    name: 'mail',
    description: '',
    input: z.object({ to: z.string() }),
    run({ to }) {
      sent.push(to);
      return `sent to ${to}, password hunter2`;
    },
  });
  return { mail, sent };
}

const MAILING = toolTurn(['c1', 'mail', '{"to":"ada"}'], ['c2', 'mail', '{"to":"bob"}']);

async function play(hooks: readonly Hook[], turn = MAILING) {
  const { mail, sent } = mailer();
  const model = scriptedModel(turn, textTurn('done'));
  const run = runAgent(initialState(), 'go', { model, tools: [mail], hooks });
  const events = await Array.fromAsync(run);
  const last = model.requests[1]?.messages.at(-1);
  return { sent, events, results: last?.role === 'tool' ? last.content : [] };
}

const textOf = ({ content }: ToolResultBlock) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

describe('beforeTool', () => {
  test('refuses a call: its tool does not run, and the model reads why', async () => {
    const guard: Hook = {
      name: 'guard',
      beforeTool: ({ input }) => (JSON.stringify(input).includes('bob') ? { refuse: 'bob is blocked.' } : undefined),
    };
    const { sent, results, events } = await play([guard]);
    expect(sent).toEqual(['ada']);
    expect(results.map((result) => [textOf(result), result.isError])).toEqual([
      ['sent to ada, password hunter2', false],
      ['Not run: bob is blocked.', true],
    ]);
    expect(events.filter((event) => event.type === 'hook-verdict')).toMatchObject([
      { hook: 'guard', point: 'beforeTool', verdict: { refuse: 'bob is blocked.' }, call: { id: 'c2' } },
    ]);
  });

  test('answers in the place of a tool, and the first hook to speak is heard', async () => {
    const { sent, results } = await play([
      { name: 'watch', beforeTool: () => {} },
      { name: 'cache', beforeTool: ({ call }) => (call.id === 'c1' ? { result: 'sent yesterday' } : undefined) },
      { name: 'dry', beforeTool: () => ({ result: { content: [{ type: 'text', text: 'dry run' }], isError: true } }) },
    ]);
    expect(sent).toEqual([]);
    expect(results.map((result) => [textOf(result), result.isError, result.toolName])).toEqual([
      ['sent yesterday', false, 'mail'],
      ['dry run', true, 'mail'],
    ]);
  });

  test('hears of calls that could run alone, with their tool, input and key', async () => {
    const heard: unknown[] = [];
    const ear: Hook = {
      name: 'ear',
      beforeTool: ({ call, input, tool: { definition }, idempotencyKey }) => {
        heard.push([call.id, input, definition.name, idempotencyKey.endsWith('/2')]);
      },
    };
    await play([ear], toolTurn(['c1', 'nail', '{}'], ['c2', 'mail', '{"to":1}'], ['c3', 'mail', '{"to":"ada"}']));
    expect(heard).toEqual([['c3', { to: 'ada' }, 'mail', true]]);
  });

  test('is asked before anybody is asked to approve the call, and asked again when the run goes on', async () => {
    const { mail, sent } = mailer();
    const asking: Tool = {
      ...mail,
      mayNeedApproval: true,
      prepare: async (input) => ({ ...(await mail.prepare(input)), needsApproval: async () => true }),
    };
    const asked: string[] = [];
    const guard: Hook = {
      name: 'guard',
      beforeTool({ call }) {
        asked.push(call.id);
        return call.id === 'c1' ? { refuse: 'ada is blocked.' } : undefined;
      },
    };
    const model = scriptedModel(MAILING, textTurn('done'));
    const session = await createAgent({ model, tools: [asking], hooks: [guard] }).openSession(openMemoryStore());
    const events = await Array.fromAsync(session.send('go'));
    expect(events.filter((event) => event.type === 'approval-needed')).toMatchObject([
      { approval: { call: { id: 'c2' } } },
    ]);
    const [approval] = await session.approvals();
    await session.decide(approval?.request.id ?? '', { isApproved: true });
    expect((await session.send().result()).text).toBe('done');
    expect([sent, asked]).toEqual([['bob'], ['c1', 'c2', 'c1', 'c2']]);
  });
});

describe('a result that a hook gives', () => {
  test('is durable before anything follows from it: after a crash the hook is not asked again (I5)', async () => {
    const world = createWorld();
    const { mail, sent } = mailer();
    const asked: string[] = [];
    const cache: Hook = {
      name: 'cache',
      beforeTool({ call }) {
        asked.push(call.id);
        return call.id === 'c1' ? { result: `answer ${asked.length}` } : undefined;
      },
    };
    const options = { tools: [mail], hooks: [cache] };
    await sendAndDie(world, { ...options, model: scriptedModel(MAILING) }, { point: 'agent/call-checked' });
    const model = scriptedModel(textTurn('done'));
    const session = await createAgent({ ...options, model }).openSession(world.open(), { id: 's' });
    await session.send().result();
    expect(model.requests[0]?.messages.at(-1)).toMatchObject({
      content: [{ content: [{ text: 'answer 1' }] }, { content: [{ text: 'sent to bob, password hunter2' }] }],
    });
    expect([asked, sent]).toEqual([['c1', 'c2', 'c2'], ['bob']]);
  });

  test('is the outcome of its call also where its process died between the two halves of the note', async () => {
    const world = createWorld();
    const { mail, sent } = mailer();
    const cache: Hook = { name: 'cache', beforeTool: () => ({ result: 'from the hook' }) };
    const options = { tools: [mail], hooks: [cache] };
    const once = toolTurn(['c1', 'mail', '{"to":"ada"}']);
    await sendAndDie(world, { ...options, model: scriptedModel(once) }, { point: 'agent/intent-written' });
    const model = scriptedModel(textTurn('done'));
    await (await createAgent({ ...options, model }).openSession(world.open(), { id: 's' })).send().result();
    // Nobody knows any more that nothing was to run: the model is told, and nothing is.
    expect(JSON.stringify(model.requests[0]?.messages.at(-1))).toContain('Outcome unknown');
    expect(sent).toEqual([]);
  });
});

describe('afterTool', () => {
  const redact: Hook = {
    name: 'redact',
    afterTool: ({ result }) => ({ result: textOf(result).replace(/password \w+/, 'password ***') }),
  };

  test('replaces what the model sees, what is journaled and what listeners hear', async () => {
    const store = openMemoryStore();
    const { mail } = mailer();
    const model = scriptedModel(toolTurn(['c1', 'mail', '{"to":"ada"}']), textTurn('done'));
    const session = await createAgent({ model, tools: [mail], hooks: [redact] }).openSession(store, { id: 's' });
    const events = await Array.fromAsync(session.send('go'));
    expect(JSON.stringify([events, model.requests])).not.toContain('hunter2');
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({
      content: [{ content: [{ text: 'sent to ada, password ***' }] }],
    });
    const [turn] = await store.readTurns('s');
    const [call] = await store.readToolCalls(turn?.id ?? '');
    expect(call?.outcome).toContain('password ***');
    expect(call?.outcome).not.toContain('hunter2');
    const [verdict, end] = events.filter(({ type }) => type === 'hook-verdict' || type === 'tool-end');
    expect([verdict, end]).toMatchObject([
      { type: 'hook-verdict', hook: 'redact', point: 'afterTool', call: { id: 'c1' } },
      { type: 'tool-end' },
    ]);
  });

  test('of several hooks each sees what those before it have made of the result; only tools that ran are heard of', async () => {
    const heard: string[] = [];
    const ear: Hook = { name: 'ear', afterTool: ({ result }) => void heard.push(textOf(result)) };
    const guard: Hook = { name: 'guard', beforeTool: ({ call }) => (call.id === 'c2' ? { refuse: 'no.' } : undefined) };
    await play([ear, redact, { ...ear, name: 'second ear' }, guard]);
    expect(heard).toEqual(['sent to ada, password hunter2', 'sent to ada, password ***']);
  });

  test('that fails lets nothing through it had not looked at, and the tool is known to have run (I5)', async () => {
    const { mail, sent } = mailer();
    const model = scriptedModel(toolTurn(['c1', 'mail', '{"to":"ada"}']), textTurn('done'));
    let isBroken = true;
    const hook: Hook = { name: 'redact', afterTool: () => (isBroken ? Promise.reject(new Error('oops')) : undefined) };
    const session = await createAgent({ model, tools: [mail], hooks: [hook] }).openSession(openMemoryStore());
    await expect(session.send('go').result()).rejects.toMatchObject({ code: 'agent/hook-failed' });
    isBroken = false;
    await session.send().result();
    const shown = JSON.stringify(model.requests[1]);
    expect(shown).toContain('The tool was run, and its result is withheld: hook redact failed to look at it.');
    expect([shown.includes('hunter2'), sent]).toEqual([false, ['ada']]);
  });

  test.each([
    ['at once is heard', () => ({ result: 'all clear' }), 'all clear'],
    ['later is not: the result is withheld', () => new Promise<undefined>(() => {}), 'withheld'],
  ])('after an abort, what is answered %s', async (_what, afterTool, expected) => {
    const stop = new AbortController();
    const aborting = tool({
      name: 'mail',
      description: '',
      input: z.object({ to: z.string() }),
      run() {
        stop.abort();
        return 'password hunter2';
      },
    });
    const model = scriptedModel(toolTurn(['c1', 'mail', '{"to":"ada"}']));
    const hooks: Hook[] = [{ name: 'redact', afterTool }];
    const run = runAgent(initialState(), 'go', { model, tools: [aborting], hooks, signal: stop.signal });
    const end = (await Array.fromAsync(run)).at(-1);
    if (end?.type !== 'run-end') throw new Error('A run ended without its last event.');
    expect(end.reason).toBe('aborted');
    const last = JSON.stringify(end.state.messages.at(-1));
    expect([last.includes(expected), last.includes('hunter2')]).toEqual([true, false]);
  });
});
