import { type Message, type ToolResultBlock, toolCallBlock, userMessage } from '@reprise/providers';
import { EMPTY_RUN, type MessageItemBody, type RunView } from '@reprise/service/client';
import { describe, expect, it } from 'vitest';
import { historyRows, messagesBeforeRun, runRows } from '../../src/dashboard/views/session/conversation/rows.ts';

const textBlock = (text: string) => ({ type: 'text', text }) as const;
const call = toolCallBlock('c1', 'look', '{}');
const result: ToolResultBlock = {
  type: 'tool-result',
  toolCallId: 'c1',
  toolName: 'look',
  content: [textBlock('seen')],
  isError: false,
};
const asked = userMessage('Look.');
const turn: Message = { role: 'assistant', content: [textBlock('I look.'), call] };
const results: Message = { role: 'tool', content: [result] };
const answer: Message = { role: 'assistant', content: [textBlock('Seen.')] };
const items = (...messages: readonly Message[]): readonly MessageItemBody[] =>
  messages.map((message, index) => ({ index, message }) as MessageItemBody);

describe('the rows of a history', () => {
  it('have results with the calls that they answer', () => {
    const rows = historyRows(items(asked, turn, results, answer));
    expect(rows.map(({ kind }) => kind)).toEqual(['user', 'turn', 'turn']);
    expect(rows[1]).toMatchObject({ turn: { calls: [{ id: 'c1', state: 'answered', result }] } });
  });

  it('leave a call without a result open', () => {
    expect(historyRows(items(asked, turn))[1]).toMatchObject({ turn: { calls: [{ state: 'called' }] } });
  });
});

describe('the rows of a run', () => {
  it('begin with what it was asked, and end with what is being written', () => {
    const view: RunView = {
      ...EMPTY_RUN,
      runId: 'r',
      input: asked,
      growing: [{ type: 'text', text: 'I', citations: [] }],
    };
    expect(runRows(view).map(({ key }) => key)).toEqual(['run/r/input', 'run/r/growing']);
  });

  it('have keys that stay when more comes', () => {
    const before: RunView = { ...EMPTY_RUN, runId: 'r', input: asked };
    const after: RunView = { ...before, growing: [{ type: 'text', text: 'I', citations: [] }] };
    expect(runRows(after)[0]?.key).toBe(runRows(before)[0]?.key);
  });
});

describe('the history before a run', () => {
  const view: RunView = { ...EMPTY_RUN, runId: 'r', input: asked };

  it('ends where the run begins, which it may hold already', () => {
    expect(messagesBeforeRun([userMessage('Hello.'), answer, asked], view)).toBe(2);
    expect(messagesBeforeRun([userMessage('Hello.'), answer], view)).toBe(2);
    expect(messagesBeforeRun([], view)).toBe(0);
  });
});
