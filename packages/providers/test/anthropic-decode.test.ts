import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnthropicDecoder } from '../src/anthropic/decode/decode-stream.ts';
import { toolCalls } from '../src/message.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import type { DecodedTurn } from '../src/transport/send.ts';

const START_USAGE = {
  input_tokens: 2037,
  cache_read_input_tokens: 11,
  cache_creation_input_tokens: 100,
  cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 0 },
  output_tokens: 1,
  service_tier: 'standard',
};

function messageStart(more: object = {}) {
  const message = { id: 'msg_1', model: 'claude-test-1', role: 'assistant', content: [], stop_reason: null };
  return { type: 'message_start', message: { ...message, usage: START_USAGE, ...more } };
}

/** The events of one block, with the deltas between. */
function block(index: number, content_block: object, ...deltas: readonly object[]): readonly object[] {
  return [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function messageEnd(stop_reason: string | null = 'end_turn', usage: object | null = { output_tokens: 9 }) {
  return [{ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage }, { type: 'message_stop' }];
}

function decode(...wire: readonly unknown[]): { turn: DecodedTurn; events: readonly StreamEvent[] } {
  const decoder = createAnthropicDecoder();
  const events = wire.flatMap((event) => decoder.decode(event));
  return { turn: decoder.finish(), events };
}

describe('content', () => {
  it('is text, thinking and calls, in order', () => {
    const { turn, events } = decode(
      messageStart(),
      ...block(
        0,
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: 'hm' },
        { type: 'signature_delta', signature: 'old' },
        { type: 'signature_delta', signature: 'sig' },
      ),
      ...block(1, { type: 'redacted_thinking', data: 'xyz' }),
      { type: 'ping' },
      ...block(
        2,
        { type: 'text', text: '' },
        { type: 'text_delta', text: 'He' },
        { type: 'text_delta', text: 'llo' },
        { type: 'citations_delta', citation: { type: 'char_location', cited_text: 'x' } },
      ),
      ...block(
        3,
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
        { type: 'input_json_delta', partial_json: '' },
        { type: 'input_json_delta', partial_json: '{"at":1234567890' },
        { type: 'input_json_delta', partial_json: '1234567890}' },
      ),
      ...messageEnd('tool_use'),
    );
    expect(turn.message).toMatchObject({
      role: 'assistant',
      responseId: 'msg_1',
      content: [
        { type: 'thinking', text: 'hm', signature: 'sig' },
        { type: 'redacted-thinking', data: 'xyz' },
        { type: 'text', text: 'Hello', citations: [{ type: 'char_location', cited_text: 'x' }] },
        { type: 'tool-call', id: 'toolu_1', name: 'look', argumentsText: '{"at":12345678901234567890}' },
      ],
    });
    expect(turn).toMatchObject({ stopReason: 'tool-use', model: 'claude-test-1', family: 'anthropic' });
    expect(events.map((event) => event.type)).toEqual([
      'thinking-delta',
      'block-end',
      'block-end',
      'text-delta',
      'text-delta',
      'citation',
      'block-end',
      'tool-call-delta',
      'tool-call-delta',
      'tool-call-delta',
      'block-end',
    ]);
  });

  it('keeps blocks it has no word for whole, with the input that came in pieces', () => {
    const result = { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [{ encrypted_content: 'E' }] };
    const { turn } = decode(
      messageStart(),
      ...block(
        0,
        { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} },
        { type: 'input_json_delta', partial_json: '{"query":' },
        { type: 'input_json_delta', partial_json: '"x"}' },
      ),
      ...block(1, result),
      ...block(
        2,
        { type: 'compaction', content: null },
        { type: 'compaction_delta', content: 'sum', encrypted_content: 'C' },
      ),
      ...block(3, { type: 'invented_tomorrow', field: 1 }, { type: 'invented_delta', field: 2 }),
      ...messageEnd(),
    );
    expect(turn.message.content).toEqual([
      {
        type: 'opaque',
        family: 'anthropic',
        data: { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'x' } },
      },
      { type: 'opaque', family: 'anthropic', data: result },
      { type: 'opaque', family: 'anthropic', data: { type: 'compaction', content: 'sum', encrypted_content: 'C' } },
      { type: 'opaque', family: 'anthropic', data: { type: 'invented_tomorrow', field: 1 } },
    ]);
  });

  it('may arrive whole inside message_start, with the stop reason', () => {
    const content = [{ type: 'tool_use', id: 'toolu_1', name: 'roll', input: { player: 'two' } }];
    const { turn, events } = decode(messageStart({ content, stop_reason: 'tool_use' }), { type: 'message_stop' });
    expect(turn.message.content).toEqual([
      {
        type: 'tool-call',
        id: 'toolu_1',
        name: 'roll',
        arguments: { player: 'two' },
        argumentsText: '{"player":"two"}',
      },
    ]);
    expect(turn.stopReason).toBe('tool-use');
    expect(events.at(-1)?.type).toBe('block-end');
  });

  it('gives each call an id of its own, where the wire gives none or one twice', () => {
    const call = (index: number, id: string) => block(index, { type: 'tool_use', id, name: 'look', input: {} });
    const wire = [
      messageStart(),
      ...call(0, 'a'),
      ...call(1, 'a'),
      ...call(2, ''),
      ...call(3, ''),
      ...messageEnd('tool_use'),
    ];
    const ids = toolCalls(decode(...wire).turn.message).map(({ id }) => id);
    expect(ids[0]).toBe('a');
    expect(new Set(ids).size).toBe(4);
    expect(ids).not.toContain('');
    expect(toolCalls(decode(...wire).turn.message).map(({ id }) => id)).toEqual(ids);
  });

  it('ends with the message where the wire forgot to end a block', () => {
    const { turn } = decode(
      messageStart(),
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: 'hm', signature: 's' } },
      ...messageEnd(),
    );
    expect(turn.message.content).toEqual([{ type: 'thinking', text: 'hm', signature: 's' }]);
  });
});

describe('counters', () => {
  it('of message_delta replace those of message_start, and may fall', () => {
    const delta = { input_tokens: 612, cache_read_input_tokens: 0, cache_creation_input_tokens: 90, output_tokens: 9 };
    const { turn } = decode(messageStart(), ...messageEnd('end_turn', delta));
    expect(turn.tokens).toMatchObject({ fresh: 612, cacheRead: 0, cacheWrite: { '5m': 90, '1h': 0 }, output: 9 });
  });

  it('that are missing or null in message_delta stay as they were', () => {
    const { turn } = decode(messageStart(), ...messageEnd('end_turn', { output_tokens: 9, input_tokens: null }));
    expect(turn.tokens).toMatchObject({ fresh: 2037, cacheRead: 11, cacheWrite: { '5m': 100 }, output: 9 });
    expect(turn.rawUsage).toEqual({ ...START_USAGE, output_tokens: 9 });
  });

  it('are those of the last message_delta, not their sum', () => {
    const { turn } = decode(
      messageStart(),
      { type: 'message_delta', delta: {}, usage: { output_tokens: 5 } },
      ...messageEnd('end_turn', { output_tokens: 7 }),
    );
    expect(turn.tokens?.output).toBe(7);
  });

  it('are absent where the wire has no usage', () => {
    const { turn } = decode(messageStart({ usage: null }), ...messageEnd('end_turn', null));
    expect(turn).toMatchObject({ usageState: 'none', rawUsage: null, tokens: { fresh: 'not-reported' } });
  });
});

describe('the end', () => {
  it('is message_stop and nothing else', () => {
    const [delta] = messageEnd();
    expect(decode(messageStart(), delta).turn).not.toHaveProperty('stopReason');
    expect(decode(messageStart(), ...messageEnd()).turn.stopReason).toBe('end-turn');
  });

  it.each([
    ['end_turn', 'end-turn'],
    ['tool_use', 'tool-use'],
    ['max_tokens', 'max-tokens'],
    ['stop_sequence', 'stop-sequence'],
    ['pause_turn', 'pause'],
    ['compaction', 'pause'],
    ['refusal', 'refusal'],
    ['model_context_window_exceeded', 'context-window'],
    ['invented_tomorrow', 'end-turn'],
    [null, 'end-turn'],
  ])('for %s is %s', (wire, expected) => {
    expect(decode(messageStart(), ...messageEnd(wire)).turn.stopReason).toBe(expected);
  });

  it('may be an error event', () => {
    const { turn } = decode(messageStart(), {
      type: 'error',
      error: { type: 'overloaded_error', message: 'Overloaded' },
    });
    expect(turn.error).toMatchObject({ code: 'provider/overloaded', message: 'Overloaded' });
  });
});

it('never throws, whatever the wire says', () => {
  const types = ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta'];
  const kinds = ['text', 'thinking', 'redacted_thinking', 'tool_use', 'text_delta', 'input_json_delta'];
  const anything = fc.anything({ maxDepth: 2 });
  const part = fc.record(
    {
      type: fc.oneof(fc.constantFrom(...kinds, 'signature_delta', 'citations_delta', 'compaction_delta'), anything),
      text: anything,
      thinking: anything,
      signature: anything,
      data: anything,
      input: anything,
      partial_json: anything,
      citations: anything,
      citation: anything,
      stop_reason: anything,
    },
    { requiredKeys: ['type'] },
  );
  const wireEvent = fc.record(
    {
      type: fc.oneof(fc.constantFrom(...types, 'message_stop', 'error'), anything),
      index: fc.oneof(fc.nat({ max: 2 }), anything),
      message: fc.oneof(
        fc.record({ content: fc.array(part, { maxLength: 2 }), usage: anything, id: anything }),
        anything,
      ),
      content_block: fc.oneof(part, anything),
      delta: fc.oneof(part, anything),
      usage: anything,
      error: anything,
    },
    { requiredKeys: ['type'] },
  );
  fc.assert(fc.property(fc.array(fc.oneof(wireEvent, anything)), (wire) => void decode(...wire)));
});
