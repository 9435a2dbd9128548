import { type Message, type ToolResultBlock, toolCallBlock, userMessage } from '@reprise/providers';
import {
  type ApprovalBody,
  EMPTY_RUN,
  type MessageItemBody,
  type RunBody,
  type RunView,
} from '@reprise/service/client';
import { describe, expect, it } from 'vitest';
import { messagesBeforeRun } from '../../src/dashboard/data/conversation/messages-before-run.ts';
import { stopText } from '../../src/dashboard/views/session/conversation/ends.ts';
import {
  endRows,
  growingRows,
  historyRows,
  type Row,
  runRows,
} from '../../src/dashboard/views/session/conversation/rows.ts';

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

  it('tell of an open call what somebody has to decide, or has decided', () => {
    const approval = (state: ApprovalBody['state']) =>
      [{ position: 0, call: { id: 'c1' }, state, reason: 'Is it safe?' }] as unknown as readonly ApprovalBody[];
    const callIn = (rows: readonly Row[]) => (rows[1]?.kind === 'turn' ? rows[1].turn.calls[0] : undefined);
    for (const state of ['waiting', 'approved', 'denied'] as const) {
      expect(callIn(historyRows(items(asked, turn), approval(state)))).toMatchObject({ state, reason: 'Is it safe?' });
    }
    expect(callIn(historyRows(items(asked, turn, results), approval('waiting')))?.state).toBe('answered');
  });

  it('have what the journal knows of a call, by its place, as models repeat ids', () => {
    const twice: Message = { role: 'assistant', content: [call, call] };
    const second = { ...result, content: [textBlock('seen again')] };
    const [row] = historyRows([
      {
        index: 0,
        message: twice,
        turn: {
          id: 't1',
          model: 'm',
          stopReason: 'tool-use',
          startedAt: 0,
          calls: [{ position: 1, effect: 'pure', attempts: 2, durationMs: 7 }],
        },
      },
      { index: 1, message: { role: 'tool', content: [result, second] } },
    ]);
    expect(row).toMatchObject({
      turn: { id: 't1', calls: [{ result }, { result: second, effect: 'pure', attempts: 2, durationMs: 7 }] },
    });
    expect(row?.kind === 'turn' && row.turn.calls[0]).not.toHaveProperty('effect');
  });

  it('say where another model goes on, and what a compaction has put there', () => {
    const turnOf = (id: string, model: string) => ({ id, model, stopReason: 'end-turn', startedAt: 0, calls: [] });
    const rows = historyRows([
      { index: 0, message: userMessage('Summary.'), edit: 'compaction' },
      { index: 1, message: answer, edit: 'compaction' },
      { index: 2, message: asked },
      { index: 3, message: answer, turn: turnOf('a', 'one') },
      { index: 4, message: asked },
      { index: 5, message: answer, turn: turnOf('b', 'two') },
    ]);
    expect(rows.map(({ kind }) => kind)).toEqual(['summary', 'user', 'turn', 'user', 'note', 'turn']);
    expect(rows[4]).toMatchObject({ text: expect.stringContaining('two answers') });
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
    expect([...runRows(view), ...growingRows(view)].map(({ key }) => key)).toEqual(['run/r/input', 'run/r/growing']);
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

describe('how a run ended', () => {
  const ended = (reason: string, error?: { code: string; message: string }) =>
    ({ id: 'r', endedAt: 20, outcome: { reason, text: '', ...(error && { error }) } }) as RunBody;

  it('is told where its turns do not say it, with the reason of a failure', () => {
    expect(endRows(ended('error', { code: 'x', message: 'No answer.' }), 10)).toMatchObject([
      { isError: true, text: 'The run failed: No answer.' },
    ]);
    expect(endRows(ended('budget-limit'), 20)).toMatchObject([{ isError: false }]);
    for (const reason of ['end-turn', 'approval-needed', 'refusal', 'tool-stop'])
      expect(endRows(ended(reason), 10)).toEqual([]);
  });

  it('is not told of a conversation that was changed since, as by a rewind', () => {
    expect(endRows(ended('aborted'), 21)).toEqual([]);
    expect(endRows(undefined, 0)).toEqual([]);
  });

  it('is told of turns that were broken off, refused or cut', () => {
    for (const reason of ['aborted', 'error', 'refusal', 'content-filter', 'max-tokens', 'context-window']) {
      expect(stopText(reason)?.text).toBeTruthy();
    }
    for (const reason of ['end-turn', 'tool-use', 'stop-sequence', 'pause', undefined])
      expect(stopText(reason)).toBeUndefined();
  });
});
