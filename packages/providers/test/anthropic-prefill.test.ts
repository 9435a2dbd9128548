import { describe, expect, it } from 'vitest';
import { encodeRequest } from '../src/anthropic/encode/encode-request.ts';
import { anthropicPrefixBlocks } from '../src/anthropic/encode/prefix-blocks.ts';
import { userMessage } from '../src/message.ts';
import { block, exchange, hello, messageEnd, messageStart, textBlock } from './support/anthropic-exchange.ts';
import { deltaText } from './support/collect-stream.ts';

const MODEL = 'claude-haiku-4-5';
const SONG = 'la '.repeat(40_000);

describe('a prefill (L-59)', () => {
  it('is the last message, and the turn holds it with what went on from it', async () => {
    const wire = [messageStart(), ...textBlock(0, ' sun', ' is'), ...textBlock(1, ' hot.'), ...messageEnd()];
    const { body, events, turn } = await exchange(hello({ prefill: 'The' }), MODEL, wire);
    expect(body['messages']).toEqual([
      { role: 'user', content: [expect.objectContaining({ text: 'hi' })] },
      { role: 'assistant', content: [{ type: 'text', text: 'The' }] },
    ]);
    expect(events[0]).toEqual({ type: 'text-delta', blockIndex: 0, text: 'The' });
    expect(deltaText(events, 'text-delta')).toBe('The sun is hot.');
    expect(turn.message.content).toEqual([
      { type: 'text', text: 'The sun is' },
      { type: 'text', text: ' hot.' },
    ]);
  });

  it('is a block of its own where the answer begins with something else', async () => {
    const call = block(0, { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} });
    const { events, turn } = await exchange(hello({ prefill: 'Look:' }), MODEL, [
      messageStart(),
      ...call,
      ...textBlock(1, 'done'),
      ...messageEnd('tool_use'),
    ]);
    expect(turn.message.content).toMatchObject([
      { type: 'text', text: 'Look:' },
      { type: 'tool-call', id: 'toolu_1' },
      { type: 'text', text: 'done' },
    ]);
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual(['text-delta', 'block-end', 'tool-call-delta']);
  });

  it('is kept with what came, when the answer is cut or stays empty', async () => {
    const cut = [messageStart(), block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'la' })]
      .flat()
      .slice(0, 3);
    expect((await exchange(hello({ prefill: 'Tra' }), MODEL, cut)).turn.message.content).toEqual([
      { type: 'text', text: 'Trala' },
    ]);
    const empty = [messageStart(), ...messageEnd()];
    expect((await exchange(hello({ prefill: 'Tra' }), MODEL, empty)).turn.message.content).toEqual([
      { type: 'text', text: 'Tra' },
    ]);
  });

  it('is not said before the response has begun, and so not twice when it is asked for again', async () => {
    const { events } = await exchange(hello({ prefill: 'Tra' }), MODEL, []);
    expect(events.map(({ type }) => type)).toEqual(['assistant-turn']);
  });

  it('loses white space at its end, which the vendor refuses, and says so', async () => {
    const { body, warnings, turn } = await exchange(hello({ prefill: 'Answer: \n' }), MODEL);
    expect(body['messages']).toMatchObject([{}, { content: [{ text: 'Answer:' }] }]);
    expect(warnings).toMatchObject([{ code: 'request/prefill-adapted' }]);
    expect(turn.message.content).toEqual([{ type: 'text', text: 'Answer:hello' }]);
  });

  it('of white space alone is not sent, and says so', async () => {
    const { body, warnings } = await exchange(hello({ prefill: ' \n' }), MODEL);
    expect(body['messages']).toHaveLength(1);
    expect(warnings).toMatchObject([{ code: 'request/prefill-ignored' }]);
    expect((await exchange(hello({ prefill: '' }), MODEL)).warnings).toEqual([]);
  });

  it('is no part of the prefix that is kept, and carries no mark', async () => {
    const request = { system: SONG, messages: [userMessage('sing')] };
    const { body } = await exchange({ ...request, prefill: 'Tra' }, MODEL);
    expect(body['messages']).toEqual([
      { role: 'user', content: [expect.objectContaining({ cache_control: { type: 'ephemeral' } })] },
      { role: 'assistant', content: [{ type: 'text', text: 'Tra' }] },
    ]);
    expect(anthropicPrefixBlocks(encodeRequest({ ...request, prefill: 'Tra' }, MODEL).body)).toEqual(
      anthropicPrefixBlocks(encodeRequest(request, MODEL).body),
    );
  });
});
