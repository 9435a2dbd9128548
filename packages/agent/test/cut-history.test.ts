// Row N-14: where a history is cut, and what is left of it.

import { type AssistantMessage, type Message, toolCallBlock, userMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactedHistory, cutHistory } from '../src/context/cut-history.ts';
import { unsendable } from './support/wire-rules.ts';

const PROMPT = 'Summarise, please.';

const answer = (text: string): AssistantMessage => ({ role: 'assistant', content: [{ type: 'text', text }] });

/** A round of tools: calls, and their results in one message. */
function toolRound(ids: readonly string[]): readonly Message[] {
  return [
    { role: 'assistant', content: ids.map((id) => toolCallBlock(id, 'look', '{}')) },
    {
      role: 'tool',
      content: ids.map((toolCallId) => ({
        type: 'tool-result',
        toolCallId,
        toolName: 'look',
        content: [{ type: 'text', text: 'seen' }],
        isError: false,
      })),
    },
  ];
}

/** What a session may hold: questions, some of them two in a row, each with rounds of tools, and with an answer unless it was aborted. */
const histories = fc
  .array(
    fc.record({
      rounds: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      isSteered: fc.boolean(),
      isAnswered: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((questions) =>
    questions.flatMap(({ rounds, isSteered, isAnswered }, index): readonly Message[] => [
      userMessage(`question ${index}`),
      ...rounds.flatMap((calls, round) =>
        toolRound(Array.from({ length: calls }, (_, at) => `${index}-${round}-${at}`)),
      ),
      ...(isSteered ? [userMessage(`and ${index}`)] : []),
      ...(isAnswered ? [answer(`answer ${index}`)] : []),
    ]),
  );

describe('a compacted history (N-14)', () => {
  it('parts no call from its results, and can be sent (I4)', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 9 }), (messages, keepLast) => {
        const place = cutHistory(messages, keepLast, PROMPT);
        const left = compactedHistory(messages, place, 'All of it.');
        expect(unsendable(messages.slice(0, place.cut))).toEqual([]);
        expect(unsendable(left)).toEqual([]);
        expect([messages.length, 'user']).toContain(messages[place.cut]?.role ?? place.cut);
      }),
    );
  });

  it('ends with the very messages that were kept, and awaits a model where the history did', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 9 }), (messages, keepLast) => {
        const place = cutHistory(messages, keepLast, PROMPT);
        const kept = messages.slice(place.cut);
        const left = compactedHistory(messages, place, 'All of it.');
        expect(left.slice(left.length - kept.length)).toEqual(kept);
        expect(left.at(-1)?.role === 'assistant').toBe(messages.at(-1)?.role === 'assistant');
      }),
    );
  });

  it('begins with the summary as the user’s, and alternates from there to the first that was kept', () => {
    const messages = [userMessage('one'), answer('1'), userMessage('two'), answer('2')];
    const left = compactedHistory(messages, cutHistory(messages, 1, PROMPT), 'They counted.');
    expect(left.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(JSON.stringify(left[0])).toContain('They counted.');
    expect(left.slice(2)).toEqual(messages.slice(2));
  });

  it('keeps as many of the last user messages as asked, or all that there are', () => {
    const messages = [userMessage('one'), answer('1'), userMessage('two'), ...toolRound(['a']), answer('2')];
    expect(cutHistory(messages, 0, PROMPT)).toEqual({ cut: 6, end: 6 });
    expect(cutHistory(messages, 1, PROMPT)).toEqual({ cut: 2, end: 6 });
    expect(cutHistory(messages, 2, PROMPT)).toEqual({ cut: 0, end: 6 });
    expect(cutHistory(messages, 3, PROMPT)).toEqual({ cut: 0, end: 6 });
  });

  it('keeps a question that nobody has answered, even if nothing is to be kept', () => {
    const messages = [userMessage('one'), answer('1'), userMessage('two')];
    expect(cutHistory(messages, 0, PROMPT)).toEqual({ cut: 2, end: 3 });
  });

  it('is the summary alone where the history ends in the midst of tool use', () => {
    const messages = [userMessage('one'), answer('1'), userMessage('two'), ...toolRound(['a'])];
    const place = cutHistory(messages, 2, PROMPT);
    expect(place).toEqual({ cut: 5, end: 5 });
    expect(compactedHistory(messages, place, 'sum').map(({ role }) => role)).toEqual(['user']);
  });

  it('has nothing of compactions that were stopped or failed before it', () => {
    const messages = [userMessage('one'), answer('1'), userMessage('two'), answer('2')];
    const stopped = [...messages, userMessage(PROMPT), answer('half a'), userMessage(PROMPT)];
    const place = cutHistory(stopped, 1, PROMPT);
    expect(place).toEqual({ cut: 2, end: 4 });
    expect(compactedHistory(stopped, place, 'sum').slice(2)).toEqual(messages.slice(2));
  });

  it('has no thought that is bound to what stood before it, and every other', () => {
    const thinker: AssistantMessage = {
      role: 'assistant',
      content: [
        { type: 'thinking', text: 'signed', signature: 'proof' },
        { type: 'redacted-thinking', data: 'secret' },
        { type: 'thinking', text: 'unsigned' },
        { type: 'text', text: 'said' },
      ],
    };
    const messages = [userMessage('one'), answer('1'), userMessage('two'), thinker];
    const left = compactedHistory(messages, cutHistory(messages, 1, PROMPT), 'sum');
    expect(left.at(-1)?.content).toEqual(thinker.content.slice(2));
  });
});
