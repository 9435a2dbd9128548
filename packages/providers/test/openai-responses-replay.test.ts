import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import type { JsonObject } from '../src/json.ts';
import type { AssistantBlock, AssistantMessage, OpaqueBlock } from '../src/message.ts';
import { createResponsesDecoder } from '../src/openai/responses/decode-stream.ts';
import { encodeAssistant } from '../src/openai/responses/encode-assistant.ts';

const REASONING = { id: 'rs_1', type: 'reasoning', encrypted_content: 'gAAA==', summary: [] };
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  phase: 'commentary',
  role: 'assistant',
  content: [
    { type: 'output_text', annotations: [], text: 'One' },
    { type: 'output_text', annotations: [], text: 'Two' },
  ],
};
const CALL = { id: 'fc_1', type: 'function_call', arguments: '{"n":1}', call_id: 'call_1', name: 'look' };
const SEARCH = { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'x' } };

describe('replay', () => {
  it('gives the items back to the byte, streamed or whole', () => {
    const text = fc.string({ unit: 'grapheme' });
    const part = fc.oneof(
      fc.record({ type: fc.constant('output_text'), annotations: fc.array(fc.record({ url: text })), text }),
      fc.record({ type: fc.constant('output_text'), text }),
      fc.record({ refusal: text, type: fc.constant('refusal') }),
    );
    const item = fc.oneof(
      fc.record({ content: fc.array(part), type: fc.constant('message'), phase: text }),
      fc.record({
        type: fc.constant('reasoning'),
        encrypted_content: fc.string({ minLength: 1 }),
        summary: fc.constant([]),
      }),
      fc.record({ arguments: fc.json(), type: fc.constant('function_call'), call_id: fc.uuid(), name: text }),
      fc.record({ type: fc.constant('custom_tool_call'), call_id: fc.uuid(), name: text, input: text }),
      fc.record({ type: fc.constant('web_search_call'), action: fc.record({ query: text }) }),
    );
    const items = fc
      .array(item)
      .map((some) => [...some, SEARCH].map((each, index) => ({ id: `id_${index}`, ...each })));
    fc.assert(
      fc.property(items, fc.boolean(), (output, isStreamed) => {
        expect(JSON.stringify(sentBack(read(output, isStreamed)))).toBe(JSON.stringify(output));
      }),
    );
  });

  it('keeps the order of items that overlapped, by their ends', () => {
    const decoder = createResponsesDecoder({ model: 'm', vendor: 'openai' });
    decoder.decode({ type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: 'One' });
    decoder.decode({ type: 'response.output_item.done', output_index: 0, item: REASONING });
    decoder.decode({ type: 'response.output_item.done', output_index: 1, item: MESSAGE });
    expect(sentBack(decoder.finish().message)).toEqual([REASONING, MESSAGE]);
  });

  it('survives storage', () => {
    const message = JSON.parse(JSON.stringify(read([REASONING, MESSAGE, CALL])));
    expect(sentBack(message)).toEqual([REASONING, MESSAGE, CALL]);
  });

  it('gives an empty argument text back as JSON', () => {
    expect(sentBack(read([{ ...CALL, arguments: '' }]))).toEqual([{ ...CALL, arguments: '{}' }]);
  });

  it('says what the history says now, and not what the vendor said then', () => {
    const message = read([MESSAGE, CALL]);
    const content = message.content.map((block) => (block.type === 'text' ? { ...block, text: '[removed]' } : block));
    expect(JSON.stringify(sentBack({ ...message, content }))).not.toMatch(/One|Two/);
    const withoutCall = message.content.filter(({ type }) => type !== 'tool-call');
    expect(sentBack({ ...message, content: withoutCall })).toEqual([MESSAGE]);
    const addition = { type: 'text', text: 'Added' } as const;
    expect(sentBack({ ...message, content: [addition, ...message.content] })).toEqual([
      { role: 'assistant', content: 'Added' },
      MESSAGE,
      CALL,
    ]);
    const withoutText = message.content.filter(({ type }) => type !== 'text');
    expect(sentBack({ ...message, content: withoutText })).toEqual([CALL]);
  });
});

describe('reasoning', () => {
  const { encrypted_content: _encrypted, ...bare } = REASONING;
  const { id: _message, ...unnamedMessage } = MESSAGE;
  const { id: _call, ...unnamedCall } = CALL;

  it('that does not carry itself stays away, and takes the ids with it that refer to it', () => {
    const message = read([bare, SEARCH, MESSAGE, CALL]);
    expect(sentBack(message)).toEqual([SEARCH, unnamedMessage, unnamedCall]);
  });

  it('goes back by its id alone to a vendor that keeps responses', () => {
    const message = read([bare, MESSAGE]);
    expect(sentBack(message, true)).toEqual([bare, MESSAGE]);
  });

  it('in full goes back without being encrypted', () => {
    const open = { ...bare, content: [{ type: 'reasoning_text', text: 'Hm.' }] };
    expect(sentBack(read([open, MESSAGE]))).toEqual([open, MESSAGE]);
  });

  it('that nothing follows stays away, partial text notwithstanding', () => {
    expect(sentBack(read([REASONING]))).toEqual([]);
    const cut = read([MESSAGE, REASONING]);
    const partial: AssistantMessage = { ...cut, content: [...cut.content, { type: 'text', text: 'Half' }] };
    expect(sentBack(partial)).toEqual([unnamedMessage, { role: 'assistant', content: 'Half' }]);
  });
});

it("sends other vendors' words as text and calls, without their thinking", () => {
  const foreign: OpaqueBlock = { type: 'opaque', family: 'anthropic', data: { type: 'server_tool_use' } };
  const content: readonly AssistantBlock[] = [
    { type: 'thinking', text: 'Hm', signature: 's' },
    { type: 'redacted-thinking', data: 'r' },
    { type: 'text', text: 'Look:', citations: [{ type: 'char_location' }] },
    foreign,
    toolCallBlock('toolu_1', 'look', ''),
  ];
  expect(sentBack({ role: 'assistant', content })).toEqual([
    { role: 'assistant', content: 'Look:' },
    { type: 'function_call', call_id: 'toolu_1', name: 'look', arguments: '{}' },
  ]);
});

function read(output: readonly object[], isStreamed = true): AssistantMessage {
  const decoder = createResponsesDecoder({ model: 'm', vendor: 'openai' });
  const events = output.map((item, index) => ({ type: 'response.output_item.done', output_index: index, item }));
  const whole = { type: 'response.completed', response: { status: 'completed', output } };
  for (const event of isStreamed ? [...events, whole] : [whole]) decoder.decode(event);
  return decoder.finish().message;
}

function sentBack(message: AssistantMessage, isStored = false): readonly JsonObject[] {
  return encodeAssistant(message, { isStored });
}
