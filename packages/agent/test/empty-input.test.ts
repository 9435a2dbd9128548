import { Chat, createAgent, initialState, runAgent, runMany } from '@reprise/agent';
import { openMemoryStore, openSqliteStore } from '@reprise/checkpoint';
import type { UserMessage } from '@reprise/providers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scriptedModel, textTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

const EMPTY: readonly (readonly [string, string | UserMessage])[] = [
  ['an empty text', ''],
  ['a message without blocks', { role: 'user', content: [] }],
  [
    'a message of empty texts',
    {
      role: 'user',
      content: [
        { type: 'text', text: '' },
        { type: 'text', text: '' },
      ],
    },
  ],
];

it.each(EMPTY)('I4 %s is refused at once, and nothing is stored', async (_name, input) => {
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  const session = await createAgent({ model: scriptedModel(textTurn('hi')) }).openSession(store, { id: 's' });
  expect(() => session.send(input)).toThrow(expect.objectContaining({ code: 'agent/empty-message' }));
  expect(await store.readEntries('s')).toEqual([]);
  expect((await session.send('hello').result()).text).toBe('hi');
});

it.each(EMPTY)('%s is refused without a store, too', (_name, input) => {
  expect(() => runAgent(initialState(), input, { model: scriptedModel() })).toThrow(
    expect.objectContaining({ code: 'agent/empty-message' }),
  );
});

const NO_MESSAGE: readonly (readonly [string, unknown, string])[] = [
  ['null', null, 'The message is null'],
  ['a number', 5, 'The message is 5'],
  ['an empty list', [], 'The message is a list'],
  ['an object without a role', { content: 'hi' }, 'The message is an object'],
  ["an assistant's message", { role: 'assistant', content: [{ type: 'text', text: 'hi' }] }, 'one of role assistant'],
  ['a message whose content is a text', { role: 'user', content: 'hi' }, 'content of the message is a text'],
  ['a message of texts', { role: 'user', content: ['hi'] }, 'has a text at [0]'],
  [
    'a tool call of a user',
    { role: 'user', content: [{ type: 'tool-call', id: 'c' }] },
    'a block of type tool-call at [0]',
  ],
  [
    'a film',
    { role: 'user', content: [{ type: 'text', text: 'See' }, { type: 'video' }] },
    'a block of type video at [1]',
  ],
  [
    'an image without bytes',
    { role: 'user', content: [{ type: 'image', mediaType: 'image/png' }] },
    'type image at [0]',
  ],
];

describe.each(NO_MESSAGE)('%s is no message', (_name, input, words) => {
  const given = input as UserMessage;
  const refusal = { code: 'agent/invalid-option', message: expect.stringContaining(words) };

  it('and is refused at once, and nothing is stored (I4)', async () => {
    const store = openMemoryStore();
    const session = await createAgent({ model: scriptedModel(textTurn('hi')) }).openSession(store, { id: 's' });
    expect(() => session.send(given)).toThrow(expect.objectContaining(refusal));
    expect(await store.readEntries('s')).toEqual([]);
    expect((await session.send('hello').result()).text).toBe('hi');
  });

  it('and fails its own run of a batch, and no session is made for it', async () => {
    const store = openMemoryStore();
    const options = { model: scriptedModel(textTurn('hi')), warm: false, parallelism: 1 };
    const outcomes = await runMany([{ input: given }, 'hello'], { ...options, store });
    expect(outcomes).toMatchObject([{ status: 'rejected', reason: refusal }, { status: 'fulfilled' }]);
    expect((await store.listSessions()).items).toHaveLength(1);
  });
});

it.each([null, 5, true])('%s is refused by a chat and a batch in the same words', async (input) => {
  const refusal = { code: 'agent/invalid-option', message: expect.stringContaining(`The message is ${input}`) };
  const model = scriptedModel();
  await expect(new Chat(model).ask(input as unknown as string)).rejects.toMatchObject(refusal);
  const outcomes = await runMany([input as unknown as string], { model });
  expect(outcomes).toMatchObject([{ status: 'rejected', reason: refusal }]);
});

it('I4 an empty text beside another block is left out of the history', async () => {
  const model = scriptedModel(textTurn('a picture'));
  const image = { type: 'image', mediaType: 'image/png', data: 'aGk=' } as const;
  await runAgent(initialState(), { role: 'user', content: [{ type: 'text', text: '' }, image] }, { model }).result();
  expect(model.requests[0]?.messages).toEqual([{ role: 'user', content: [image] }]);
});
