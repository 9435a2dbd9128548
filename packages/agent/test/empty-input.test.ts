import { createAgent, initialState, runAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import type { UserMessage } from '@reprise/providers';
import { expect, it, onTestFinished } from 'vitest';
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

it('I4 an empty text beside another block is left out of the history', async () => {
  const model = scriptedModel(textTurn('a picture'));
  const image = { type: 'image', mediaType: 'image/png', data: 'aGk=' } as const;
  await runAgent(initialState(), { role: 'user', content: [{ type: 'text', text: '' }, image] }, { model }).result();
  expect(model.requests[0]?.messages).toEqual([{ role: 'user', content: [image] }]);
});
