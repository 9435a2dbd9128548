import { type AgentOptions, createAgent, tool } from '@reprise/agent';
import { type Blob, type CheckpointStore, hashBlob, openMemoryStore, type TurnRow } from '@reprise/checkpoint';
import { anthropic, type UserMessage } from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sendable } from '../src/context/build-request.ts';
import { readRequest } from '../src/session/ledger-row.ts';
import { sentPrefix } from '../src/session/prefix-change.ts';
import { decodeHistory } from '../src/session/record.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { simulator } from './support/simulated.ts';

const PICTURE = Buffer.from('89504e470d0a1a0a00', 'hex');

const withPicture: UserMessage = {
  role: 'user',
  content: [
    { type: 'image', mediaType: 'image/png', data: PICTURE.toString('base64') },
    { type: 'text', text: 'What is this?' },
  ],
};

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'done' });

/** The store, and the hashes of the blobs that each of its writes carried. */
function watched(store: CheckpointStore) {
  const carried: string[] = [];
  const watch =
    <Write extends { readonly blobs?: readonly Blob[] }, Result>(write: (given: Write) => Promise<Result>) =>
    (given: Write) => {
      carried.push(...(given.blobs ?? []).map(({ hash }) => hash));
      return write.call(store, given);
    };
  const methods: Partial<CheckpointStore> = {
    appendEntries: watch(store.appendEntries),
    beginTurn: watch(store.beginTurn),
    commitTurn: watch(store.commitTurn),
  };
  const watching = new Proxy(store, {
    get(target, name: keyof CheckpointStore) {
      const value = methods[name] ?? target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { store: watching, carried };
}

async function ask(store: CheckpointStore, options: AgentOptions, ...inputs: readonly (string | UserMessage)[]) {
  const session = await createAgent(options).openSession(store, { id: 's' });
  for (const input of inputs) await session.send(input).result();
  await session.close();
  return store.readTurns('s');
}

const hashOf = (text: string) => hashBlob(Buffer.from(text));

describe('the ledger row of a request', () => {
  it('names its system prompt and its tools by their content', async () => {
    const store = openMemoryStore();
    const [row] = await ask(
      store,
      { model: scriptedModel(textTurn('hi')), system: 'Sei höflich.', tools: [look] },
      'hi',
    );
    expect(row?.systemHash).toBe(hashOf('Sei höflich.'));
    expect(row?.toolsHash).toBe(hashOf(JSON.stringify([look.definition])));
  });

  it('names none where there is none', async () => {
    const [row] = await ask(openMemoryStore(), { model: scriptedModel(textTurn('hi')) }, 'hi');
    expect(row).toMatchObject({ systemHash: null, toolsHash: null, prefixBlocks: 1 });
  });

  it('holds the other settings in an order of its own, and the model as it was asked', async () => {
    const [row] = await ask(
      openMemoryStore(),
      {
        model: scriptedModel(textTurn('hi')),
        think: 'high',
        cacheKey: 'anna',
        maxTokens: 9,
        vendorOptions: { z: 1, a: 2 },
      },
      'hi',
    );
    const { prefix, ...asked } = JSON.parse(row?.requestOptions ?? '');
    expect(JSON.stringify(asked)).toBe(
      '{"cacheKey":"anna","family":"custom","maxTokens":9,"model":"scripted","think":"high","vendorOptions":{"z":1,"a":2}}',
    );
    expect(prefix).toHaveLength(1);
  });

  it('holds no credential (I10)', async () => {
    const key = 'sk-ant-REDACTED';
    const server = { type: 'url', url: `https://x.example/?api_key=${key}`, authorization_token: 'tr0ub4dor' };
    const headers = { 'x-tool-key': 'hunter2hunter2' };
    const vendorOptions = { mcp_servers: [server], tools: [{ type: 'mcp', headers }], note: `mine is ${key}` };
    const [row] = await ask(openMemoryStore(), { model: scriptedModel(textTurn('hi')), vendorOptions }, 'hi');
    for (const secret of [key, 'tr0ub4dor', 'hunter2hunter2']) expect(row?.requestOptions).not.toContain(secret);
    expect(row?.requestOptions).toContain('https://x.example/');
  });

  it('holds the price class that the vendor named, beside the usage object too', async () => {
    const turn = textTurn('hi', { family: 'openai-responses', serviceTier: 'flex' });
    const [row] = await ask(openMemoryStore(), { model: scriptedModel(turn) }, 'hi');
    expect(row?.serviceTier).toBe('flex');
  });
});

describe('the requests of a session', () => {
  const script: Script = ({ messages }) =>
    messages.at(-1)?.role === 'tool'
      ? { thinking: 'So that is it.', text: 'A zebra.' }
      : { thinking: 'Hm.', toolCalls: [{ name: 'look', arguments: {} }] };

  /** The fingerprint of a turn's request, made again from what the store holds. */
  async function madeAgain(store: CheckpointStore, row: TurnRow, url: string): Promise<string> {
    const model = anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5');
    const blobs = await store.readBlobs([row.systemHash, row.toolsHash].filter((hash) => hash !== null));
    const entries = await store.readEntries('s');
    const before = entries.slice(
      0,
      entries.findIndex(({ id }) => id === row.entryId),
    );
    const { messages } = await decodeHistory(store, before);
    return sentPrefix(model, { ...readRequest(row, blobs), messages: sendable(messages) }).fingerprint;
  }

  it('can each be made again, to the hash that was kept of it (N-01)', async () => {
    const server = await simulator(script);
    const store = openMemoryStore();
    const model = anthropic({ apiKey: 'simulated', baseURL: server.url }).model('claude-opus-5');
    const options: AgentOptions = { model, system: 'Be kind.', tools: [look], search: 'low', think: 'low' };
    await ask(store, options, withPicture, 'And that?');
    const rows = await ask(store, { ...options, system: 'Be exact.', tools: [], search: false }, 'And now?');
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) expect(await madeAgain(store, row, server.url)).toBe(row.prefixFingerprint);
  });
});

describe('a blob', () => {
  const SYSTEM = hashOf('Be kind.');
  const IMAGE = hashBlob(PICTURE);

  it('is carried to the store with the first write that names it, and not again', async () => {
    const { store, carried } = watched(openMemoryStore());
    const model = scriptedModel(toolTurn(['c', 'look', '{}']), textTurn('a'), textTurn('b'));
    await ask(store, { model, system: 'Be kind.', tools: [look] }, withPicture, withPicture);
    expect(carried.toSorted()).toEqual([SYSTEM, IMAGE, hashOf(JSON.stringify([look.definition]))].toSorted());
  });

  it('is not carried again by a process that resumes the session', async () => {
    const memory = openMemoryStore();
    await ask(memory, { model: scriptedModel(textTurn('a')), system: 'Be kind.' }, withPicture);
    const { store, carried } = watched(memory);
    await ask(store, { model: scriptedModel(textTurn('b')), system: 'Be kind.' }, withPicture);
    expect(carried).toEqual([]);
  });

  it('is carried again once the call that it was for has been taken back', async () => {
    const { store, carried } = watched(openMemoryStore());
    const model = scriptedModel(() => Promise.reject(new Error('refused')), textTurn('b'));
    const session = await createAgent({ model, system: 'Be kind.' }).openSession(store, { id: 's' });
    await expect(session.send('hi').result()).rejects.toMatchObject({ code: 'provider/network' });
    expect((await session.send().result()).text).toBe('b');
    expect(carried).toEqual([SYSTEM, SYSTEM]);
    const row = await store.readLastTurn('s');
    expect(Buffer.from((await store.readBlobs([row?.systemHash ?? ''])).get(SYSTEM) ?? []).toString()).toBe('Be kind.');
  });

  it('leaves no trace of itself in the payload that names it', async () => {
    const store = openMemoryStore();
    await ask(store, { model: scriptedModel(textTurn('a')) }, withPicture);
    const [entry] = await store.readEntries('s');
    expect(entry?.payload).toContain(`{"blob":"${IMAGE}"}`);
    expect(entry?.payload).not.toContain(PICTURE.toString('base64'));
    expect(await store.readBlobs([IMAGE])).toEqual(new Map([[IMAGE, new Uint8Array(PICTURE)]]));
  });
});
