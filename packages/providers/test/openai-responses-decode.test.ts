import { describe, expect, it } from 'vitest';
import { toolCalls } from '../src/message.ts';
import { createResponsesDecoder } from '../src/openai/responses/decode-stream.ts';
import { encodeAssistant } from '../src/openai/responses/encode-assistant.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import type { DecodedTurn } from '../src/transport/send.ts';

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  phase: 'final_answer',
  role: 'assistant',
  content: [{ type: 'output_text', annotations: [], logprobs: [], text: 'Hello there' }],
};
const REASONING = {
  id: 'rs_1',
  type: 'reasoning',
  encrypted_content: 'gAAA==',
  summary: [
    { type: 'summary_text', text: 'One. ' },
    { type: 'summary_text', text: 'Two.' },
  ],
};
const CALL = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  arguments: '{"n": 12345678901234567890}',
  call_id: 'call_1',
  name: 'look',
};
const USAGE = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };

describe('text', () => {
  it('comes in deltas, and its item goes without it into an opaque block', () => {
    const { events, turn } = decode([
      textDelta(0, 'Hello'),
      textDelta(0, ' there'),
      itemDone(0, MESSAGE),
      terminal({ output: [MESSAGE] }),
    ]);
    expect(textOf(events)).toEqual(['Hello', ' there']);
    expect(turn.stopReason).toBe('end-turn');
    const [part] = MESSAGE.content;
    expect(turn.message.content).toEqual([
      { type: 'text', text: 'Hello there' },
      opaque({ ...MESSAGE, content: [{ ...part, text: null, annotations: null }] }),
    ]);
  });

  it('that no delta brought is taken from the finished item, and what some brought is completed', () => {
    for (const deltas of [[], [textDelta(0, 'Hel')]]) {
      const { events } = decode([...deltas, itemDone(0, MESSAGE)]);
      expect(textOf(events).join('')).toBe('Hello there');
    }
  });

  it('keeps each citation once, from events or from the finished item (L-51)', () => {
    const citations = [
      { type: 'url_citation', url: 'https://a.test' },
      { type: 'url_citation', url: 'https://b.test' },
    ];
    const cited = { ...MESSAGE, content: [{ type: 'output_text', text: 'Hello', annotations: citations }] };
    const added = {
      type: 'response.output_text.annotation.added',
      output_index: 0,
      content_index: 0,
      annotation: citations[0],
    };
    const { turn } = decode([textDelta(0, 'Hello'), added, itemDone(0, cited)]);
    expect(turn.message.content[0]).toEqual({ type: 'text', text: 'Hello', citations });
  });

  it('may be a refusal', () => {
    const item = { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] };
    const delta = { type: 'response.refusal.delta', output_index: 0, content_index: 0, delta: 'N' };
    const { events, turn } = decode([delta, itemDone(0, item), terminal({ output: [item] })]);
    expect(textOf(events)).toEqual(['N', 'o.']);
    expect(turn.stopReason).toBe('refusal');
  });

  it('of a stream that breaks off is kept', () => {
    const { turn } = decode([textDelta(0, 'Half')]);
    expect(turn.message.content).toEqual([{ type: 'text', text: 'Half' }]);
    expect(turn.stopReason).toBeUndefined();
    expect(turn.usageState).toBe('none');
  });
});

describe('reasoning', () => {
  it('is shown as thinking without a signature, and kept whole beside it', () => {
    const delta = { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'One. ' };
    const { turn } = decode([delta, itemDone(0, REASONING)]);
    expect(turn.message.content).toEqual([
      { type: 'thinking', text: 'One. ' },
      { type: 'thinking', text: 'Two.' },
      opaque(REASONING),
    ]);
  });

  it('of open models is shown where there is no summary', () => {
    const item = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] };
    const delta = { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'Hm' };
    const { turn } = decode([delta, itemDone(0, item)]);
    expect(turn.message.content).toEqual([{ type: 'thinking', text: 'Hm.' }, opaque(item)]);
  });

  it('is kept as its own event gave it, not as the terminal event repeats it', () => {
    const again = { ...REASONING, encrypted_content: 'gBBB==' };
    const { turn } = decode([itemDone(0, REASONING), terminal({ output: [again] })]);
    expect(turn.message.content.filter(({ type }) => type === 'opaque')).toEqual([opaque(REASONING)]);
  });
});

describe('a call', () => {
  const added = { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } };
  const delta = (piece: string) => ({
    type: 'response.function_call_arguments.delta',
    output_index: 0,
    item_id: 'fc_1',
    delta: piece,
  });

  it('is known by its call_id, and keeps its argument text', () => {
    for (const before of [[], [added], [added, delta('{"n": 123')]]) {
      const { events, turn } = decode([...before, itemDone(0, CALL), terminal({ output: [CALL] })]);
      expect(events.flatMap((event) => (event.type === 'tool-call-delta' ? [event.argumentsText] : [])).join('')).toBe(
        CALL.arguments,
      );
      expect(turn.stopReason).toBe('tool-use');
      expect(turn.message.content).toMatchObject([
        { type: 'tool-call', id: 'call_1', name: 'look', argumentsText: CALL.arguments },
        opaque({ ...CALL, arguments: null }),
      ]);
    }
  });

  it('cut in half is not kept', () => {
    const { turn } = decode([added, delta('{"n"')]);
    expect(turn.message.content).toEqual([]);
  });

  it('of a custom tool has plain text for arguments, even if it looks like JSON', () => {
    const item = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_9', name: 'sql', input: '42' };
    const { turn } = decode([itemDone(0, item), terminal({ output: [item] })]);
    expect(turn.message.content).toEqual([
      { type: 'tool-call', id: 'call_9', name: 'sql', arguments: '42', argumentsText: '42' },
      opaque({ ...item, input: null }),
    ]);
    expect(turn.stopReason).toBe('tool-use');
    const { turn: answered } = decode([itemDone(0, item), terminal({ output: [item] })], 'xai');
    expect(answered.message.content).toEqual([opaque(item)]);
    expect(answered.stopReason).toBe('end-turn');
  });
});

it('gives each call an id of its own, and answers and replays it by that', () => {
  const twin = { ...CALL, id: 'fc_2' };
  const nameless = { type: 'custom_tool_call', name: 'sql', input: 'x' };
  const decodeTwins = () => decode([itemDone(0, CALL), itemDone(1, twin), itemDone(2, nameless)]).turn.message;
  const [first, second, ...others] = toolCalls(decodeTwins());
  expect(first?.id).toBe('call_1');
  expect(second?.id).toMatch(/^call_[0-9a-f]{24}$/);
  expect(others).toEqual([]);
  expect(decodeTwins()).toEqual(decodeTwins());
  const replayed = encodeAssistant(decodeTwins(), { isStored: false });
  expect(replayed.slice(0, 2)).toEqual([CALL, { ...twin, call_id: second?.id }]);
});

it('keeps every other item whole, and has nobody run what the vendor ran (L-41)', () => {
  const items = [
    { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } },
    { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAA' },
    { type: 'from_the_future', id: 'x' },
  ];
  const { turn } = decode(items.map((item, index) => itemDone(index, item)));
  expect(turn.message.content).toEqual(items.map(opaque));
  expect(toolCalls(turn.message)).toEqual([]);
});

describe('the end', () => {
  it.each([
    ['completed', null, 'end-turn'],
    ['incomplete', 'max_output_tokens', 'max-tokens'],
    ['incomplete', 'content_filter', 'content-filter'],
    ['incomplete', 'max_messages', 'max-tokens'],
    ['incomplete', 'steered', 'pause'],
    ['incomplete', 'from_the_future', 'max-tokens'],
  ])('%s for %s is %s', (status, reason, stopReason) => {
    const response = { output: [MESSAGE], incomplete_details: reason === null ? null : { reason } };
    const { turn } = decode([terminal({ ...response, status }, `response.${status}`)]);
    expect(turn).toMatchObject({ stopReason, usageState: 'final', rawUsage: USAGE, model: 'm-1', responseId: 'r_1' });
  });

  it('of a whole response is the response itself', () => {
    const response = { object: 'response', id: 'r_1', status: 'completed', output: [REASONING, MESSAGE], usage: USAGE };
    const { events, turn } = decode([response]);
    expect(textOf(events)).toEqual(['Hello there']);
    expect(turn).toMatchObject({ stopReason: 'end-turn', responseId: 'r_1', model: 'gpt-test' });
  });

  it('is told by its event where the response has no status', () => {
    expect(decode([terminal({ output: [MESSAGE], status: undefined })]).turn.stopReason).toBe('end-turn');
  });

  it('has not come while a response is in progress', () => {
    const { turn } = decode([{ object: 'response', id: 'r_1', status: 'queued', output: [], usage: null }]);
    expect(turn.stopReason).toBeUndefined();
  });

  it('may be a failure, with what it cost', () => {
    const error = { code: 'rate_limit_exceeded', message: 'Slow down' };
    const { turn } = decode([
      { type: 'error', code: 'unknown', message: 'A first guess' },
      terminal({ status: 'failed', error, output: [] }, 'response.failed'),
    ]);
    expect(turn.error).toMatchObject({ code: 'provider/rate-limited', message: 'Slow down' });
    expect(turn.stopReason).toBeUndefined();
    expect(turn.tokens).toMatchObject({ fresh: 10, output: 5 });
  });

  it.each([
    { type: 'error', code: 'server_error', message: 'Oh' },
    { type: 'error', error: { code: 'server_error', message: 'Oh' } },
    { error: { code: 'server_error', message: 'Oh' } },
  ])('may be an error event: %j', (event) => {
    expect(decode([event]).turn.error).toMatchObject({ code: 'provider/server', message: 'Oh' });
  });
});

it('counts the searches that stand beside the usage (L-50)', () => {
  const { turn } = decode([terminal({ output: [], tool_usage: { web_search: { num_requests: 2 } } })]);
  expect(turn.tokens?.serverTools).toEqual({ webSearch: 2 });
});

it('never throws for what the wire says', () => {
  const odd = [
    null,
    1,
    'x',
    [],
    {},
    { type: 'response.reasoning_text.delta', content_index: { toString: null }, delta: 'a' },
    { type: 'response.output_item.done' },
    { type: 'response.output_text.delta' },
  ];
  const broken = [undefined, null, 7, {}, { type: 'message', content: [null, 3, {}] }, { type: 'function_call' }];
  const events = broken.flatMap((item, index) => [
    { type: 'response.output_item.added', output_index: index, item },
    { type: 'response.output_item.done', output_index: index, item },
  ]);
  const { turn } = decode([...odd, ...events, terminal({ output: 'none', usage: 3, error: 4 })]);
  expect(turn.stopReason).toBe('end-turn');
  // An item without a type could not be sent back.
  expect(turn.message.content).not.toContainEqual(opaque({}));
});

function decode(
  wireEvents: readonly unknown[],
  vendor = 'openai',
): { readonly events: readonly StreamEvent[]; readonly turn: DecodedTurn } {
  const decoder = createResponsesDecoder({ model: 'gpt-test', vendor });
  const events = wireEvents.flatMap((event) => decoder.decode(event));
  const turn = decoder.finish();
  return { events, turn };
}

function textOf(events: readonly StreamEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));
}

function opaque(data: object): object {
  return { type: 'opaque', family: 'openai-responses', data };
}

function textDelta(index: number, delta: string): object {
  return { type: 'response.output_text.delta', output_index: index, content_index: 0, delta };
}

function itemDone(index: number, item: object): object {
  return { type: 'response.output_item.done', output_index: index, item };
}

function terminal(response: object, type = 'response.completed'): object {
  return { type, response: { id: 'r_1', model: 'm-1', status: 'completed', usage: USAGE, ...response } };
}
