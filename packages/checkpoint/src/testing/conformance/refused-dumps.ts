import { expect, test } from 'vitest';
import { hashEntry, rootEntry } from '../../entry-hash.ts';
import type { TurnRow } from '../../ledger.ts';
import { hashTurn } from '../../row-hash.ts';
import type { SessionDump } from '../../session-dump.ts';
import { turnCommit } from '../builders.ts';
import { createRichSession, textBlob } from './rich-session.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, type StoreSuite } from './suite.ts';

type Change = (dump: SessionDump) => SessionDump;

/** Changes one record of a list. */
function changed<List extends 'entries' | 'turns' | 'snapshots' | 'toolCalls' | 'fileBackups' | 'blobs'>(
  list: List,
  index: number,
  change: Partial<SessionDump[List][number]>,
): Change {
  return (dump) => ({ ...dump, [list]: dump[list].map((item, at) => (at === index ? { ...item, ...change } : item)) });
}

function without(list: 'entries' | 'turns' | 'snapshots' | 'blobs', index: number): Change {
  return (dump) => ({ ...dump, [list]: dump[list].filter((_, at) => at !== index) });
}

function ofSession(change: Partial<SessionDump['session']>): Change {
  return (dump) => ({ ...dump, session: { ...dump.session, ...change } });
}

/** The turns again with hashes that fit, after this change of one of them. */
function rehashed(index: number, change: Partial<TurnRow>): Change {
  return (dump) => {
    const turns: TurnRow[] = [];
    for (const [at, turn] of dump.turns.entries()) {
      const row = at === index ? { ...turn, ...change } : turn;
      const parent = turns.find(({ id }) => id === row.parentId);
      turns.push({ ...row, hash: hashTurn(row, parent?.hash ?? null) });
    }
    return { ...dump, turns };
  };
}

const contradictions: Readonly<Record<string, Change>> = {
  'an entry that says something else': changed('entries', 1, { payload: '{"text":"other"}' }),
  'an entry that is missing': without('entries', 1),
  'an entry of another kind': changed('entries', 2, { kind: 'other' }),
  'a turn with other counts': changed('turns', 0, { durationMs: 1 }),
  'a turn that is missing': without('turns', 1),
  'a ledger with a gap': rehashed(2, { ordinal: 7 }),
  'a turn at an entry that is missing': rehashed(2, { entryId: 'sha256:00' }),
  'a turn twice': (dump) => ({ ...dump, turns: [...dump.turns, ...dump.turns.slice(0, 1)] }),
  'turns in the wrong order': (dump) => ({ ...dump, turns: dump.turns.toReversed() }),
  'a snapshot of a turn that is missing': changed('snapshots', 0, { turnId: 'nowhere' }),
  'a snapshot at an entry that is missing': changed('snapshots', 0, { entryId: 'sha256:00' }),
  'a snapshot twice': (dump) => ({ ...dump, snapshots: [...dump.snapshots, ...dump.snapshots.slice(0, 1)] }),
  'a tool call of a turn that is missing': changed('toolCalls', 0, { turnId: 'nowhere' }),
  'a backup for a snapshot that is missing': changed('fileBackups', 0, { snapshotId: 'nowhere' }),
  'bytes that are others than their hash says': changed('blobs', 0, { bytes: new Uint8Array([1]) }),
  'bytes that are missing': without('blobs', 0),
  'bytes that nothing names': (dump) => ({ ...dump, blobs: [...dump.blobs, textBlob('nobody')] }),
  'a tip that is missing': ofSession({ tip: 'sha256:00' }),
  'a last turn that is missing': ofSession({ tipTurn: 'nowhere' }),
  'a last turn of another branch': ofSession({ tipTurn: 'turn-2' }),
  'half a count': changed('snapshots', 0, { turnCount: 0.5 }),
  'a NUL in a label': changed('snapshots', 0, { label: '\0' }),
  'a NUL in an outcome': changed('toolCalls', 0, { outcome: '\0' }),
  'half a character in its metadata': ofSession({ metadata: '\ud800' }),
  'a time that is none': ofSession({ updatedAt: -1 }),
  'the place another session was rewound from': changed('snapshots', 2, { sessionId: 'other' }),
};

export function describeRefusedDumps({ store, elsewhere }: StoreSuite): void {
  test('a dump that contradicts itself, or cannot be kept, is refused, and nothing of it is written', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('a');
    const other = await elsewhere();
    for (const [what, change] of Object.entries(contradictions)) {
      await expectRefusal(other.restoreSession(change(dump)), 'checkpoint/invalid-import', what);
      expect(await other.readSession('a'), what).toBeUndefined();
      expect(await other.readSnapshot('snapshot-1'), what).toBeUndefined();
      for (const { hash } of dump.blobs) await expectRefusal(other.readBlobs([hash]), 'checkpoint/blob-missing', what);
    }
    // Nor is anything of them in the way of the whole one.
    await other.restoreSession(dump);
    expect(await other.dumpSession('a')).toEqual(dump);
  });

  /** Restores this dump of `fork` beside what is here, which is left as it was. */
  const expectDisagreement = async (dump: SessionDump, here: string) => {
    const before = await everythingIn(store(), here);
    await expectRefusal(store().restoreSession(dump), 'checkpoint/invalid-import');
    expect(await everythingIn(store(), here)).toEqual(before);
    expect(await store().readSession(dump.session.id)).toBeUndefined();
  };

  test('a dump is refused whose turn is another here', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('fork');
    await store().deleteSession({ sessionId: 'fork' });
    await expectDisagreement(rehashed(1, { costPicoUsd: 5n })(dump), 'a');
  });

  test('a dump is refused whose snapshot is another here', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('fork');
    await store().deleteSession({ sessionId: 'fork' });
    await expectDisagreement(changed('snapshots', 1, { turnCount: 70 })(dump), 'a');
  });

  test('a dump is refused whose tool call is another here', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('fork');
    await store().deleteSession({ sessionId: 'fork' });
    await expectDisagreement(changed('toolCalls', 1, { idempotencyKey: 'other' })(dump), 'a');
  });

  test('a dump is refused that gives a session here a turn it did not commit', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('late');
    const other = await elsewhere();
    await createSession(other, 'a');
    await expectRefusal(other.restoreSession(dump), 'checkpoint/invalid-import');
    expect(await other.readLedger('a')).toEqual([]);
    await commitTurns(other, 'a', ['another']);
    await expectRefusal(other.restoreSession(dump), 'checkpoint/invalid-import');
    expect(await other.readLedger('a')).toHaveLength(1);
  });

  test('a dump is refused that lacks a turn which a fork here has from its session', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    const old = await store().dumpSession('a');
    await commitTurns(store(), 'a', ['2']);
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    const dump = await store().dumpSession('a');
    await store().deleteSession({ sessionId: 'a' });
    await expectDisagreement(old, 'fork');
    await store().restoreSession(dump);
    expect(await store().dumpSession('a')).toEqual(dump);
  });

  test('a dump is refused whose turn has the number of another one here, though that one’s session is gone', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('fork');
    const other = await elsewhere();
    await createSession(other, 'a');
    await commitTurns(other, 'a', ['another']);
    await other.forkSession({ id: 'keeper', snapshotId: 'snapshot-another', createdAt: 1 });
    await other.deleteSession({ sessionId: 'a' });
    await expectRefusal(other.restoreSession(dump), 'checkpoint/invalid-import');
    expect((await other.readTurns('keeper')).map(({ id }) => id)).toEqual(['turn-another']);
  });

  test('a session whose id was never one of ours is restored like any other', async () => {
    const { tip } = await createSession(store(), 'a');
    await store().commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
    const dump = await store().dumpSession('a');
    expect(dump.entries[0]?.id).toBe(hashEntry(null, rootEntry('a')));
    const renamed = {
      ...dump,
      session: { ...dump.session, id: 'copy' },
      snapshots: [],
    };
    const other = await elsewhere();
    await other.restoreSession(renamed);
    expect((await other.readTurns('copy')).map(({ sessionId }) => sessionId)).toEqual(['a']);
    expect(await other.readLedger('copy')).toEqual([]);
  });
}
