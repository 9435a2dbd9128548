import type { ApprovalBody, SessionBody } from '@reprise/service/client';
import { describe, expect, it } from 'vitest';
import { settledElsewhere } from '../../src/dashboard/data/waiting-approval.ts';
import { elsewhereText } from '../../src/dashboard/parts/waiting-call/decision-words.ts';

const waiting = (id: string) => ({
  approval: { id, call: { name: 'pay' } } as ApprovalBody,
  session: { id: 's' } as SessionBody,
});

describe('calls that wait', () => {
  it('that others have decided on are told from those decided here, and from those that still wait', () => {
    const before = ['here', 'elsewhere', 'open'].map(waiting);
    const gone = settledElsewhere(before, [waiting('open'), waiting('new')], new Set(['here']));
    expect(gone.map(({ approval }) => approval.id)).toEqual(['elsewhere']);
  });
});

describe('words on a decision of others', () => {
  it.each([
    [{ isApproved: true, by: 'anna', reason: null }, 'pay was approved by anna.'],
    [{ isApproved: false, by: null, reason: 'too dear' }, 'pay was refused: too dear.'],
    [null, 'pay waits no more: its session has gone another way.'],
  ])('%j', (decision, words) => {
    expect(elsewhereText('pay', decision)).toBe(words);
  });
});
