import { describe, expect, test } from 'vitest';
import { type Blob, hashBlob } from '../../blob.ts';
import type { CheckpointErrorCode } from '../../errors.ts';
import type { RanToolCall } from '../../tool-call.ts';
import type { Append } from '../../writes.ts';
import { pendingTurn, userEntry } from '../builders.ts';
import { toolIntent } from './every-call.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, type StoreSuite, tipOf } from './suite.ts';

/** A call that ran without an intent. */
function ranCall(turnId: string, position: number, given: Partial<RanToolCall> = {}): RanToolCall {
  const { sessionId, ...start } = toolIntent(turnId, position);
  return { ...start, effect: 'pure', outcome: `"outcome ${position}"`, finishedAt: 20, ...given };
}

/** The record of one that was noted for the first time. */
function recordOf(ran: RanToolCall) {
  return { ...ran, sessionId: 'a', attempts: 1 };
}

const system: Blob = (() => {
  const bytes = new TextEncoder().encode('a system prompt');
  return { hash: hashBlob(bytes), bytes };
})();

export function describeRounds({ store, open }: StoreSuite): void {
  const sessionWithTurn = async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
  };
  const append = async (given: Partial<Append>, sessionId = 'a') => {
    const expectedTip = await tipOf(store(), sessionId);
    return store().appendEntries({ sessionId, expectedTip, entries: [], at: 30, ...given });
  };
  const callsOfTurn = () => store().readToolCalls('turn-2');

  test('C3 what tools gave, the entry of their results and the note of the next call are there in another store', async () => {
    await sessionWithTurn();
    const calls = [ranCall('turn-2', 0), ranCall('turn-2', 1, { effect: 'idempotent', outcome: '{ "é": 1e400 }' })];
    const turn = pendingTurn('turn-3', { systemHash: system.hash });
    const { tip } = await append({ entries: [userEntry('results')], ranCalls: calls, turn, blobs: [system] });
    const other = await open();
    expect(await other.readToolCalls('turn-2')).toEqual(calls.map(recordOf));
    expect((await other.readEntries('a')).at(-1)).toMatchObject({ id: tip, ...userEntry('results') });
    expect(await other.readPendingTurn('a')).toEqual(turn);
    expect((await other.readBlobs([system.hash])).get(system.hash)).toEqual(system.bytes);
    expect(await other.readSession('a')).toMatchObject({ tip, tipTurn: 'turn-2', updatedAt: 30 });
  });

  test('without entries the tip stays, and the session is not updated', async () => {
    await sessionWithTurn();
    const before = await store().readSession('a');
    expect(await append({ ranCalls: [ranCall('turn-2', 0)] })).toEqual({ tip: before?.tip });
    expect(await append({ turn: pendingTurn('turn-3') })).toEqual({ tip: before?.tip });
    expect(await store().readSession('a')).toEqual(before);
    expect(await callsOfTurn()).toEqual([recordOf(ranCall('turn-2', 0))]);
    expect(await store().readPendingTurn('a')).toEqual(pendingTurn('turn-3'));
  });

  test('the note replaces the one before it, and a commit takes it away', async () => {
    await sessionWithTurn();
    await append({ turn: pendingTurn('turn-3') });
    await append({ entries: [userEntry('results')], turn: pendingTurn('turn-4') });
    expect(await store().readPendingTurn('a')).toEqual(pendingTurn('turn-4'));
    await commitTurns(store(), 'a', ['4']);
    expect(await store().readPendingTurn('a')).toBeUndefined();
  });

  test.each(['pure', 'idempotent'] as const)(
    'I5 a call of effect %s that was started has one more attempt, and the outcome (N-10)',
    async (effect) => {
      await sessionWithTurn();
      await store().startToolCall({ ...toolIntent('turn-2', 0, effect), startedAt: 5 });
      await append({ ranCalls: [ranCall('turn-2', 0, { effect })] });
      expect(await callsOfTurn()).toEqual([{ ...recordOf(ranCall('turn-2', 0, { effect })), attempts: 2 }]);
    },
  );

  test('the first outcome of a call stays, and so does the first of one append', async () => {
    await sessionWithTurn();
    await store().startToolCall(toolIntent('turn-2', 0, 'effect'));
    const outcome = { sessionId: 'a', turnId: 'turn-2', position: 0, outcome: '"first"', at: 11 };
    const first = await store().finishToolCall(outcome);
    const twice = [ranCall('turn-2', 1, { outcome: '"one"' }), ranCall('turn-2', 1, { outcome: '"two"' })];
    await append({ ranCalls: [ranCall('turn-2', 0), ...twice] });
    await append({ ranCalls: [ranCall('turn-2', 1, { outcome: '"three"' })] });
    expect(await callsOfTurn()).toEqual([first, recordOf(ranCall('turn-2', 1, { outcome: '"one"' }))]);
  });

  test('I5 a call that has its outcome here never starts again (N-10)', async () => {
    await sessionWithTurn();
    await append({ ranCalls: [ranCall('turn-2', 0)] });
    await expectRefusal(store().startToolCall(toolIntent('turn-2', 0)), 'checkpoint/tool-call-started');
  });

  test('a fork’s call of a turn that it shares is the fork’s, and known to its origin', async () => {
    await sessionWithTurn();
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    await append({ ranCalls: [ranCall('turn-2', 0)] }, 'fork');
    expect(await callsOfTurn()).toEqual([{ ...recordOf(ranCall('turn-2', 0)), sessionId: 'fork' }]);
  });

  describe('C1 is refused whole', () => {
    const effect = { effect: 'effect' } as unknown as Partial<RanToolCall>;
    const unnamed = pendingTurn('turn-3', { systemHash: system.hash });
    test.each<[string, Partial<Append>, CheckpointErrorCode]>([
      ['for a call of no turn', { ranCalls: [ranCall('nowhere', 0)] }, 'checkpoint/turn-missing'],
      ['for a call that cannot be kept', { ranCalls: [ranCall('turn-2', 0.5)] }, 'checkpoint/invalid-write'],
      [
        'for an outcome with a NUL',
        { ranCalls: [ranCall('turn-2', 3, { outcome: '\0' })] },
        'checkpoint/invalid-write',
      ],
      ['for a call that must not run twice', { ranCalls: [ranCall('turn-2', 3, effect)] }, 'checkpoint/invalid-write'],
      ['where such a one was started', { ranCalls: [ranCall('turn-2', 9)] }, 'checkpoint/tool-call-started'],
      ['for the note of a turn that is in the ledger', { turn: pendingTurn('turn-1') }, 'checkpoint/invalid-write'],
      ['for a note with a NUL', { turn: { ...pendingTurn('turn-3'), marks: '\0' } }, 'checkpoint/invalid-write'],
      ['for a note that names bytes that nobody has', { turn: unnamed }, 'checkpoint/blob-missing'],
      [
        'for an entry with a NUL',
        { entries: [userEntry('fine'), { kind: '\0', payload: '1' }] },
        'checkpoint/invalid-write',
      ],
      ['at a tip that has moved', { expectedTip: 'sha256:00' }, 'checkpoint/tip-moved'],
    ])('%s', async (_, given, code) => {
      await sessionWithTurn();
      await store().startToolCall(toolIntent('turn-2', 9, 'effect'));
      await append({ turn: pendingTurn('turn-before') });
      const before = await everythingIn(store(), 'a');
      const whole = { entries: [userEntry('results')], ranCalls: [ranCall('turn-2', 0)], turn: pendingTurn('turn-3') };
      const ranCalls = [...whole.ranCalls, ...(given.ranCalls ?? [])];
      await expectRefusal(append({ ...whole, ...given, ranCalls }), code);
      expect(await everythingIn(store(), 'a')).toEqual(before);
    });
  });
}
