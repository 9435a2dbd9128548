import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentOptions, createAgent, type Session } from '@reprise/agent';
import { type CheckpointStore, createFileCheckpointer, openMemoryStore } from '@reprise/checkpoint';
import { messageText } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { fileTools, tempFolder, textsIn, writeCall } from './support/file-tools.ts';
import { type Step, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { unsendable } from './support/wire-rules.ts';

/** A session in a folder with a file `a`, whose model plays these steps. */
async function folderSession(steps: readonly Step[], given: Partial<AgentOptions> & { store?: CheckpointStore } = {}) {
  const { store = openMemoryStore(), ...options } = given;
  const root = tempFolder();
  writeFileSync(join(root, 'a'), 'old');
  const touched: string[] = [];
  const model = scriptedModel(...steps);
  const tools = fileTools(root, (path) => touched.push(path));
  const agent = createAgent({ model, tools, files: createFileCheckpointer({ root }), ...options });
  const session = await agent.openSession(store, { id: 's' });
  return { root, store, session, touched, model, agent };
}

/** Two turns that write `a` and `b`, and an answer after each. */
const TWO_EDITS: readonly Step[] = [
  toolTurn(writeCall('1', 'a', 'one')),
  textTurn('done one'),
  toolTurn(writeCall('2', 'a', 'two'), writeCall('3', 'b', 'two')),
  textTurn('done two'),
];

async function sendTwice(session: Session): Promise<readonly string[]> {
  await session.send('first').result();
  await session.send('second').result();
  return (await session.snapshots()).map(({ id }) => id);
}

/** The results that the last message holds. */
function lastResults(session: Session): readonly string[] {
  const last = session.state.messages.at(-1);
  return last?.role === 'tool'
    ? last.content.map(({ content }) => content.map((block) => 'text' in block && block.text).join(''))
    : [];
}

describe('a session whose tools touch files', () => {
  it('tells of each file that is too large to be kept, before the tool is told to have ended (B-14)', async () => {
    const root = tempFolder();
    for (const name of ['a', 'b']) writeFileSync(join(root, name), 'long');
    const files = createFileCheckpointer({ root, maxFileBytes: 3 });
    const calls = [writeCall('1', 'a', 'new'), writeCall('2', 'b', 'longer'), writeCall('3', 'c', 'created')] as const;
    const { session } = await folderSession([toolTurn(...calls), textTurn('done'), ...TWO_EDITS], {
      files,
      tools: fileTools(root),
    });
    const told: string[] = [];
    for await (const event of session.send('go')) {
      if (event.type === 'warning') told.push(`${event.code} ${event.message}`);
      if (event.type === 'tool-end') told.push(event.call.id);
    }
    expect(told).toHaveLength(5);
    for (const [id, path] of Object.entries({ 1: 'a', 2: 'b' })) {
      const warning = `files/not-kept File '${path}' is larger than what is kept: `;
      const at = told.findIndex((line) => line.startsWith(warning));
      expect(at).toBeGreaterThanOrEqual(0);
      expect(told.indexOf(id)).toBeGreaterThan(at);
    }
  });

  it('gives them back what they were before the very first edit, together with the conversation (B-14, B-16, X-13)', async () => {
    const { root, session } = await folderSession(TWO_EDITS);
    const [first = ''] = await sendTwice(session);
    const { files, state } = await session.rewind({ to: first, what: 'both' });
    expect(textsIn(root)).toEqual({ a: 'old' });
    expect(files).toEqual([
      { path: 'a', result: 'restored' },
      { path: 'b', result: 'removed' },
    ]);
    expect(state.turnCount).toBe(1);
    expect(session.state).toEqual(state);
  });

  it('undoes a rewind of both by a rewind to the place it left (B-16)', async () => {
    const { root, session } = await folderSession(TWO_EDITS);
    const [first = ''] = await sendTwice(session);
    const [before, files] = [session.state, textsIn(root)];
    const { left } = await session.rewind({ to: first, what: 'both' });
    expect(left).toMatchObject({ reason: 'rewind', turnCount: 4 });
    await session.rewind({ to: left.id, what: 'both' });
    expect(session.state).toEqual(before);
    expect(textsIn(root)).toEqual(files);
  });

  it('rewinds files alone, between turns, and leaves the conversation (B-16)', async () => {
    const steps = [...TWO_EDITS, () => Promise.reject(new Error('refused'))];
    const { root, session } = await folderSession(steps);
    const [, , second = ''] = await sendTwice(session);
    await session
      .send('a third message that stays')
      .result()
      .catch(() => {});
    const before = session.state;
    const { left } = await session.rewind({ to: second, what: 'files' });
    expect(textsIn(root)).toEqual({ a: 'one' });
    expect(session.state).toEqual(before);
    await session.rewind({ to: left.id, what: 'files' });
    expect(textsIn(root)).toEqual({ a: 'two', b: 'two' });
    expect(session.state).toEqual(before);
  });

  it('rewinds the conversation alone, and uses what its open calls have come to', async () => {
    const { root, session, touched, model } = await folderSession([...TWO_EDITS, textTurn('go on')]);
    const [first = ''] = await sendTwice(session);
    const { state, files } = await session.rewind({ to: first, what: 'conversation' });
    expect(files).toBeUndefined();
    expect(textsIn(root)).toEqual({ a: 'two', b: 'two' });
    expect(state.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    await session.send().result();
    expect(touched).toEqual(['a', 'a', 'b']);
    expect(model.requests.at(-1)?.messages.at(-1)).toMatchObject({ content: [{ content: [{ text: 'wrote a' }] }] });
  });

  it('I4 tells the model of calls that are undone, at once and for good', async () => {
    const store = openMemoryStore();
    const { session, touched, model, agent } = await folderSession([...TWO_EDITS, textTurn('I see')], { store });
    const [first = ''] = await sendTwice(session);
    await session.rewind({ to: first, what: 'both' });
    expect(lastResults(session)).toEqual(['Undone: the session was rewound to before this call.']);
    expect(unsendable(session.state.messages)).toEqual([]);
    const elsewhere = await agent.openSession(store, { id: 's' });
    expect(elsewhere.state).toEqual(session.state);
    await elsewhere.send('do something else').result();
    expect(touched).toHaveLength(3);
    expect(model.requests.at(-1)?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user']);
  });

  it('does not call undone what was no change of files, nor what has not begun', async () => {
    const turn = toolTurn(['1', 'send_mail', '{}'], writeCall('2', 'a', 'one'), ['3', 'send_mail', '{"extra": ']);
    const { session } = await folderSession([turn, textTurn('done')]);
    await session.send('go').result();
    const [first] = await session.snapshots();
    await session.rewind({ to: first?.id ?? '', what: 'both' });
    expect(lastResults(session)).toEqual([
      'sent',
      'Undone: the session was rewound to before this call.',
      'Not run: the session was rewound to before this call.',
    ]);
  });

  it('keeps a file once for a turn, however many of its tools change it', async () => {
    const turn = toolTurn(writeCall('1', 'a', 'one'), writeCall('2', 'a', 'two'), ['3', 'delete', '{"path":"a"}']);
    const { root, store, session } = await folderSession([turn, textTurn('done')]);
    await session.send('go').result();
    expect((await store.dumpSession('s')).fileBackups).toMatchObject([{ path: 'a', state: 'kept' }]);
    const [first] = await session.snapshots();
    await session.rewind({ to: first?.id ?? '', what: 'both' });
    expect(textsIn(root)).toEqual({ a: 'old' });
  });

  it('does not run a tool that would leave the root or follow a link, and tells the model why', async () => {
    const outside = tempFolder();
    const turn = toolTurn(writeCall('1', '../elsewhere', 'x'), writeCall('2', 'link', 'x'), writeCall('3', 'a', 'x'));
    const { root, store, session, touched, model } = await folderSession([turn, textTurn('sorry')]);
    symlinkSync(join(outside, 'target'), join(root, 'link'));
    await session.send('go').result();
    expect(touched).toEqual(['a']);
    expect(textsIn(outside)).toEqual({});
    const results = model.requests.at(-1)?.messages.at(-1)?.content ?? [];
    expect(results).toMatchObject([
      { isError: true, content: [{ text: expect.stringContaining("'../elsewhere' cannot be kept") }] },
      {
        isError: true,
        content: [{ text: expect.stringContaining("'link' cannot be kept before it is changed: it is a link") }],
      },
      { isError: false },
    ]);
    expect((await store.dumpSession('s')).toolCalls).toMatchObject([{ position: 2 }]);
  });

  it('ends the run when what files are cannot be written down, before the tool runs', async () => {
    const store = openMemoryStore();
    const failing = { ...store, recordFileBackups: () => Promise.reject(new Error('the disk is full')) };
    const { session, touched } = await folderSession(TWO_EDITS, { store: failing });
    await expect(session.send('go').result()).rejects.toThrow('the disk is full');
    expect(touched).toEqual([]);
  });

  it('just runs tools that declare files where nobody keeps them', async () => {
    const { root } = await folderSession([]);
    const agent = createAgent({ model: scriptedModel(...TWO_EDITS), tools: fileTools(root) });
    const session = await agent.openSession(openMemoryStore());
    const [first = ''] = await sendTwice(session);
    expect(textsIn(root)).toEqual({ a: 'two', b: 'two' });
    await expect(session.rewind({ to: first, what: 'both' })).rejects.toMatchObject({ code: 'agent/invalid-option' });
    expect(session.state.turnCount).toBe(4);
  });

  it('may have a root of its own', async () => {
    const { agent, root } = await folderSession(TWO_EDITS);
    const own = tempFolder();
    const session = await agent.openSession(openMemoryStore(), { files: createFileCheckpointer({ root: own }) });
    const [first = ''] = await sendTwice(session);
    // The tools write to `root`; what is kept, and given back, is of the session's own.
    await session.rewind({ to: first, what: 'files' });
    expect([textsIn(root)['a'], textsIn(own)]).toEqual(['two', {}]);
  });
});

describe('a rewind of both whose files cannot follow', () => {
  it('moves nothing when that is known before', async () => {
    const { root, session } = await folderSession(TWO_EDITS);
    const [first = ''] = await sendTwice(session);
    const { a: _, ...rest } = textsIn(root);
    rmSync(join(root, 'a'));
    mkdirSync(join(root, 'a'));
    const before = session.state;
    const rewind = session.rewind({ to: first, what: 'both' });
    await expect(rewind).rejects.toMatchObject({ code: 'checkpoint/files-unavailable' });
    await expect(rewind).rejects.toThrow("'a': it is a folder");
    expect(session.state).toEqual(before);
    expect(textsIn(root)).toEqual(rest);
    expect(await session.snapshots()).toHaveLength(4);
    const { files } = await session.rewind({ to: first, what: 'both', skipUnavailable: true });
    expect(files).toMatchObject([
      { path: 'a', result: 'failed' },
      { path: 'b', result: 'removed' },
    ]);
  });

  it('leaves nothing in the folder when the conversation cannot move', async () => {
    const store = openMemoryStore();
    const failing = { ...store, rewindSession: () => Promise.reject(new Error('the disk is full')) };
    const { root, session } = await folderSession(TWO_EDITS, { store: failing });
    const [first = ''] = await sendTwice(session);
    await expect(session.rewind({ to: first, what: 'both' })).rejects.toThrow('the disk is full');
    expect(textsIn(root)).toEqual({ a: 'two', b: 'two' });
  });

  it('takes the conversation back when it only shows in the middle', async () => {
    const root = tempFolder();
    writeFileSync(join(root, 'a'), 'old');
    const files = createFileCheckpointer({
      root,
      onFaultPoint(point) {
        if (point === 'files/swapped') throw new Error('the disk is gone');
      },
    });
    const agent = createAgent({ model: scriptedModel(...TWO_EDITS), tools: fileTools(root), files });
    const store = openMemoryStore();
    const session = await agent.openSession(store, { id: 's' });
    const [first = ''] = await sendTwice(session);
    const before = session.state;
    await expect(session.rewind({ to: first, what: 'both' })).rejects.toThrow('the disk is gone');
    expect(textsIn(root)).toEqual({ a: 'two', b: 'two' });
    expect((await agent.openSession(store, { id: 's' })).state).toEqual(before);
    expect(session.state).toEqual(before);
  });
});

describe('a session that comes back after a crash', () => {
  it('keeps files for the turn whose calls it takes up, and makes no snapshot for that', async () => {
    const world = createWorld();
    const root = tempFolder();
    writeFileSync(join(root, 'a'), 'old');
    const model = scriptedModel(toolTurn(writeCall('1', 'a', 'one')), textTurn('done'));
    const options = { model, tools: fileTools(root), files: createFileCheckpointer({ root }) };
    await sendAndDie(world, options, { point: 'agent/turn-committed' });
    const store = world.open();
    const session = await createAgent(options).openSession(store, { id: 's' });
    await session.send().result();
    const [first, ...rest] = await session.snapshots();
    expect(rest).toMatchObject([{ reason: 'turn' }]);
    expect((await store.dumpSession('s')).fileBackups).toMatchObject([{ path: 'a', snapshotId: first?.id }]);
    await session.rewind({ to: first?.id ?? '', what: 'files' });
    expect(textsIn(root)).toEqual({ a: 'old' });
  });

  it('uses what a call has come to when a rewind is undone that left it open', async () => {
    const world = createWorld();
    const root = tempFolder();
    writeFileSync(join(root, 'a'), 'old');
    const touched: string[] = [];
    const model = scriptedModel(textTurn('hello'), toolTurn(writeCall('1', 'a', 'one')), textTurn('done'));
    const tools = fileTools(root, (path) => touched.push(path));
    const options = { model, tools, files: createFileCheckpointer({ root }) };
    await (await createAgent(options).openSession(world.open(), { id: 's' })).send('hi').result();
    await sendAndDie(world, options, { point: 'agent/outcome-written' });
    const session = await createAgent(options).openSession(world.open(), { id: 's' });
    const [hello] = await session.snapshots();
    const { left } = await session.rewind({ to: hello?.id ?? '', what: 'both' });
    expect(textsIn(root)).toEqual({ a: 'old' });
    await session.rewind({ to: left.id, what: 'both' });
    expect(textsIn(root)).toEqual({ a: 'one' });
    await session.send().result();
    expect(touched).toEqual(['a']);
    expect(model.requests.at(-1)?.messages.at(-1)).toMatchObject({ content: [{ content: [{ text: 'wrote a' }] }] });
  });
});

it('a fork that runs calls its origin left open keeps the files for itself', async () => {
  const store = openMemoryStore();
  const { root, session } = await folderSession([toolTurn(writeCall('1', 'a', 'one')), textTurn('done')], {
    store,
  });
  // The run is left when the turn is committed and its call has not begun.
  for await (const event of session.send('go')) if (event.type === 'turn-end') break;
  const [first] = await session.snapshots();
  await session.rewind({ to: first?.id ?? '', what: 'conversation' });
  expect(textsIn(root)).toEqual({ a: 'old' });
  const fork = await session.fork({ at: first?.id ?? '', id: 'fork' });
  expect(messageText(fork.state.messages[0] ?? { role: 'user', content: [] })).toBe('go');
  await fork.send().result();
  expect(textsIn(root)).toEqual({ a: 'one' });
  expect((await store.dumpSession('fork')).fileBackups).toMatchObject([{ path: 'a', sessionId: 'fork' }]);
  await fork.rewind({ to: first?.id ?? '', what: 'files' });
  expect(textsIn(root)).toEqual({ a: 'old' });
});
