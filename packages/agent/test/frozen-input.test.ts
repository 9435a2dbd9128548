import { Chat, createAgent, initialState, type Run, runAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { type Message, messageText, msg, type ToolMessage, type UserMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { type ScriptedModel, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

/** Says something else in a message that was given away. */
function change(message: Message): void {
  for (const block of message.content) {
    if (block.type === 'text') Object.assign(block, { text: 'CHANGED' });
    if (block.type === 'tool-result') Object.assign(block, { content: [{ type: 'text', text: 'CHANGED' }] });
  }
  Object.assign(message.content, { 1: { type: 'text', text: 'ADDED' } });
}

const RUNS: readonly (readonly [string, (model: ScriptedModel, message: UserMessage) => Promise<Run>])[] = [
  ['a session', async (model, message) => (await createAgent({ model }).openSession(openMemoryStore())).send(message)],
  ['an agent without a store', async (model, message) => runAgent(initialState(), message, { model })],
  ['a chat', async (model, message) => new Chat(model).stream(message) as unknown as Run],
];

describe('a message', () => {
  it.each(RUNS)('of %s is sent and kept as it was then, whatever becomes of it (D-10)', async (_, start) => {
    const model = scriptedModel(textTurn('fine'));
    const message: UserMessage = {
      role: 'user',
      content: [
        { type: 'text', text: 'Keep' },
        { type: 'text', text: ' this.' },
      ],
    };
    const run = await start(model, message);
    change(message);
    const { state } = await run.result();
    expect(model.requests[0]?.messages.map(messageText)).toEqual(['Keep this.']);
    expect(state.messages.map(messageText)).toEqual(['Keep this.', 'fine']);
  });
});

describe('a chat', () => {
  it('sends the results that it was given, whatever becomes of them', async () => {
    const model = scriptedModel(textTurn('fine'));
    const { message: call } = toolTurn(['c', 'look', '{}']);
    const content = [{ type: 'text', text: 'a zebra' }] as const;
    const results: ToolMessage = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'look', content, isError: false }],
    };
    const run = new Chat(model, { history: ['What is it?', call] }).stream(results);
    change(results);
    await run.result();
    expect(model.requests[0]?.messages[2]?.content).toMatchObject([{ content: [{ text: 'a zebra' }] }]);
  });

  it.each([
    ['history', (chat: Chat) => chat.history],
    ['state', (chat: Chat) => chat.state.messages],
  ])('has a %s that nobody else can change', async (_, listOf) => {
    const model = scriptedModel(textTurn('one'), textTurn('two'));
    const chat = new Chat(model);
    const lists: unknown[] = [listOf(chat)];
    await chat.ask('first');
    lists.push(listOf(chat));
    for (const list of lists) expect(() => Array.prototype.push.call(list, msg('slipped in'))).toThrow(TypeError);
    await chat.ask('second');
    expect(model.requests[1]?.messages.map(messageText)).toEqual(['first', 'one', 'second']);
  });
});

it('a session has a state that nobody else can change', async () => {
  const model = scriptedModel(textTurn('one'), textTurn('two'));
  const session = await createAgent({ model }).openSession(openMemoryStore());
  await session.send('first').result();
  expect(() => Array.prototype.push.call(session.state.messages, msg('slipped in'))).toThrow(TypeError);
  await session.send('second').result();
  expect(model.requests[1]?.messages.map(messageText)).toEqual(['first', 'one', 'second']);
});
