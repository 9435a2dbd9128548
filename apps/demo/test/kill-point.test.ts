import { describe, expect, it } from 'vitest';
import { createKillPoint } from '../src/kill-point.ts';
import type { SessionMessage } from '../src/session/protocol.ts';

const question: SessionMessage = { type: 'question-start', text: 'Why?', isNew: true };
const turnEnd: SessionMessage = {
  type: 'turn-end',
  number: 1,
  snapshotId: 's',
  read: 0,
  written: 0,
  fresh: 0,
  output: 0,
};
const longText: SessionMessage = { type: 'text', text: 'x'.repeat(80) };
const halfText: SessionMessage = { type: 'text', text: 'x'.repeat(40) };

/** The places of the messages at which the point is reached. */
function killsAt(questionCount: number, messages: readonly SessionMessage[]): readonly number[] {
  const isKillPoint = createKillPoint(questionCount);
  return messages.flatMap((message, index) => (isKillPoint(message) ? [index] : []));
}

describe('the kill point', () => {
  it('is in the middle of a text of the second question, once', () => {
    const messages = [question, turnEnd, longText, turnEnd, question, halfText, halfText, longText, turnEnd, longText];
    expect(killsAt(3, messages)).toEqual([6]);
  });

  it('is in the only question, but not in the first turn', () => {
    expect(killsAt(1, [question, longText, turnEnd, longText])).toEqual([3]);
  });

  it('is not in short texts that come one after the other', () => {
    expect(killsAt(1, [question, turnEnd, halfText, turnEnd, halfText, turnEnd])).toEqual([]);
  });
});
