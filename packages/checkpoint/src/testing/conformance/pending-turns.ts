import { expect, test } from 'vitest';
import type { PendingTurn } from '../../ledger.ts';
import { ledgerRow, turnCommit } from '../builders.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, leaving, type StoreSuite, tipOf } from './suite.ts';

/** The note of a turn, with every column a note has. */
function pendingTurn(id: string, given: Partial<PendingTurn> = {}): PendingTurn {
  const { family, model, startedAt, prefixFingerprint, prefixBlocks, systemHash, toolsHash, requestOptions, marks } =
    ledgerRow(id);
  const request = { family, model, startedAt, prefixFingerprint, prefixBlocks, systemHash, toolsHash };
  return { id, ...request, requestOptions, marks, ...given };
}

export function describePendingTurns({ store, open }: StoreSuite): void {
  const begin = async (turn: PendingTurn) =>
    store().beginTurn({ sessionId: 'a', expectedTip: await tipOf(store(), 'a'), turn });

  test('C3 the note of a turn is there in another store and after a close, and reads as it was written', async () => {
    const session = await createSession(store(), 'a');
    const turn = pendingTurn('lost', { prefixBlocks: null, requestOptions: '{"think":"low"}' });
    await begin(turn);
    await store().close();
    const reopened = await open();
    expect(await reopened.readPendingTurn('a')).toEqual(turn);
    expect(await reopened.readSession('a')).toEqual(session);
    expect(await reopened.readLedger('a')).toEqual([]);
  });

  test('a note keeps what was asked, and nothing else that the turn has', async () => {
    await createSession(store(), 'a');
    await begin(ledgerRow('turn-1'));
    expect(await store().readPendingTurn('a')).toEqual(pendingTurn('turn-1'));
  });

  test('a commit takes the note away, whichever turn it was of', async () => {
    await createSession(store(), 'a');
    await begin(pendingTurn('turn-1'));
    await commitTurns(store(), 'a', ['1']);
    expect(await store().readPendingTurn('a')).toBeUndefined();
    await begin(pendingTurn('turn-2'));
    await commitTurns(store(), 'a', ['3']);
    expect(await store().readPendingTurn('a')).toBeUndefined();
  });

  test('a commit that is refused leaves the note', async () => {
    const { tip } = await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    await begin(pendingTurn('turn-2'));
    const late = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '2' });
    await expectRefusal(store().commitTurn(late), 'checkpoint/tip-moved');
    expect(await store().readPendingTurn('a')).toEqual(pendingTurn('turn-2'));
  });

  test('a turn that is abandoned leaves no note and no row, and there need not be one', async () => {
    await createSession(store(), 'a');
    const before = await everythingIn(store(), 'a');
    await begin(pendingTurn('turn-1'));
    await store().abandonTurn({ sessionId: 'a' });
    await store().abandonTurn({ sessionId: 'a' });
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test('the next note replaces the one before it', async () => {
    await createSession(store(), 'a');
    await begin(pendingTurn('one', { model: 'small' }));
    await begin(pendingTurn('two', { model: 'large' }));
    expect(await store().readPendingTurn('a')).toEqual(pendingTurn('two', { model: 'large' }));
  });

  test('C2 a turn that begins at a tip that has moved leaves no note', async () => {
    const { tip: expectedTip } = await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    const late = store().beginTurn({ sessionId: 'a', expectedTip, turn: pendingTurn('turn-2') });
    await expectRefusal(late, 'checkpoint/tip-moved');
    expect(await store().readPendingTurn('a')).toBeUndefined();
  });

  test.each<[string, Partial<PendingTurn>]>([
    ['of a turn that is in the ledger', { id: 'turn-1' }],
    ['with a NUL', { marks: '\0' }],
    ['with a fractional time', { startedAt: 0.5 }],
  ])('a note %s is refused, and the one before it stays', async (_, given) => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    await begin(pendingTurn('turn-2'));
    await expectRefusal(begin(pendingTurn('turn-3', given)), 'checkpoint/invalid-write');
    expect(await store().readPendingTurn('a')).toEqual(pendingTurn('turn-2'));
  });

  test('a note is its session’s own: forks have none, and a rewind leaves it', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
    await begin(pendingTurn('turn-3'));
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    await store().rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 1 });
    expect(await store().readPendingTurn('fork')).toBeUndefined();
    expect(await store().readPendingTurn('a')).toEqual(pendingTurn('turn-3'));
  });
}
