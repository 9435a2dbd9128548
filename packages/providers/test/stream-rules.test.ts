import { describe, expect, it } from 'vitest';
import { assistantTurn } from '../src/assistant-turn.ts';
import { ProviderError } from '../src/errors.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { scriptedModel, toolTurn } from '../src/testing/scripted-model.ts';
import { brokenStreamRules } from '../src/testing/stream-rules.ts';
import { collectEvents, userRequest } from './support/collect-stream.ts';

const { message } = toolTurn(['c1', 'look', '{"at":1}']);
const content = [{ type: 'text', text: 'Two words' } as const, ...message.content];
const GOOD = await collectEvents(
  scriptedModel({ message: { role: 'assistant', content }, tokens: { fresh: 3, output: 4 } }).stream(userRequest('hi')),
);

/** The good stream with a turn that differs. */
function withTurn(change: object): readonly StreamEvent[] {
  return GOOD.map((event) =>
    event.type === 'assistant-turn' ? { ...event, turn: { ...event.turn, ...change } } : event,
  );
}

function moved(type: StreamEvent['type'], to: number): readonly StreamEvent[] {
  const event = GOOD.find((each) => each.type === type);
  const rest = GOOD.filter((each) => each !== event);
  return event ? rest.toSpliced(to, 0, event) : [];
}

const RETRY: StreamEvent = {
  type: 'retry',
  attempt: 1,
  error: new ProviderError('provider/server', 'busy'),
  delayMs: 1,
};
const [FIRST] = GOOD;
const TURN = assistantTurn({ message: { role: 'assistant', content } });

describe('the rules of a stream', () => {
  it('are kept by a good one, and by one that was tried again', () => {
    expect(brokenStreamRules(GOOD)).toEqual([]);
    expect(brokenStreamRules([RETRY, ...GOOD])).toEqual([]);
  });

  it.each<[string, readonly StreamEvent[], RegExp]>([
    ['has no events', [], /last event is missing/],
    ['has no turn', GOOD.slice(0, -1), /last event is block-end/],
    ['has two turns', [...GOOD, { type: 'assistant-turn', turn: TURN }], /2 assistant-turn/],
    ['goes on after its turn', [...GOOD, ...(FIRST ? [FIRST] : [])], /last event is text-delta/],
    ['is tried again after a delta', GOOD.toSpliced(2, 0, RETRY), /retry/i],
    ['says its words in another order', moved('text-delta', 1), /not its deltas' text/],
    ['lacks a delta', GOOD.slice(1), /not its deltas' text/],
    ['repeats a delta', FIRST ? [FIRST, ...GOOD] : [], /not its deltas' text/],
    ['says more after a block has ended', moved('block-end', 0), /goes on after its end/],
    ['lacks the end of a call', GOOD.filter(({ type }) => type !== 'block-end'), /The message is/],
    ['begins a block too late', moved('tool-call-delta', 0), /begins after/],
    [
      'has a block nobody heard of',
      withTurn({ message: { ...message, content: [...content, content[0]] } }),
      /The message is/,
    ],
    [
      'has its blocks in another order',
      withTurn({ message: { ...message, content: content.toReversed() } }),
      /The message is/,
    ],
    ['counts below zero', withTurn({ tokens: { ...TURN.tokens, fresh: -1 } }), /tokens.fresh is -1/],
    ['counts halves', withTurn({ tokens: { ...TURN.tokens, output: 0.5 } }), /tokens.output is 0.5/],
    ['counts with null', withTurn({ tokens: { ...TURN.tokens, cacheRead: null } }), /tokens.cacheRead is null/],
    ['mirrors another number', withTurn({ cacheReadTokens: 5 }), /cacheReadTokens is 5/],
    ['writes another number', withTurn({ cacheWriteTokens: 5 }), /cacheWriteTokens is 5/],
    ['has usage and says there is none', withTurn({ usageState: 'none', rawUsage: {} }), /usageState is none/],
    ['fails without an error', withTurn({ stopReason: 'error' }), /error is undefined/],
    ['ends well with an error', withTurn({ error: RETRY.error }), /stopReason is tool-use/],
    [
      'is aborted by a server',
      withTurn({ stopReason: 'aborted', error: RETRY.error }),
      /error.code is provider\/server/,
    ],
    [
      'fails with its final usage',
      withTurn({ stopReason: 'error', error: RETRY.error, usageState: 'final' }),
      /usageState is final/,
    ],
  ])('are broken by one that %s', (_how, events, complaint) => {
    expect(brokenStreamRules(events).join('\n')).toMatch(complaint);
  });
});
