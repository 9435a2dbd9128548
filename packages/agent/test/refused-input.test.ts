import { type AgentEvent, Chat, createAgent, initialState, runAgent, runMany, type Session } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { type DocumentBlock, type ImageBlock, msg, type UserMessage, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { FAMILIES, simulator } from './support/simulated.ts';

const wav: DocumentBlock = { type: 'document', mediaType: 'audio/wav', data: 'UklGRg==' };
const pdf: DocumentBlock = { type: 'document', mediaType: 'application/pdf', data: 'JVBERi0xLjc=' };
const svg: ImageBlock = { type: 'image', mediaType: 'image/svg+xml', data: 'PHN2Zy8+' };

const REFUSED: readonly (readonly [string, keyof typeof FAMILIES, UserMessage])[] = [
  ['audio', 'anthropic', msg(['Listen.', wav])],
  ['a drawing', 'anthropic', msg(['Look.', svg])],
  ['a PDF', 'ollama', msg(['Read.', pdf])],
  ['a film', 'openai-chat', msg(['Watch.', { type: 'document', mediaType: 'video/mp4', data: 'AAAA' }])],
];

async function modelOf(family: keyof typeof FAMILIES) {
  const server = await simulator(() => 'fine');
  return { server, model: FAMILIES[family](server.url) };
}

async function eventsOf(session: Session, ...sent: Parameters<Session['send']>) {
  const events: AgentEvent[] = [];
  for await (const event of session.send(...sent)) events.push(event);
  return events;
}

const rolesIn = async (store: CheckpointStore) =>
  (await createAgent({ model: (await modelOf('ollama')).model }).openSession(store, { id: 's' })).state.messages.map(
    ({ role }) => role,
  );

describe('a message that its model cannot be sent (I4)', () => {
  it.each(REFUSED)(
    'as %s to %s is refused before it is stored, and the next one goes through',
    async (_, family, message) => {
      const { server, model } = await modelOf(family);
      const store = openMemoryStore();
      const session = await createAgent({ model }).openSession(store, { id: 's' });
      const refusal = { code: 'provider/unsupported-media' };
      await expect(session.send(message).result()).rejects.toMatchObject(refusal);
      expect(await store.readEntries('s')).toEqual([]);
      expect((await session.send('hello').result()).text).toBe('fine');
      await expect(session.send(message, { key: 'k' }).result()).rejects.toMatchObject(refusal);
      expect((await session.send('and now?').result()).text).toBe('fine');
      expect(await rolesIn(store)).toEqual(['user', 'assistant', 'user', 'assistant']);
      expect(server.requests).toHaveLength(2);
    },
  );

  it('is so where it asks to be cached as nobody can', async () => {
    const { model } = await modelOf('anthropic');
    const session = await createAgent({ model }).openSession(openMemoryStore());
    // @ts-expect-error: as a caller without types may write it.
    const marked: UserMessage = { ...userMessage('Keep this.'), cache: { ttl: '7d' } };
    await expect(session.send(marked).result()).rejects.toMatchObject({ code: 'provider/invalid-request' });
    expect(session.state.messages).toEqual([]);
    expect((await session.send(msg('Keep this.', { cache: true })).result()).text).toBe('fine');
  });

  it('is the failure of the run that it came with, and of no other', async () => {
    const { model } = await modelOf('anthropic');
    const session = await createAgent({ model }).openSession(openMemoryStore());
    const first = session.send('hello')[Symbol.asyncIterator]();
    await first.next();
    const steered = await eventsOf(session, msg([wav]), { onBusy: 'steer' });
    expect(steered.map(({ type }) => type)).toEqual(['run-start', 'run-end']);
    expect(steered.at(-1)).toMatchObject({ reason: 'error', error: { code: 'provider/unsupported-media' } });
    let end: AgentEvent | undefined;
    for (let next = await first.next(); !next.done; next = await first.next()) end = next.value;
    expect(end).toMatchObject({ reason: 'end-turn' });
    expect(session.state.messages).toHaveLength(2);
  });

  it('is refused in a chat, in a run without a store and in a batch', async () => {
    const { model } = await modelOf('anthropic');
    const refusal = { code: 'provider/unsupported-media' };
    const chat = new Chat(model);
    await expect(chat.ask([wav])).rejects.toMatchObject(refusal);
    expect((await chat.ask('hello')).messages).toHaveLength(2);
    await expect(runAgent(initialState(), msg([wav]), { model }).result()).rejects.toMatchObject(refusal);
    const outcomes = await runMany(['hello', msg([wav])], { model });
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: refusal }]);
  });
});

describe('a history that the next model cannot be sent (I4)', () => {
  async function readByClaude() {
    const [claude, llama] = [await modelOf('anthropic'), await modelOf('ollama')];
    const store = openMemoryStore();
    const session = await createAgent({ model: claude.model }).openSession(store, { id: 's' });
    await session.send(msg(['Read.', pdf])).result();
    return { claude, llama, store, entries: await store.readEntries('s') };
  }

  it('is refused before anything is stored, with what to do', async () => {
    const { claude, llama, store, entries } = await readByClaude();
    const session = await createAgent({ model: llama.model }).openSession(store, { id: 's' });
    await expect(session.send('And?').result()).rejects.toMatchObject({
      code: 'provider/unsupported-media',
      message: expect.stringMatching(/Ollama takes none\..*llama4 cannot go on.*ask a model.*rewind.*fork/),
    });
    expect(await store.readEntries('s')).toEqual(entries);
    const back = await createAgent({ model: claude.model }).openSession(store, { id: 's' });
    expect((await back.send('And?').result()).text).toBe('fine');
  });

  it('goes through where a hook puts something else in its place', async () => {
    const { llama, store } = await readByClaude();
    const hook = {
      name: 'words',
      beforeRequest: ({ request }: { readonly request: object }) => ({
        replace: { ...request, messages: [userMessage('Read: a contract.'), userMessage('And?')] },
      }),
    };
    const agent = createAgent({ model: llama.model, hooks: [hook], onPrefixChange: 'allow' });
    const session = await agent.openSession(store, { id: 's' });
    expect((await session.send('And?').result()).text).toBe('fine');
  });
});
