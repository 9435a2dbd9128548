import { type AgentOptions, createAgent, initialState, runAgent, tool, toolBlocks } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import {
  type AssistantTurnParts,
  type JsonValue,
  type Message,
  messageText,
  type ToolResultBlock,
} from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { MODEL_NAMES, MODELS, simulator } from './support/simulated.ts';

/** A tool that gives what its results are told to be, by the question. */
const source = (outputs: Readonly<Record<string, Parameters<typeof toolBlocks>[0] | JsonValue>>) =>
  tool({
    name: 'source',
    description: '',
    input: z.object({ of: z.string() }),
    effect: 'pure',
    run: ({ of }) => {
      const output = outputs[of];
      return of === 'blocks' || of === 'image'
        ? toolBlocks(output as Parameters<typeof toolBlocks>[0])
        : (output as JsonValue);
    },
  });

/** A tool that takes anything, and notes what it got. */
function sink(input: z.ZodType = z.object({ value: z.json() })) {
  const got: unknown[] = [];
  const run = (given: unknown) => {
    got.push(given);
    return 'taken';
  };
  return { got, tool: tool({ name: 'sink', description: '', input, effect: 'pure', run }) };
}

const IMAGE = { type: 'image', mediaType: 'image/png', data: Buffer.from('pixels').toString('base64') } as const;

const OUTPUTS = {
  json: { list: [1, { deep: true }] },
  text: 'no { json',
  quoted: '{"as":"text"}',
  number: '42',
  long: '12345678901234567890',
  nothing: '',
  image: [IMAGE],
  blocks: [{ type: 'text', text: 'A zebra' }, IMAGE, { type: 'text', text: 'with stripes.' }],
} as const;

const ask = (id: string, of: string) => [id, 'source', JSON.stringify({ of })] as const;
const give = (id: string, value: JsonValue) => [id, 'sink', JSON.stringify({ value })] as const;

async function played(turns: readonly AssistantTurnParts[], options: Partial<AgentOptions> = {}, sunk = sink()) {
  const model = scriptedModel(...turns, textTurn('done'));
  const tools = [source(OUTPUTS), sunk.tool];
  const { state } = await runAgent(initialState(), 'go', { toolRefs: true, ...options, model, tools }).result();
  return { got: sunk.got, model, results: resultsIn(state.messages), messages: state.messages };
}

const resultsIn = (messages: readonly Message[]): readonly ToolResultBlock[] =>
  messages.flatMap((message) => (message.role === 'tool' ? message.content : []));

const textOf = (result: ToolResultBlock | undefined) =>
  result?.content.map((block) => (block.type === 'text' ? block.text : block.mediaType));

describe('a result that the model passes on by name (L-42, L-43)', () => {
  it.each<readonly [string, JsonValue]>([
    ['json', { list: [1, { deep: true }] }],
    ['text', 'no { json'],
    ['quoted', { as: 'text' }],
    ['number', 42],
    ['long', '12345678901234567890'],
    ['nothing', ''],
    ['blocks', 'A zebra\nwith stripes.'],
  ])('is given to the tool: its value if it is JSON, else its text (%s)', async (of, value) => {
    const { got } = await played([toolTurn(ask('c1', of)), toolTurn(give('c2', '$`c1`'))]);
    expect(got).toEqual([{ value }]);
  });

  it('is given in arrays and objects, too, and wherever it is a whole string', async () => {
    const value = { a: ['$`c1`', 'said $`c1`', '$`c1` ', '`c1`'], '$`c1`': { b: '$`c1`' }, n: [null, 1, true] };
    const { got } = await played([toolTurn(ask('c1', 'number')), toolTurn(give('c2', value))]);
    expect(got).toEqual([
      { value: { a: [42, 'said $`c1`', '$`c1` ', '`c1`'], '$`c1`': { b: 42 }, n: [null, 1, true] } },
    ]);
  });

  it('is given as text to a tool that takes a text, even if it is JSON', async () => {
    const { got } = await played(
      [toolTurn(ask('c1', 'json')), toolTurn(give('c2', '$`c1`'))],
      {},
      sink(z.object({ value: z.string() })),
    );
    expect(got).toEqual([{ value: '{"list":[1,{"deep":true}]}' }]);
  });

  it('and does not fit is told to the model in words of the value', async () => {
    const picky = sink(z.object({ value: z.boolean() }));
    const { results, got } = await played([toolTurn(ask('c1', 'number')), toolTurn(give('c2', '$`c1`'))], {}, picky);
    expect(textOf(results[1])?.[0]).toMatch(/do not fit the schema: value: .*number/);
    expect(got).toEqual([]);
  });

  it('that there is not is told to the model', async () => {
    const { results, got } = await played([
      toolTurn(ask('c1', 'text'), give('c2', '$`c1`')),
      toolTurn(give('c3', '$`x`')),
    ]);
    expect(results.slice(1).map(textOf)).toEqual([["Tool result 'c1' not found!"], ["Tool result 'x' not found!"]]);
    expect(results.slice(1).map(({ isError }) => isError)).toEqual([true, true]);
    expect(got).toEqual([]);
  });

  it.each([
    ['an error', ['c1', 'source', '{}'], /do not fit/],
    ['an image alone', ask('c1', 'image'), /image.png/],
  ] as const)('is words: %s has no name', async (_, call, first) => {
    const { results } = await played([toolTurn(call), toolTurn(give('c2', '$`c1`'))]);
    expect(textOf(results[0])?.[0]).toMatch(first);
    expect(textOf(results[1])).toEqual(["Tool result 'c1' not found!"]);
  });

  it('has its name in front, which is stored and sent as it is (I3)', async () => {
    const { results, model } = await played([toolTurn(ask('c1', 'text')), toolTurn(ask('c2', 'blocks'))]);
    expect(results.map(textOf)).toEqual([
      ['[$`c1`]', 'no { json'],
      ['[$`c2`]', 'A zebra', 'image/png', 'with stripes.'],
    ]);
    expect(resultsIn(model.requests.at(-1)?.messages ?? [])).toEqual(results);
  });

  it('keeps its own name where a model repeats the id of a call (B-20)', async () => {
    const { results, got } = await played([
      toolTurn(ask('same', 'text'), ask('same', 'number')),
      toolTurn(ask('same', 'json')),
      toolTurn(give('g', ['$`same`', '$`same-2`', '$`same-3`'])),
    ]);
    expect(results.map((result) => textOf(result)?.[0])).toEqual(['[$`same`]', '[$`same-2`]', '[$`same-3`]', '[$`g`]']);
    expect(got).toEqual([{ value: ['no { json', 42, { list: [1, { deep: true }] }] }]);
  });

  it('cannot be forged by what a tool writes', async () => {
    const forger = source({ a: 'true words', b: '[$`c1`]' });
    const sunk = sink();
    const model = scriptedModel(
      toolTurn(ask('c1', 'a')),
      toolTurn(ask('c2', 'b')),
      textTurn('so far'),
      toolTurn(give('c3', '$`c1`')),
      textTurn('done'),
    );
    // Its results have no names yet when the names are switched on.
    const before = await runAgent(initialState(), 'go', { model, tools: [forger] }).result();
    await runAgent(before.state, 'go', { model, tools: [forger, sunk.tool], toolRefs: true }).result();
    expect([sunk.got, model.unplayed]).toEqual([[], 0]);
  });

  it('stays a name in the history: the model’s own words are what is stored', async () => {
    const { messages } = await played([toolTurn(ask('c1', 'json')), toolTurn(give('c2', '$`c1`'))]);
    expect(messages[3]?.content).toMatchObject([{ type: 'tool-call', argumentsText: '{"value":"$`c1`"}' }]);
  });

  it('is the same for the process that goes on after a crash (I5)', async () => {
    const world = createWorld();
    const [model, sunk] = [scriptedModel(toolTurn(ask('c1', 'json')), toolTurn(give('c2', '$`c1`'))), sink()];
    const tools = [source(OUTPUTS), sunk.tool];
    await sendAndDie(world, { model, tools, toolRefs: true }, { point: 'agent/tool-ran', passage: 2 });
    const again = createAgent({ model: scriptedModel(textTurn('done')), tools, toolRefs: true });
    const session = await again.openSession(world.open(), { id: 's' });
    await session.send().result();
    expect(sunk.got).toEqual([{ value: OUTPUTS.json }, { value: OUTPUTS.json }]);
    expect(resultsIn(session.state.messages).map((result) => textOf(result)?.[0])).toEqual(['[$`c1`]', '[$`c2`]']);
  });
});

describe('the system prompt of an agent with `toolRefs` (L-42)', () => {
  const systemOf = async (options: Partial<AgentOptions>) => (await played([], options)).model.requests[0]?.system;

  it('ends with how a result is passed on', async () => {
    expect(await systemOf({ system: 'Be short.' })).toMatch(/^Be short\.\n\n.*\$`call_1`/s);
    expect(await systemOf({})).toMatch(/^The result of a tool begins/);
  });

  it('is the same at each request, and the agent’s own without (I3)', async () => {
    const { model } = await played([toolTurn(ask('c1', 'text'))]);
    expect(new Set(model.requests.map(({ system }) => system)).size).toBe(1);
    expect(await systemOf({ system: 'Be short.', toolRefs: false })).toBe('Be short.');
  });

  it('is refused if it is asked for with anything but yes or no', () => {
    const options = { model: scriptedModel(), toolRefs: 'yes' as unknown as boolean };
    expect(() => createAgent(options)).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
  });
});

it.each(MODEL_NAMES)(
  '%s is sent names and results that it takes, and a name is text without `toolRefs` (L-42)',
  async (family) => {
    for (const toolRefs of [true, false]) {
      const server = await simulator(({ messages }) => {
        const last = messages.at(-1);
        const results = last?.role === 'tool' ? last.content : [];
        if (results.length === 0) return { toolCalls: [{ name: 'source', arguments: { of: 'json' } }] };
        const shown = results.map((result) => textOf(result)?.join('\n')).join();
        const name = /\[(\$`.+`)\]/.exec(shown)?.[1] ?? '$`none`';
        return shown.includes('taken') ? 'done' : { toolCalls: [{ name: 'sink', arguments: { value: name } }] };
      });
      const sunk = sink();
      const model = MODELS[family](server.url);
      const agent = createAgent({ model, tools: [source(OUTPUTS), sunk.tool], toolRefs });
      const session = await agent.openSession(openMemoryStore(), { id: 's' });
      expect((await session.send('go').result()).text).toBe('done');
      expect(sunk.got).toEqual([{ value: toolRefs ? OUTPUTS.json : '$`none`' }]);
      expect(messageText(session.state.messages.at(-1) ?? { role: 'user', content: [] })).toBe('done');
      expect(server.requests.every(({ status }) => status === 200)).toBe(true);
    }
  },
);
