import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnthropicDecoder } from '../src/anthropic/decode/decode-stream.ts';
import { encodeRequest as encodeAnthropic } from '../src/anthropic/encode/encode-request.ts';
import { toolCallBlock } from '../src/assemble-message.ts';
import { freezeMessage } from '../src/frozen.ts';
import { type Message, type ToolResultBlock, toolCalls, userMessage } from '../src/message.ts';
import { createChatDecoder } from '../src/openai/chat/decode-stream.ts';
import { encodeRequest as encodeChat } from '../src/openai/chat/encode-request.ts';
import { createResponsesDecoder } from '../src/openai/responses/decode-stream.ts';
import { encodeRequest as encodeResponses } from '../src/openai/responses/encode-request.ts';
import { vendorNamed } from '../src/openai/vendors.ts';
import type { StreamDecoder } from '../src/transport/send.ts';
import { withUniqueCallIds } from '../src/unique-call-ids.ts';

const ENCODERS: Readonly<Record<string, (messages: readonly Message[]) => readonly unknown[]>> = {
  anthropic: (messages) => encodeAnthropic({ messages }, 'claude-opus-5').body.messages,
  'openai-chat': (messages) => encodeChat({ messages }, 'gpt-5.2', vendorNamed('openai')).body.messages,
  'openai-responses': (messages) => encodeResponses({ messages }, 'gpt-5.2').body.input,
};

/** The ids of the calls, and those of the results, as they are sent. */
const sentIds = (wire: readonly unknown[]) => {
  const ids = (pattern: RegExp) => [...JSON.stringify(wire).matchAll(pattern)].map(([, id]) => id);
  return {
    calls: ids(/"(?:type":"tool_use","id|id|type":"function_call","call_id)":"([^"]+)"/g),
    results: ids(/"(?:tool_use_id|tool_call_id|type":"function_call_output","call_id)":"([^"]+)"/g),
  };
};

describe.each(Object.entries(ENCODERS))('a history with repeated call ids, as it is sent to %s', (_dialect, encode) => {
  it('gives each call an id of its own, and its result the same one (B-20)', () => {
    const { calls, results } = sentIds(encode(history([['x', 'y'], ['x'], ['x', 'x'], ['y']])));
    expect(new Set(calls).size).toBe(6);
    expect(results).toEqual(calls);
    expect(calls.slice(0, 2)).toEqual(['x', 'y']);
  });

  it('only adds to what a shorter one was sent as, frozen or not (B-20, I3)', () => {
    const rounds = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(rounds, fc.boolean(), (ids, isFrozen) => {
        const messages = history(ids).map((message) => (isFrozen ? freezeMessage(message) : message));
        const whole = JSON.stringify(encode(messages)).slice(0, -1);
        let length = 0;
        for (const [index, round] of ids.entries()) {
          length += round.length === 0 ? 2 : 3;
          const shorter = JSON.stringify(encode(messages.slice(0, length))).slice(0, -1);
          expect([index, whole.startsWith(shorter)]).toEqual([index, true]);
        }
        const { calls, results } = sentIds(encode(messages));
        expect(new Set(calls).size).toBe(ids.flat().length);
        expect(results).toEqual(calls);
      }),
    );
  });

  it('is sent as it is where each id is its own', () => {
    const messages = history([['a'], ['b', 'c']]);
    expect(withUniqueCallIds(messages)).toBe(messages);
    expect(sentIds(encode(messages)).calls).toEqual(['a', 'b', 'c']);
  });
});

describe('a call whose id is not its own', () => {
  it('is renamed in the item that the Responses API wants back, too (B-20)', () => {
    const [first, second] = ['{"q":1}', '{"q":2}'].map((text): readonly Message[] => [
      {
        role: 'assistant',
        content: [
          toolCallBlock('fc', 'look', text),
          { type: 'opaque', family: 'openai-responses', data: { type: 'function_call', call_id: 'fc', name: 'look' } },
        ],
      },
      { role: 'tool', content: [result('fc')] },
    ]);
    const { calls, results } = sentIds(
      ENCODERS['openai-responses']?.([userMessage('Go'), ...(first ?? []), ...(second ?? [])]) ?? [],
    );
    expect(calls).toHaveLength(2);
    expect(new Set(calls).size).toBe(2);
    expect(results).toEqual(calls);
  });

  it('is sent to Claude under one that its vendor takes', () => {
    const { calls, results } = sentIds(ENCODERS['anthropic']?.(history([['functions.look:0'], ['']])) ?? []);
    expect(calls).toHaveLength(2);
    expect(calls.every((id) => /^[\w-]+$/.test(id ?? ''))).toBe(true);
    expect(results).toEqual(calls);
  });
});

describe('an id derived for a call', () => {
  const anthropic = (id: string) => [
    { type: 'message_start', message: { id, usage: { input_tokens: 5 } } },
    ...[0, 1].flatMap((index) => [
      { type: 'content_block_start', index, content_block: { type: 'tool_use', id: 'same', name: 'look', input: {} } },
      { type: 'content_block_stop', index },
    ]),
  ];
  const responses = (id: string) => [
    { type: 'response.created', response: { id } },
    ...[0, 1].map((index) => ({
      type: 'response.output_item.done',
      output_index: index,
      item: { type: 'function_call', call_id: 'same', name: 'look', arguments: '{}' },
    })),
  ];
  const chat = (id: string) => [
    ...[0, 1].map((index) => ({
      id,
      choices: [
        { index: 0, delta: { tool_calls: [{ index, id: 'same', function: { name: 'look', arguments: '{}' } }] } },
      ],
    })),
    { id, choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
  ];

  it.each([
    ['anthropic', () => createAnthropicDecoder(), anthropic],
    ['openai-responses', () => createResponsesDecoder({ model: 'm', vendor: 'openai' }), responses],
    ['openai-chat', () => createChatDecoder({ model: 'm', vendor: 'openai' }), chat],
  ] as const)('in %s is another in another response, and the same in a replay (B-20)', (_name, create, events) => {
    const derived = (id: string) => {
      const decoder: StreamDecoder<unknown> = create();
      for (const event of events(id)) decoder.decode(event);
      return toolCalls(decoder.finish().message).map((call) => call.id);
    };
    const [kept, one] = derived('r1');
    expect([kept, one === 'same']).toEqual(['same', false]);
    expect(derived('r1')).toEqual([kept, one]);
    expect(derived('r2')[1]).not.toBe(one);
  });
});

/** A round for each list of ids, in which an empty one is an answer without calls. */
function history(rounds: readonly (readonly string[])[]): readonly Message[] {
  return rounds.flatMap((ids): readonly Message[] => [
    userMessage('Go on'),
    {
      role: 'assistant',
      content: [{ type: 'text', text: 'Yes.' }, ...ids.map((id) => toolCallBlock(id, 'look', '{}'))],
    },
    ...(ids.length === 0 ? [] : [{ role: 'tool' as const, content: ids.map(result) }]),
  ]);
}

function result(toolCallId: string): ToolResultBlock {
  return {
    type: 'tool-result',
    toolCallId,
    toolName: 'look',
    content: [{ type: 'text', text: 'Seen.' }],
    isError: false,
  };
}
