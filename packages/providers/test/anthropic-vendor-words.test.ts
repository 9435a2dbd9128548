import { describe, expect, it } from 'vitest';
import { type Message, userMessage } from '../src/message.ts';
import { block, exchange, hello, messageEnd, messageStart, textBlock } from './support/anthropic-exchange.ts';

const MODEL = 'claude-opus-5';

describe('an event that nobody described', () => {
  it('is passed on as it came, and the answer is read around it', async () => {
    const progress = { type: 'tool_progress', index: 0, note: { z: 1, a: 2 } };
    const delta = { type: 'content_block_delta', index: 0, delta: { type: 'mood_delta', mood: 'glad' } };
    const { events, turn } = await exchange(hello(), MODEL, [
      messageStart(),
      { type: 'ping' },
      progress,
      ...textBlock(0, 'hel').slice(0, 2),
      delta,
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
      ...messageEnd(),
    ]);
    expect(events.filter(({ type }) => type === 'vendor-event')).toEqual([
      { type: 'vendor-event', family: 'anthropic', event: progress },
      { type: 'vendor-event', family: 'anthropic', event: delta },
    ]);
    expect(turn.message.content).toEqual([{ type: 'text', text: 'hello' }]);
  });

  it('is none of those that the vendor’s documentation names', async () => {
    const { events } = await exchange(hello(), MODEL, [
      messageStart({ diagnostics: null, container: null }),
      ...block(0, { type: 'thinking', thinking: '', signature: '' }, { type: 'signature_delta', signature: 's' }),
      ...block(1, { type: 'text', text: '' }, { type: 'citations_delta', citation: { type: 'page_location' } }),
      ...block(2, { type: 'compaction' }, { type: 'compaction_delta', content: null }),
      ...block(3, { type: 'tool_use', id: 'a', name: 'b', input: {} }, { type: 'input_json_delta', partial_json: '' }),
      ...messageEnd('tool_use', { container: null, stop_details: null }),
    ]);
    expect(events.filter(({ type }) => type === 'vendor-event')).toEqual([]);
  });
});

describe('the vendor’s verdict on its cache (P-04)', () => {
  const history: readonly Message[] = [
    userMessage('hi'),
    { role: 'assistant', content: [{ type: 'text', text: 'ok' }], responseId: 'msg_0' },
    userMessage('go on'),
  ];
  const asked = { messages: history, diagnostics: true };
  const answered = (diagnostics: unknown) => [messageStart({ diagnostics }), ...textBlock(0, 'ok'), ...messageEnd()];
  const because = (cache_miss_reason: unknown) => ({ cache_miss_reason });

  it.each<[unknown, object]>([
    [null, { verdict: 'hit' }],
    [because(null), { verdict: 'pending' }],
    [
      because({ type: 'tools_changed', cache_missed_input_tokens: 900 }),
      { verdict: 'miss', reason: 'tools_changed', missedTokens: 900 },
    ],
    [because({ type: 'model_changed', cache_missed_input_tokens: 1 }), { verdict: 'miss', reason: 'model_changed' }],
    [because({ type: 'system_changed', cache_missed_input_tokens: 1 }), { verdict: 'miss', reason: 'system_changed' }],
    [
      because({ type: 'messages_changed', cache_missed_input_tokens: 0 }),
      { verdict: 'miss', reason: 'messages_changed', missedTokens: 0 },
    ],
    [because({ type: 'moon_changed' }), { verdict: 'miss', reason: 'moon_changed' }],
    [because({ type: 'previous_message_not_found' }), { verdict: 'not-found' }],
    [because({ type: 'unavailable' }), { verdict: 'unavailable' }],
  ])('%j is read, and kept as it came', async (wire, expected) => {
    const { turn } = await exchange(asked, MODEL, answered(wire));
    expect(turn.diagnostics).toMatchObject(expected);
    expect(turn.diagnostics?.wire).toEqual(wire);
  });

  it.each([
    ['it was not asked', { messages: history }],
    ['there was nothing to compare with', hello({ diagnostics: true })],
  ])('is absent where %s and it says null', async (_name, request) => {
    expect((await exchange(request, MODEL, answered(null))).turn).not.toHaveProperty('diagnostics');
  });

  it('is absent where it says nothing', async () => {
    expect((await exchange(asked, MODEL)).turn).not.toHaveProperty('diagnostics');
  });

  it.each([
    ['in message_delta', (late: object) => messageEnd('end_turn', late)],
    ['beside it', (late: object) => [{ type: 'message_delta', delta: {}, ...late }, ...messageEnd()]],
    ['in message_stop', (late: object) => [{ type: 'message_stop', ...late }]],
  ])('replaces a pending one when it comes later, %s', async (_name, end) => {
    const late = { diagnostics: because({ type: 'tools_changed', cache_missed_input_tokens: 5 }) };
    const { turn } = await exchange(asked, MODEL, [messageStart({ diagnostics: because(null) }), ...end(late)]);
    expect(turn.diagnostics).toMatchObject({ verdict: 'miss', missedTokens: 5 });
  });
});

describe('a refusal (L-46)', () => {
  it('tells its category beside the reason that it ended', async () => {
    const stop_details = { type: 'refusal', category: 'cyber', explanation: 'It asks for malware.' };
    const { turn, warnings } = await exchange(hello(), MODEL, [
      messageStart(),
      ...messageEnd('refusal', { stop_details }),
    ]);
    expect(turn.stopReason).toBe('refusal');
    expect(warnings.map(({ code }) => code)).toEqual(['response/refusal-category', 'response/refusal']);
    expect(warnings[0]?.message).toMatch(/cyber.*malware/);
  });

  it('is not made of details that belong to another ending', async () => {
    const stop_details = { type: 'tired', category: 'late', explanation: 'It is night.' };
    const wire = [messageStart(), ...messageEnd('end_turn', { stop_details })];
    expect((await exchange(hello(), MODEL, wire)).warnings).toEqual([]);
  });

  it.each([null, { type: 'refusal', category: null, explanation: null }, {}])(
    'without a category says no more than that: %j',
    async (stop_details) => {
      const wire = [messageStart(), ...messageEnd('refusal', { stop_details })];
      expect((await exchange(hello(), MODEL, wire)).warnings.map(({ code }) => code)).toEqual(['response/refusal']);
    },
  );
});
