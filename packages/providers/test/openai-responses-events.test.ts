import { describe, expect, it } from 'vitest';
import { createResponsesDecoder } from '../src/openai/responses/decode-stream.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import type { DecodedTurn } from '../src/transport/send.ts';
import { describeWithCorpus, listRecordings, readRecording } from './support/corpus.ts';

const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] };

describe('an event without a word here', () => {
  it.each([
    { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
    { type: 'response.image_generation_call.partial_image', partial_image_b64: 'AAAA', partial_image_index: 0 },
    { type: 'response.mcp_call.in_progress', item_id: 'mcp_1' },
    { type: 'response.code_interpreter_call_code.delta', delta: 'print(' },
    { type: 'response.from_the_future', anything: [1, { deep: null }] },
    { type: 'vendor.of_its_own' },
  ])('is passed on as it came: $type', (event) => {
    expect(decode([event]).events).toEqual([{ type: 'vendor-event', family: 'openai-responses', event }]);
  });

  it.each([
    { type: 'response.created', response: { id: 'r_1', status: 'in_progress' } },
    { type: 'response.queued', response: { id: 'r_1', status: 'queued' } },
    { type: 'response.in_progress', response: { id: 'r_1', status: 'in_progress' } },
    { type: 'response.content_part.added', output_index: 0, content_index: 0, part: {} },
    { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Hi' },
    { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{}' },
    { type: 'response.reasoning_summary_part.done', output_index: 0, summary_index: 0, part: {} },
    { type: 'keepalive', sequence_number: 3 },
    {},
  ])('is not told if it only repeats what others say: $type', (event) => {
    expect(decode([event]).events).toEqual([]);
  });

  it('changes nothing of the turn', () => {
    const events = [done(MESSAGE), terminal({ output: [MESSAGE] })];
    const news = { type: 'response.web_search_call.completed', item_id: 'ws_1' };
    expect(decode([news, ...events, news]).turn).toEqual(decode(events).turn);
  });
});

describe('diagnostics (P-05)', () => {
  const diagnose = (value: unknown) => decode([terminal({ output: [], prompt_cache_diagnostics: value })]).turn;

  it.each([
    [{ type: 'cache_hit' }, { verdict: 'hit' }],
    [
      {
        type: 'cache_miss',
        reason: 'tools_changed',
        cache_missed_tokens: 4096,
        comparison_reusable_tokens: 5000,
      },
      { verdict: 'miss', reason: 'tools_changed', missedTokens: 4096, reusableTokens: 5000 },
    ],
    [
      { type: 'cache_miss', reason: 'input_changed' },
      { verdict: 'miss', reason: 'input_changed' },
    ],
    [{ type: 'comparison_response_not_found' }, { verdict: 'not-found' }],
    [{ type: 'unavailable' }, { verdict: 'unavailable' }],
    [{ type: 'from_the_future' }, { verdict: 'unavailable' }],
  ] as const)('%j is told as %j, and kept', (wire, wanted) => {
    expect(diagnose(wire).diagnostics).toEqual({ ...wanted, wire });
  });

  it.each([undefined, null, 'cache_hit', []])('that are %j are none', (wire) => {
    expect(diagnose(wire)).not.toHaveProperty('diagnostics');
  });
});

describe('a response that ended early (L-46)', () => {
  const end = (reason: string, output: readonly object[] = [MESSAGE]) =>
    decode([terminal({ status: 'incomplete', incomplete_details: { reason }, output }, 'response.incomplete')]).turn;

  it.each([
    ['max_output_tokens', 'max-tokens', []],
    ['content_filter', 'content-filter', []],
    ['steered', 'pause', []],
    ['max_messages', 'max-tokens', ['response/incomplete']],
    ['from_the_future', 'max-tokens', ['response/incomplete']],
  ])('for %s ends as %s, and says so of what has no stop reason of its own: %j', (reason, stopReason, codes) => {
    const { warnings = [], ...turn } = end(reason);
    expect(turn.stopReason).toBe(stopReason);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
    for (const { message } of warnings) expect(message).toContain(reason);
    expect(turn.message.content[0]).toEqual({ type: 'text', text: 'Hi' });
  });

  it('keeps the argument text of a call that was cut, which is no JSON', () => {
    const call = { type: 'function_call', id: 'fc_1', call_id: 'c_1', name: 'f', status: 'incomplete' };
    expect(end('max_output_tokens', [{ ...call, arguments: '{"n":' }]).message.content).toMatchObject([
      { type: 'tool-call', id: 'c_1', arguments: null, argumentsText: '{"n":' },
      { type: 'opaque' },
    ]);
  });

  it('with calls after steering has them run', () => {
    const call = { type: 'function_call', call_id: 'c_1', name: 'f', arguments: '{}' };
    expect(end('steered', [call]).stopReason).toBe('tool-use');
  });
});

describe('a refusal', () => {
  const refusal = { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] };

  it('is a text and a stop reason, streamed or whole', () => {
    const deltas = [{ type: 'response.refusal.delta', output_index: 0, content_index: 0, delta: 'No.' }];
    for (const before of [deltas, []]) {
      const { turn } = decode([...before, done(refusal), terminal({ output: [refusal] })]);
      expect(turn).toMatchObject({ stopReason: 'refusal', message: { content: [{ type: 'text', text: 'No.' }, {}] } });
    }
  });
});

describeWithCorpus('recorded streams', () => {
  it('tell the steps of the tools that the vendor runs, and no chunk of another format', () => {
    const types = new Map<string, number>();
    for (const entry of listRecordings({ family: 'openai-responses', streaming: true, status: 200 })) {
      const decoder = createResponsesDecoder({ model: entry.model, vendor: entry.vendor });
      for (const line of readRecording(entry).response.body.split(/\r?\n/)) {
        if (!/^data: ?\{/.test(line)) continue;
        for (const event of decoder.decode(JSON.parse(line.slice('data:'.length)))) {
          const type = event.type === 'vendor-event' ? String(event.event['type']) : undefined;
          if (type !== undefined) types.set(type, (types.get(type) ?? 0) + 1);
        }
      }
    }
    expect([...types.keys()].filter((type) => !/_call|mcp_list_tools/.test(type))).toEqual([]);
    expect(Object.fromEntries(types)).toMatchObject({
      'response.web_search_call.searching': 5,
      'response.image_generation_call.partial_image': 1,
      'response.mcp_call.completed': 3,
      'response.code_interpreter_call.interpreting': 3,
      'response.file_search_call.completed': 2,
    });
  });
});

function decode(wireEvents: readonly unknown[]): {
  readonly events: readonly StreamEvent[];
  readonly turn: DecodedTurn;
} {
  const decoder = createResponsesDecoder({ model: 'gpt-test', vendor: 'openai' });
  return { events: wireEvents.flatMap((event) => decoder.decode(event)), turn: decoder.finish() };
}

function done(item: object): object {
  return { type: 'response.output_item.done', output_index: 0, item };
}

function terminal(response: object, type = 'response.completed'): object {
  return { type, response: { id: 'r_1', model: 'm-1', status: 'completed', usage: null, ...response } };
}
