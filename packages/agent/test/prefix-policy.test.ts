import { type AgentOptions, createAgent, type Session, type Tool, tool } from '@reprise/agent';
import { type CheckpointStore, hashBlob, type NewEntry, openMemoryStore } from '@reprise/checkpoint';
import { anthropic, openaiResponses, type UserMessage } from '@reprise/providers';
import type { Script, Simulator } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';

const PICTURE = Buffer.from('89504e470d0a1a0a00', 'hex').toString('base64');
const OTHER_PICTURE = Buffer.from('89504e470d0a1a0aff', 'hex').toString('base64');

const ASKED: UserMessage = {
  role: 'user',
  content: [
    { type: 'text', text: 'What is this?' },
    { type: 'image', mediaType: 'image/png', data: PICTURE },
  ],
};

const hashOf = (data: string) => hashBlob(Buffer.from(data, 'base64'));

const noop = (name: string, input = z.object({ a: z.string(), b: z.string() }), description = `Does ${name}.`): Tool =>
  tool({ name, description, input, effect: 'pure', run: () => 'done' });

const script: Script = ({ messages }) =>
  messages.at(-1)?.role === 'tool'
    ? { thinking: 'So that is it.', text: 'A zebra.' }
    : { thinking: 'Hm.', text: 'Let me see.', toolCalls: [{ name: 'look', arguments: { a: '1', b: '2' } }] };

const SYSTEM = `${LONG_SYSTEM_PROMPT}\nToday is Monday.`;

const optionsFor = ({ url }: Pick<Simulator, 'url'>): AgentOptions => ({
  model: anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
  system: SYSTEM,
  tools: [noop('look'), noop('add')],
});

/** A session of two turns, as every one of these tests finds it. */
async function played(store: CheckpointStore) {
  const server = await simulator(script);
  const options = optionsFor(server);
  const session = await createAgent(options).openSession(store, { id: 's' });
  await session.send(ASKED).result();
  await session.close();
  return { server, options, sent: server.requests.length };
}

async function listen(session: Session, input: string) {
  const warnings: string[] = [];
  let error: Error | undefined;
  for await (const event of session.send(input)) {
    if (event.type === 'warning' && event.code === 'cache/prefix-changed') warnings.push(event.message);
    if (event.type === 'run-end') error = event.error;
  }
  return { warnings, error };
}

/** How a session goes on under other options: as a fork, so that each begins at the same place. */
async function goOn(store: CheckpointStore, options: AgentOptions) {
  const snapshot = await store.readLastSnapshot('s');
  const session = await createAgent(options).openSession(store, { snapshotId: snapshot?.id ?? '' });
  return { ...(await listen(session, 'And that?')), session };
}

const SWAPPED = noop('add', z.object({ b: z.string(), a: z.string() }));

const MUTANTS: readonly (readonly [string, Partial<AgentOptions>, string])[] = [
  ['a date in the system prompt', { system: SYSTEM.replace('Mon', 'Tues') }, 'Today is Tuesday.'],
  ['no system prompt', { system: '' }, 'system[0] was {"type":"text","text":"Rule 0'],
  ['an edited tool', { tools: [noop('look'), noop('add', undefined, 'Adds.')] }, 'tools[0] was {"name":"add","desc'],
  ['one tool more', { tools: [noop('look'), noop('add'), noop('list')] }, 'tools[1] is new, and is {"name":"list"'],
  ['one tool less', { tools: [noop('look')] }, 'tools[0] was {"name":"add"'],
  ['a search', { search: 'low' }, 'tools[2] is new, and is {"type":"web_search'],
];

describe('a session that goes on with', () => {
  it.each(MUTANTS)('%s is refused, and the first differing block named (N-01, I3)', async (_, change, named) => {
    const store = openMemoryStore();
    const { server, options, sent } = await played(store);
    const { error, session } = await goOn(store, { ...options, ...change, onPrefixChange: 'refuse' });
    expect(error).toMatchObject({ code: 'agent/prefix-changed' });
    expect(error?.message).toContain(named);
    expect(server.requests).toHaveLength(sent);
    expect(session.state.messages.at(-1)).toEqual({ role: 'user', content: [{ type: 'text', text: 'And that?' }] });
    expect(await store.readTurns(session.id)).toHaveLength(2);
    expect(await store.readPendingTurn(session.id)).toBeUndefined();
  });

  it('another model is refused, also one of another vendor', async () => {
    const store = openMemoryStore();
    const { server, options } = await played(store);
    const models = {
      'claude-opus-4-8': anthropic({ apiKey: 'simulated', baseURL: server.url }).model('claude-opus-4-8'),
      'gpt-5.2': openaiResponses({ apiKey: 'simulated', baseURL: `${server.url}/v1` }).model('gpt-5.2'),
    };
    for (const [name, model] of Object.entries(models)) {
      const { error } = await goOn(store, { ...options, model, onPrefixChange: 'refuse' });
      expect(error).toMatchObject({ code: 'agent/prefix-changed' });
      expect(error?.message).toContain(`went to claude-opus-5 and this one goes to ${name}`);
    }
  });

  it.each([
    ['its tools registered', [noop('add'), noop('look')]],
    ['the keys of a schema written', [noop('look'), SWAPPED]],
  ])('the same, %s in another order, is not', async (_, tools) => {
    const store = openMemoryStore();
    const { server, options } = await played(store);
    const { error, warnings } = await goOn(store, { ...options, tools, onPrefixChange: 'refuse' });
    expect([error, warnings]).toEqual([undefined, []]);
    expect(server.requests.at(-1)?.verdict.read).toBeGreaterThan(0);
  });
});

describe('the same change', () => {
  const change = { system: `${SYSTEM} Or Tuesday.` };

  it('by default is told before the request is sent, once, and the run goes on', async () => {
    const store = openMemoryStore();
    const { server, options, sent } = await played(store);
    const snapshot = await store.readLastSnapshot('s');
    const session = await createAgent({ ...options, ...change }).openSession(store, { snapshotId: snapshot?.id ?? '' });
    const heard: string[] = [];
    for await (const event of session.send('And that?')) {
      if (event.type !== 'warning') continue;
      heard.push(event.code);
      expect(server.requests).toHaveLength(sent);
    }
    expect(heard).toEqual(['cache/prefix-changed']);
    expect((await listen(session, 'And what is the rest?')).warnings).toEqual([]);
    expect(server.requests).toHaveLength(sent + 4);
  });

  it('is not told if it is allowed', async () => {
    const store = openMemoryStore();
    const { options } = await played(store);
    const { error, warnings } = await goOn(store, { ...options, ...change, onPrefixChange: 'allow' });
    expect([error, warnings]).toEqual([undefined, []]);
  });

  it('is refused again and again, until it is taken back', async () => {
    const store = openMemoryStore();
    const { options } = await played(store);
    const refused = await goOn(store, { ...options, ...change, onPrefixChange: 'refuse' });
    expect((await listen(refused.session, 'Please.')).error).toMatchObject({ code: 'agent/prefix-changed' });
    await refused.session.close();
    const session = await createAgent({ ...options, onPrefixChange: 'refuse' }).openSession(store, {
      id: refused.session.id,
    });
    expect((await listen(session, 'Thanks.')).error).toBeUndefined();
  });

  it('under a policy that there is not is refused at once', async () => {
    const options = { ...optionsFor({ url: 'http://127.0.0.1:1' }), onPrefixChange: 'deny' };
    expect(() => createAgent(options as unknown as AgentOptions)).toThrow(
      expect.objectContaining({ code: 'agent/invalid-option', message: expect.stringContaining('deny') }),
    );
  });
});

/** The session in another store, its ledger as it was, with one payload edited. */
async function withEditedHistory(from: CheckpointStore, edit: (payload: string) => string): Promise<CheckpointStore> {
  const to = openMemoryStore();
  const [entries, turns, snapshots] = await Promise.all([
    from.readEntries('s'),
    from.readTurns('s'),
    from.readSnapshots('s'),
  ]);
  let { tip } = await to.createSession({ id: 's', createdAt: 0 });
  const picture = Buffer.from(OTHER_PICTURE, 'base64');
  const texts = [SYSTEM, await toolsText(from)].map((text) => Buffer.from(text));
  const blobs = [picture, Buffer.from(PICTURE, 'base64'), ...texts].map((bytes) => ({ hash: hashBlob(bytes), bytes }));
  for (const { id, kind, payload: stored } of entries) {
    const payload = edit(stored);
    const named = blobs.map(({ hash }) => hash).filter((hash) => payload.includes(hash));
    const entry: NewEntry = { kind, payload, ...(named.length > 0 ? { blobs: named } : {}) };
    const write = { sessionId: 's', expectedTip: tip, blobs, at: 0 };
    const index = turns.findIndex(({ entryId }) => entryId === id);
    const [turn, snapshot] = [turns[index], snapshots[index]];
    ({ tip } =
      turn && snapshot
        ? await to.commitTurn({ ...write, entry, turn, snapshot })
        : await to.appendEntries({ ...write, entries: [entry] }));
  }
  return to;
}

async function toolsText(store: CheckpointStore): Promise<string> {
  const hash = (await store.readLastTurn('s'))?.toolsHash ?? '';
  return Buffer.from((await store.readBlobs([hash])).get(hash) ?? []).toString();
}

describe('a history that is not what was sent', () => {
  it.each([
    [
      'a text of the first request',
      'What is this?',
      'What was this?',
      'messages[0].content[0] is {"type":"text","text":"What was',
    ],
    ['an image', hashOf(PICTURE), hashOf(OTHER_PICTURE), 'messages[0].content[1] is {"type":"image"'],
    ['an answer', 'Let me see.', 'Let us see.', 'messages[1].content[1] is {"type":"text","text":"Let us'],
    ['the arguments of a call', String.raw`{\"a\":\"1\"`, String.raw`{\"a\":\"7\"`, 'messages[1].content[2] is '],
    ['a result', '"done"', '"undone"', 'messages[2].content[0] is '],
  ])('is refused, and the first differing block named: %s (N-01, I3)', async (_, was, is, named) => {
    const store = openMemoryStore();
    const { options, server, sent } = await played(store);
    const edited = await withEditedHistory(store, (payload) => payload.replace(was, is));
    expect((await edited.readEntries('s')).some(({ payload }) => payload.includes(is))).toBe(true);
    const { error } = await goOn(edited, { ...options, onPrefixChange: 'refuse' });
    expect(error).toMatchObject({ code: 'agent/prefix-changed', message: expect.stringContaining(named) });
    expect(server.requests).toHaveLength(sent);
  });

  it('but goes on if it is the same', async () => {
    const store = openMemoryStore();
    const { options } = await played(store);
    const { error } = await goOn(await withEditedHistory(store, (payload) => payload), {
      ...options,
      onPrefixChange: 'refuse',
    });
    expect(error).toBeUndefined();
  });
});
