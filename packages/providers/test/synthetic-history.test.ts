import { describe, expect, it } from 'vitest';
import { checkAnthropicRequest } from '../src/anthropic/check-request.ts';
import { encodeRequest } from '../src/anthropic/encode/encode-request.ts';
import { conversation } from '../src/build-message.ts';
import type { ImageBlock } from '../src/message.ts';
import { createSynth, synth } from '../src/synthetic-history.ts';

const IMAGE: ImageBlock = { type: 'image', mediaType: 'image/png', data: 'aW1n' };

describe('a call nobody made (L-60)', () => {
  it('has its arguments as JSON and an id in the form of the vendor', () => {
    const call = synth.toolCall('look', { b: 1, a: 'ü' });
    expect(call).toEqual({
      type: 'tool-call',
      id: expect.stringMatching(/^toolu_[A-Za-z0-9]{25}$/),
      name: 'look',
      arguments: { b: 1, a: 'ü' },
      argumentsText: '{"b":1,"a":"ü"}',
    });
    expect(synth.toolCall('look')).toMatchObject({ arguments: {}, argumentsText: '{}' });
    expect(synth.toolCall('look', {}, 'mine').id).toBe('mine');
  });

  it('has an id of its own, which a seed repeats', () => {
    const ids = (synths: ReturnType<typeof createSynth>) =>
      Array.from({ length: 200 }, () => synths.toolCall('look').id);
    expect(new Set(ids(synth)).size).toBe(200);
    const seeded = ids(createSynth({ seed: 7 }));
    expect(new Set(seeded).size).toBe(200);
    expect(ids(createSynth({ seed: 7 }))).toEqual(seeded);
    expect(ids(createSynth({ seed: 8 })).filter((id) => seeded.includes(id))).toEqual([]);
  });
});

describe('a result nobody computed (L-60)', () => {
  const calls = [synth.toolCall('look', { at: 1 }, 'a'), synth.toolCall('add', {}, 'b')];

  it('answers its call', () => {
    expect(synth.result(synth.toolCall('look', {}, 'a'), ['saw', IMAGE], { isError: true })).toEqual({
      type: 'tool-result',
      toolCallId: 'a',
      toolName: 'look',
      content: [{ type: 'text', text: 'saw' }, IMAGE],
      isError: true,
    });
  });

  it('stands with the others of its turn, in the order of the calls', () => {
    const message = synth.results(calls, ['one', '']);
    expect(message.content.map(({ toolCallId, content }) => [toolCallId, content])).toEqual([
      ['a', [{ type: 'text', text: 'one' }]],
      ['b', []],
    ]);
  });

  it.each([[[]], [['one']], [['one', 'two', 'three']]])('is refused as one of %j for two calls', (results) => {
    expect(() => synth.results(calls, results)).toThrow(
      expect.objectContaining({
        code: 'provider/invalid-request',
        message: `There are ${results.length} results for 2 calls; one for each is expected.`,
      }),
    );
  });

  it('makes with its calls a history that can be sent', () => {
    const messages = conversation([
      'q',
      synth.request('Let me look.', calls),
      synth.results(calls, ['1', '2']),
      'Done.',
    ]);
    expect(() => checkAnthropicRequest({ messages })).not.toThrow();
    const bodies = [0, 1].map(() => {
      const { toolCall, request, results } = createSynth({ seed: 'x' });
      const again = [toolCall('look', { at: 1 })];
      const history = conversation(['q', request('', again), results(again, ['1'])]);
      return JSON.stringify(encodeRequest({ messages: history }, 'claude-test'));
    });
    expect(bodies[0]).toBe(bodies[1]);
  });
});
