import { createAgent, initialState, runAgent, type ToolOutput, tool, toolBlocks } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { mediaBlock, type ToolResultBlock } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const IMAGE = { type: 'image', mediaType: 'image/png', data: Buffer.from('pixels').toString('base64') } as const;

/** One pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const drawing = (output: ToolOutput) =>
  tool({ name: 'draw', description: 'Draws.', input: z.object({}), effect: 'pure', run: () => output });

/** What the model is told of a tool that returned this. */
async function resultOf(output: ToolOutput): Promise<ToolResultBlock | undefined> {
  const model = scriptedModel(toolTurn(['c', 'draw', '{}']), textTurn('nice'));
  await runAgent(initialState(), 'draw', { model, tools: [drawing(output)] }).result();
  const told = model.requests[1]?.messages.at(-1);
  return told?.role === 'tool' ? told.content[0] : undefined;
}

describe('a tool that returns toolBlocks (L-31)', () => {
  it('shows the model its texts and images, in their order', async () => {
    const blocks = [{ type: 'text', text: 'A zebra:' }, IMAGE, { type: 'text', text: 'Nice.' }] as const;
    expect(await resultOf(toolBlocks(blocks))).toEqual({
      type: 'tool-result',
      toolCallId: 'c',
      toolName: 'draw',
      content: blocks,
      isError: false,
    });
  });

  it('takes a text as it is, and what mediaBlock gives (L-09)', async () => {
    const picture = await mediaBlock(Buffer.from(PNG, 'base64'));
    expect((await resultOf(toolBlocks(['See:', picture])))?.content).toEqual([{ type: 'text', text: 'See:' }, picture]);
  });

  it('shows no empty text, which a vendor would refuse (I4)', async () => {
    expect((await resultOf(toolBlocks([{ type: 'text', text: '' }, IMAGE])))?.content).toEqual([IMAGE]);
  });

  it('is told apart from one whose JSON looks alike', async () => {
    const result = await resultOf([{ ...IMAGE }]);
    expect(result?.content).toEqual([{ type: 'text', text: JSON.stringify([IMAGE]) }]);
  });

  it('finds its image again in a session that is resumed', async () => {
    const store = openMemoryStore();
    const tools = [drawing(toolBlocks([IMAGE]))];
    const model = scriptedModel(toolTurn(['c', 'draw', '{}']), textTurn('nice'));
    const session = await createAgent({ model, tools }).openSession(store, { id: 's' });
    await session.send('draw').result();
    await session.close();
    const again = await createAgent({ model: scriptedModel(), tools }).openSession(store, { id: 's' });
    expect(again.state.messages).toEqual(session.state.messages);
    expect(again.state.messages[2]?.content[0]).toMatchObject({ content: [IMAGE] });
  });

  it.each([
    ['a block of a type that is none', [{ type: 'video' }], 'a block of type video at [0]'],
    ['an image without its bytes', [{ type: 'text', text: 'See:' }, { type: 'image' }], 'a block of type image at [1]'],
    ['a file that is no image', [{ ...IMAGE, type: 'document' }], 'a block of type document at [0]'],
    ['nothing', [null], 'null at [0]'],
    ['no list', 'hi', 'is a text'],
  ])('has failed if what it shows is %s, and the history never holds it (I4)', async (_, blocks, words) => {
    // @ts-expect-error: as a tool without types may return it.
    const result = await resultOf(toolBlocks(blocks));
    expect(result).toMatchObject({ isError: true, content: [{ type: 'text', text: expect.stringContaining(words) }] });
    expect(result?.content).toHaveLength(1);
  });
});
