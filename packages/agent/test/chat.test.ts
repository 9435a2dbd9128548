import { type AgentEvent, Chat, fromJSONL, synth, tool } from '@reprise/agent';
import { messageText, ProviderError, toolCallBlock, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Step, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { MODELS, simulator } from './support/simulated.ts';

const add = tool({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number() }),
  effect: 'pure',
  run: async ({ a, b }) => a + b,
});

const PIXEL = { type: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' } as const;

/** A step that answers when the test says so. */
function heldStep(text: string): { readonly step: Step; readonly asked: Promise<void>; release(): void } {
  const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const step: Step = async (_request, signal) => {
    asked.resolve();
    signal?.addEventListener('abort', () => released.resolve());
    await released.promise;
    if (signal?.aborted) throw new ProviderError('provider/aborted', 'Aborted.');
    return textTurn(text);
  };
  return { step, asked: asked.promise, release: () => released.resolve() };
}

async function eventsOf(run: AsyncIterable<AgentEvent>): Promise<readonly AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

describe('a chat', () => {
  it('keeps what was said, and shows it to the model (L-56, L-57)', async () => {
    const model = scriptedModel(textTurn('Hello, Anna.'), textTurn('Anna.'));
    const chat = new Chat(model, { system: 'Be brief.' });
    expect((await chat.ask('I am Anna.')).text).toBe('Hello, Anna.');
    expect((await chat.ask('Who am I?')).text).toBe('Anna.');
    expect(chat.history.map(messageText)).toEqual(['I am Anna.', 'Hello, Anna.', 'Who am I?', 'Anna.']);
    expect(model.requests[1]).toMatchObject({ system: 'Be brief.', messages: chat.history.slice(0, 3) });
  });

  it.each([
    ['a text', 'Look.', [{ type: 'text', text: 'Look.' }]],
    ['a block', PIXEL, [PIXEL]],
    ['several parts', ['Look.', PIXEL], [{ type: 'text', text: 'Look.' }, PIXEL]],
    ['a message', userMessage('Look.'), [{ type: 'text', text: 'Look.' }]],
  ] as const)('is asked by %s (L-57)', async (_what, message, content) => {
    const chat = new Chat(scriptedModel(textTurn('Seen.')));
    await chat.ask(message);
    expect(chat.history[0]).toEqual({ role: 'user', content });
  });

  it('goes on from where it stopped if it is asked nothing (L-57)', async () => {
    const chat = new Chat(scriptedModel(textTurn('Fine.')), { history: ['How are you?'] });
    expect((await chat.ask()).text).toBe('Fine.');
    await expect(chat.ask()).rejects.toMatchObject({ code: 'agent/nothing-to-continue' });
  });

  it('goes on from the result of a call that somebody else has run (L-60, L-61)', async () => {
    const call = synth.toolCall('add', { a: 1, b: 2 });
    const history = ['What is 1 + 2?', synth.request('Let me see.', [call])];
    const vendor = await simulator(() => '3.');
    for (const modelOf of Object.values(MODELS)) {
      const chat = new Chat(modelOf(vendor.url), { history, tools: [add] });
      const { text, messages } = await chat.ask(synth.result(call, '3'));
      expect([text, messages.map(({ role }) => role)]).toEqual(['3.', ['tool', 'assistant']]);
    }
    expect(vendor.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it.each([
    ['that nobody asked for', ['hi'], 'no open call'],
    ['of another call', ['hi', synth.request('', [synth.toolCall('add', {}, 'call-2')])], 'open calls call-2'],
  ])('refuses a result %s (L-61)', async (_case, history, words) => {
    const model = scriptedModel();
    const chat = new Chat(model, { history });
    const refused = chat.ask(synth.results([toolCallBlock('call-1', 'add', '{}')], ['3']));
    await expect(refused).rejects.toMatchObject({
      code: 'agent/unmatched-results',
      message: expect.stringContaining(words),
    });
    expect([model.requests.length, chat.history.length]).toEqual([0, history.length]);
  });

  it('gives the last turn, every turn, and all that is new, in order (L-58, L-66)', async () => {
    const model = scriptedModel(toolTurn(['c1', 'add', '{"a":1,"b":2}']), textTurn('3.'), textTurn('Bye.'));
    const chat = new Chat(model, { tools: [add] });
    const { text, turn, turns, messages, reason, state } = await chat.ask('1 + 2?');
    expect([text, reason, turns.length]).toEqual(['3.', 'end-turn', 2]);
    expect(turn).toBe(turns[1]);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect([messages, chat.history]).toEqual([state.messages, state.messages]);
    expect((await chat.ask('Bye.')).messages.map(messageText)).toEqual(['Bye.', 'Bye.']);
  });

  it('tells the pieces, then the whole answer of each turn, then the results of its tools (L-58)', async () => {
    const vendor = await simulator(({ messages }) =>
      messages.length === 1 ? { text: 'Adding.', toolCalls: [{ name: 'add', arguments: { a: 1, b: 2 } }] } : 'It is 3.',
    );
    const model = MODELS.anthropic(vendor.url);
    const run = new Chat(model, { tools: [add] }).stream('1 + 2?');
    const told = (await eventsOf(run)).map((event) =>
      event.type === 'turn-end' ? messageText(event.turn.message) : event.type,
    );
    const shown = told.filter((word, index) => word !== 'block-end' && word !== told[index - 1]);
    expect(shown.filter((word) => !['warning', 'vendor-event', 'assistant-turn'].includes(word))).toEqual([
      ...['run-start', 'text-delta', 'tool-call-delta', 'Adding.', 'tool-start', 'tool-end'],
      ...['text-delta', 'It is 3.', 'run-end'],
    ]);
    expect((await run.result()).text).toBe('It is 3.');
  });

  it('has one run at a time', async () => {
    const { step, asked, release } = heldStep('one');
    const chat = new Chat(scriptedModel(step, textTurn('two')));
    const early = chat.stream('too early');
    const first = chat.ask('first');
    await asked;
    await expect(chat.ask('second')).rejects.toMatchObject({ code: 'agent/chat-busy' });
    await expect(early.result()).rejects.toMatchObject({ code: 'agent/chat-busy' });
    expect(() => chat.fork()).toThrow(expect.objectContaining({ code: 'agent/chat-busy' }));
    release();
    expect((await first).text).toBe('one');
    expect((await chat.ask('third')).text).toBe('two');
    expect(chat.history.map(messageText)).toEqual(['first', 'one', 'third', 'two']);
  });
});

describe('a history that goes on elsewhere (L-56)', () => {
  const QUESTION = '1 + 2?';

  it('is the same from another chat, calls and results within, without its marks', async () => {
    const first = new Chat(scriptedModel(toolTurn(['c1', 'add', '{"a":1,"b":2}']), textTurn('3.')), { tools: [add] });
    await first.ask({ ...userMessage(QUESTION), cache: {} });
    const model = scriptedModel(textTurn('Yes.'));
    const marked = first.history.map((message) => ({ ...message, cache: {} }));
    const second = new Chat(model, { history: marked });
    await second.ask('Sure?');
    expect(model.requests[0]?.messages.slice(0, 4)).toEqual(first.history);
    expect([first.history.length, second.history.length]).toEqual([4, 6]);
    expect(JSON.stringify(second.history)).not.toContain('"cache"');
  });

  it('is the same after it was written down as JSON (D-24)', async () => {
    const vendor = await simulator(({ messages }) =>
      messages.length === 1 ? { text: 'A dot.', thinking: 'Hm.' } : 'Yes.',
    );
    for (const modelOf of Object.values(MODELS)) {
      const model = modelOf(vendor.url);
      const chat = new Chat(model);
      await chat.ask(['What is this?', PIXEL]);
      const read = new Chat(model, { history: JSON.parse(JSON.stringify(chat.history)) });
      await chat.ask('Sure?');
      await read.ask('Sure?');
    }
    const bodies = vendor.requests.map(({ bodyText }) => bodyText);
    expect(bodies).toHaveLength(9);
    for (const index of [1, 4, 7]) expect(bodies[index + 1]).toBe(bodies[index]);
  });

  it('is the same after it was written down as JSON Lines, and can be read a message a line (D-24, L-62)', async () => {
    const chat = new Chat(scriptedModel(toolTurn(['c1', 'add', '{"a":1,"b":2}']), textTurn('3.')), { tools: [add] });
    await chat.ask(QUESTION);
    expect(new Chat(scriptedModel(), { history: fromJSONL(chat.toJSONL()) }).history).toEqual(chat.history);
    expect(chat.toJSONL().trim().split('\n')).toHaveLength(4);
    expect(chat.printHistory().split('\n\n')).toHaveLength(4);
  });

  it('is a copy in a fork: neither hears of the other', async () => {
    const chat = new Chat(scriptedModel(textTurn('Hi.'), textTurn('Left.'), textTurn('Right.')));
    await chat.ask('Hello.');
    const fork = chat.fork();
    await chat.ask('Left?');
    await fork.ask('Right?');
    expect([chat, fork].map(({ history }) => messageText(history.at(-1) ?? userMessage('')))).toEqual([
      'Left.',
      'Right.',
    ]);
    expect(fork.state.turnCount).toBe(2);
  });
});

describe('a run that does not end well', () => {
  it('leaves what was said, and the next ask goes on from there', async () => {
    const failing: Step = () => {
      throw new ProviderError('provider/overloaded', 'Overloaded.');
    };
    const chat = new Chat(scriptedModel(failing, textTurn('Hi.')));
    await expect(chat.ask('Hello?')).rejects.toMatchObject({ code: 'provider/overloaded' });
    expect(chat.history.map(messageText)).toEqual(['Hello?']);
    expect((await chat.ask()).text).toBe('Hi.');
  });

  it('keeps what came before an abort, and can be sent again (N-12)', async () => {
    const vendor = await simulator(({ requestIndex }) => (requestIndex === 0 ? 'One two three four five.' : 'Done.'));
    const chat = new Chat(MODELS.anthropic(vendor.url));
    const stop = new AbortController();
    const run = chat.stream('Count.', { signal: stop.signal });
    for await (const { type } of run) if (type === 'text-delta') stop.abort();
    await expect(run.result()).rejects.toMatchObject({ code: 'provider/aborted' });
    expect(messageText(chat.history[1] ?? userMessage(''))).toMatch(/^One/);
    expect((await chat.ask('And?')).text).toBe('Done.');
    expect(vendor.requests[1]?.status).toBe(200);
  });

  it('is counted, and leaves the chat free, if its listener leaves early', async () => {
    const vendor = await simulator(() => 'One two three four five.');
    const chat = new Chat(MODELS.anthropic(vendor.url));
    for await (const { type } of chat.stream('Count.')) if (type === 'text-delta') break;
    expect([chat.history.length, chat.usage.turns, chat.lifetimeUsage.turns]).toEqual([2, 1, 1]);
    for await (const _event of chat.stream('Count.')) break;
    expect((await chat.ask('Again.')).text).toBe('One two three four five.');
  });

  it('runs no call of a broken turn in a fork of it', async () => {
    let ran = 0;
    const count = tool({ name: 'count', description: '', input: z.object({}), run: () => (ran += 1) });
    const broken = { ...toolTurn(['c1', 'count', '{}']), error: new ProviderError('provider/stream-cut', 'Cut.') };
    const chat = new Chat(scriptedModel({ ...broken, stopReason: 'error' }, textTurn('On.')), { tools: [count] });
    for await (const { type } of chat.stream('Count.')) if (type === 'turn-end') break;
    const fork = chat.fork();
    expect((await fork.ask()).text).toBe('On.');
    expect(ran).toBe(0);
  });
});

it('a call that waits for an approval is carried out by the ask after the decision (N-16)', async () => {
  const pay = tool({ name: 'pay', description: '', input: z.object({}), needsApproval: true, run: () => 'paid' });
  const chat = new Chat(scriptedModel(toolTurn(['c1', 'pay', '{}']), textTurn('Paid.')), { tools: [pay] });
  const ids: string[] = [];
  const run = chat.stream('Pay.');
  for await (const event of run) if (event.type === 'approval-needed') ids.push(event.approval.id);
  expect([(await run.result()).reason, ids.length]).toEqual(['approval-needed', 1]);
  await chat.decide(ids[0] ?? '', { isApproved: true });
  const { text, messages } = await chat.ask();
  expect([text, messages[0]]).toMatchObject([
    'Paid.',
    { content: [{ toolCallId: 'c1', content: [{ text: 'paid' }] }] },
  ]);
});
