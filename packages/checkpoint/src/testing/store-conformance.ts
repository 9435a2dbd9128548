import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CheckpointErrorCode } from '../errors.ts';
import type { SessionRecord } from '../session.ts';
import type { CheckpointStore, TurnCommit } from '../store.ts';
import { assistantEntry, ledgerRow, tokenColumns, turnCommit, userEntry } from './builders.ts';

/** Where a store under test keeps its data. It can be opened again, and more than once at the same time. */
export interface StorePlace {
  open(): CheckpointStore | Promise<CheckpointStore>;
  /** Takes the place away, after every store in it was closed. */
  remove(): void | Promise<void>;
}

/** The suite every store passes: the rules C1 to C5 of `store.ts` and every refusal the contract names. */
export function describeStoreConformance(name: string, createPlace: () => StorePlace | Promise<StorePlace>): void {
  describe(`${name} keeps the store contract`, () => {
    let place: StorePlace;
    let store: CheckpointStore;
    const opened: CheckpointStore[] = [];

    const open = async () => {
      const another = await place.open();
      opened.push(another);
      return another;
    };

    beforeEach(async () => {
      place = await createPlace();
      store = await open();
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((each) => each.close()));
      await place.remove();
    });

    describeSessions(() => store);
    describeAppends(() => store);
    describeCommits(() => store);
    describeForks(() => store);
    describeLifetime(() => store, open);
  });
}

/** Rejects unless the call was refused with this code. */
export async function expectRefusal(call: Promise<unknown>, code: CheckpointErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: 'CheckpointError', code });
}

const CREATED_AT = 1_760_000_000_000;

function createSession(store: CheckpointStore, id: string): Promise<SessionRecord> {
  return store.createSession({ id, createdAt: CREATED_AT });
}

async function everythingIn(store: CheckpointStore, sessionId: string): Promise<unknown> {
  return {
    session: await store.readSession(sessionId),
    entries: await store.readEntries(sessionId),
    turns: await store.readTurns(sessionId),
    snapshots: await store.readSnapshots(sessionId),
    last: await store.readLastSnapshot(sessionId),
  };
}

function describeSessions(current: () => CheckpointStore): void {
  test('a new session is empty and reads back as it was returned', async () => {
    const session = await createSession(current(), 'a');
    expect(session).toEqual({ id: 'a', tip: expect.any(String), forkedFrom: null, createdAt: CREATED_AT });
    expect(await everythingIn(current(), 'a')).toEqual({
      session,
      entries: [],
      turns: [],
      snapshots: [],
      last: undefined,
    });
  });

  test('a session id can be taken once', async () => {
    const session = await createSession(current(), 'a');
    await expectRefusal(current().createSession({ id: 'a', createdAt: 1 }), 'checkpoint/session-exists');
    expect(await current().readSession('a')).toEqual(session);
  });

  test('sessions are listed newest first, and of one millisecond the one created last comes first', async () => {
    await current().createSession({ id: 'middle', createdAt: 20 });
    await current().createSession({ id: 'new', createdAt: 30 });
    await current().createSession({ id: 'old', createdAt: 10 });
    await current().createSession({ id: 'newest', createdAt: 30 });
    const sessions = await current().listSessions();
    expect(sessions.map(({ id }) => id)).toEqual(['newest', 'new', 'middle', 'old']);
    expect(sessions[3]).toEqual(await current().readSession('old'));
  });

  test('a session that does not exist reads as undefined and refuses everything else', async () => {
    const nowhere = { sessionId: 'nowhere', expectedTip: 'sha256:00' };
    expect(await current().readSession('nowhere')).toBeUndefined();
    expect(await current().listSessions()).toEqual([]);
    const calls = [
      current().readEntries('nowhere'),
      current().readTurns('nowhere'),
      current().readSnapshots('nowhere'),
      current().readLastSnapshot('nowhere'),
      current().appendEntries({ ...nowhere, entries: [userEntry('hi')], at: 1 }),
      current().commitTurn(turnCommit(nowhere, { name: '1' })),
    ];
    await Promise.all(calls.map((call) => expectRefusal(call, 'checkpoint/session-missing')));
  });

  test('equal conversations of two sessions have entries of their own', async () => {
    const a = await createSession(current(), 'a');
    const b = await createSession(current(), 'b');
    expect(a.tip).not.toBe(b.tip);
    await current().appendEntries({ sessionId: 'a', expectedTip: a.tip, entries: [userEntry('hi')], at: 1 });
    await current().appendEntries({ sessionId: 'b', expectedTip: b.tip, entries: [userEntry('hi')], at: 2 });
    const [ofA] = await current().readEntries('a');
    const [ofB] = await current().readEntries('b');
    expect(ofA?.id).not.toBe(ofB?.id);
  });
}

function describeAppends(current: () => CheckpointStore): void {
  test('appended entries are read back in order, each after its parent', async () => {
    const { tip: root } = await createSession(current(), 'a');
    const first = [userEntry('one'), userEntry('two')];
    const { tip } = await current().appendEntries({ sessionId: 'a', expectedTip: root, entries: first, at: 5 });
    const last = await current().appendEntries({
      sessionId: 'a',
      expectedTip: tip,
      entries: [userEntry('three')],
      at: 6,
    });
    const entries = await current().readEntries('a');
    expect(entries.map(({ kind, payload }) => ({ kind, payload }))).toEqual([...first, userEntry('three')]);
    expect(entries.map(({ parent }) => parent)).toEqual([root, entries[0]?.id, entries[1]?.id]);
    expect(entries.map(({ createdAt }) => createdAt)).toEqual([5, 5, 6]);
    expect(entries[2]?.id).toBe(last.tip);
    expect((await current().readSession('a'))?.tip).toBe(last.tip);
  });

  test('a payload comes back to the byte', async () => {
    const payload = '{ "n": 12345678901234567890.10,\t"é": "e\u0301 \u{1F600} \\ud800 \u0000", "n": 1e400 }\n';
    const { tip } = await createSession(current(), 'a');
    await current().appendEntries({ sessionId: 'a', expectedTip: tip, entries: [{ kind: 'raw', payload }], at: 1 });
    expect((await current().readEntries('a')).map((entry) => entry.payload)).toEqual([payload]);
  });

  test('appending nothing leaves the tip where it is', async () => {
    const { tip } = await createSession(current(), 'a');
    expect(await current().appendEntries({ sessionId: 'a', expectedTip: tip, entries: [], at: 1 })).toEqual({ tip });
    expect(await current().readEntries('a')).toEqual([]);
  });

  test('C2 an append to a tip that has moved writes nothing', async () => {
    const { tip } = await createSession(current(), 'a');
    await current().appendEntries({ sessionId: 'a', expectedTip: tip, entries: [userEntry('first')], at: 1 });
    const before = await everythingIn(current(), 'a');
    const late = { sessionId: 'a', expectedTip: tip, entries: [userEntry('late')], at: 2 };
    await expectRefusal(current().appendEntries(late), 'checkpoint/tip-moved');
    expect(await everythingIn(current(), 'a')).toEqual(before);
  });

  test('an append of which one entry cannot be kept writes none of them', async () => {
    const { tip } = await createSession(current(), 'a');
    const entries = [userEntry('fine'), { kind: 'raw', payload: '"\ud800"' }];
    const broken = current().appendEntries({ sessionId: 'a', expectedTip: tip, entries, at: 1 });
    await expectRefusal(broken, 'checkpoint/invalid-write');
    expect(await current().readEntries('a')).toEqual([]);
  });
}

function describeCommits(current: () => CheckpointStore): void {
  test('C1 a turn is an entry, a ledger row and a snapshot, all at the new tip', async () => {
    const { tip: expectedTip } = await createSession(current(), 'a');
    const commit = turnCommit({ sessionId: 'a', expectedTip }, { name: '1' });
    const { tip, snapshot } = await current().commitTurn(commit);
    expect(snapshot).toEqual({ ...commit.snapshot, sessionId: 'a', entryId: tip, createdAt: commit.at });
    expect(await everythingIn(current(), 'a')).toMatchObject({
      session: { tip },
      entries: [{ ...commit.entry, id: tip, parent: expectedTip, createdAt: commit.at }],
      turns: [{ ...commit.turn, entryId: tip, sessionId: 'a' }],
      snapshots: [snapshot],
      last: snapshot,
    });
  });

  test('the counts and the cost of a turn come back exactly: not reported is not 0, unknown is not 0', async () => {
    const { tip: expectedTip } = await createSession(current(), 'a');
    const rows = [
      ledgerRow('turn-full', {
        tokens: tokenColumns({
          fresh: 0,
          cacheRead: 1,
          cacheWrite5m: 2,
          cacheWrite1h: 3,
          cacheWrite30m: 4,
          cacheWrite12h: 5,
          cacheWriteUnknown: 6,
          output: Number.MAX_SAFE_INTEGER,
          reasoning: 8,
        }),
        costPicoUsd: 2n ** 53n + 1n,
        firstTokenMs: 0.25,
        durationMs: 1.5,
      }),
      ledgerRow('turn-empty', {
        responseId: null,
        firstTokenMs: null,
        usageState: 'none',
        tokens: tokenColumns(),
        rawUsage: null,
        costPicoUsd: null,
      }),
      ledgerRow('turn-free', { usageState: 'partial', costPicoUsd: 0n }),
      ledgerRow('turn-dear', { costPicoUsd: 2n ** 63n - 1n }),
    ];
    let tip = expectedTip;
    for (const [index, turn] of rows.entries()) {
      const commit = turnCommit(
        { sessionId: 'a', expectedTip: tip },
        { name: `${index}`, turnNumber: index + 1, turn },
      );
      tip = (await current().commitTurn(commit)).tip;
    }
    const stored = await current().readTurns('a');
    expect(stored.map(({ entryId, sessionId, ...turn }) => turn)).toEqual(rows);
  });

  test('C2 a turn for a tip that has moved writes nothing', async () => {
    const { tip } = await createSession(current(), 'a');
    await current().commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
    const before = await everythingIn(current(), 'a');
    const late = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '2' });
    await expectRefusal(current().commitTurn(late), 'checkpoint/tip-moved');
    expect(await everythingIn(current(), 'a')).toEqual(before);
  });

  test.each<[string, { turn?: Partial<TurnCommit['turn']>; snapshotId?: string }]>([
    ['whose turn id is taken', { turn: ledgerRow('turn-1') }],
    ['whose snapshot id is taken', { snapshotId: 'snapshot-1' }],
    ['with a fractional count', { turn: { tokens: tokenColumns({ fresh: 0.5 }) } }],
    ['with a count that is not a number', { turn: { tokens: tokenColumns({ output: Number.NaN }) } }],
    ['with a cost beyond 64 bits', { turn: { costPicoUsd: 2n ** 63n } }],
  ])('C1 a commit %s writes nothing', async (_, { turn = {}, snapshotId = 'snapshot-2' }) => {
    const { tip: root } = await createSession(current(), 'a');
    const { tip } = await current().commitTurn(turnCommit({ sessionId: 'a', expectedTip: root }, { name: '1' }));
    const before = await everythingIn(current(), 'a');
    const commit = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '2', turnNumber: 2, turn });
    const broken = { ...commit, snapshot: { ...commit.snapshot, id: snapshotId } };
    await expectRefusal(current().commitTurn(broken), 'checkpoint/invalid-write');
    expect(await everythingIn(current(), 'a')).toEqual(before);
    // Nor does anything stay behind that the branch does not show: its ids are free.
    const mended = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '2', turnNumber: 2 });
    expect(await current().commitTurn(mended)).toMatchObject({ snapshot: { id: 'snapshot-2' } });
  });

  test('the last snapshot is that of the last turn, whatever came after it', async () => {
    let { tip } = await createSession(current(), 'a');
    for (const turnNumber of [1, 2]) {
      const commit = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: `${turnNumber}`, turnNumber });
      tip = (await current().commitTurn(commit)).tip;
    }
    const entries = [userEntry('and now?'), userEntry('hello?')];
    await current().appendEntries({ sessionId: 'a', expectedTip: tip, entries, at: 1 });
    expect(await current().readLastSnapshot('a')).toMatchObject({ id: 'snapshot-2', entryId: tip, turnCount: 2 });
    expect((await current().readSnapshots('a')).map(({ id }) => id)).toEqual(['snapshot-1', 'snapshot-2']);
  });
}

function describeForks(current: () => CheckpointStore): void {
  /** A session with two turns, and a fork of it at the first. */
  const forkedSession = async () => {
    let { tip } = await createSession(current(), 'origin');
    for (const turnNumber of [1, 2]) {
      const commit = turnCommit({ sessionId: 'origin', expectedTip: tip }, { name: `${turnNumber}`, turnNumber });
      tip = (await current().commitTurn(commit)).tip;
    }
    return current().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 7 });
  };

  const idsOf = async (sessionId: string) => ({
    entries: (await current().readEntries(sessionId)).map(({ payload }) => payload),
    turns: (await current().readTurns(sessionId)).map(({ id }) => id),
    snapshots: (await current().readSnapshots(sessionId)).map(({ id }) => id),
    last: (await current().readLastSnapshot(sessionId))?.id,
  });

  test('a fork begins with what its origin had at the snapshot, turns included', async () => {
    const fork = await forkedSession();
    const [first] = await current().readEntries('origin');
    const forkedFrom = { sessionId: 'origin', snapshotId: 'snapshot-1' };
    expect(fork).toEqual({ id: 'fork', tip: first?.id, forkedFrom, createdAt: 7 });
    expect(await current().readSession('fork')).toEqual(fork);
    expect(await current().readEntries('fork')).toEqual([first]);
    expect(await current().readTurns('fork')).toEqual((await current().readTurns('origin')).slice(0, 1));
    expect(await current().readLastSnapshot('fork')).toMatchObject({ id: 'snapshot-1', sessionId: 'origin' });
  });

  test('a fork and its origin go on without seeing each other', async () => {
    const { tip } = await forkedSession();
    const before = await everythingIn(current(), 'origin');
    const commit = turnCommit({ sessionId: 'fork', expectedTip: tip }, { name: 'fork', turnNumber: 3 });
    await current().commitTurn(commit);
    expect(await everythingIn(current(), 'origin')).toEqual(before);
    expect(await idsOf('fork')).toEqual({
      entries: [assistantEntry('answer 1').payload, assistantEntry('answer 3').payload],
      turns: ['turn-1', 'turn-fork'],
      snapshots: ['snapshot-1', 'snapshot-fork'],
      last: 'snapshot-fork',
    });
  });

  test('C5 two branches that got the same answer share its entry, and each has its own turn', async () => {
    const { tip } = await forkedSession();
    const commit = turnCommit({ sessionId: 'fork', expectedTip: tip }, { name: 'fork', turnNumber: 2 });
    const { tip: forkTip } = await current().commitTurn(commit);
    expect(forkTip).toBe((await current().readSession('origin'))?.tip);
    expect(await idsOf('origin')).toMatchObject({ turns: ['turn-1', 'turn-2'], last: 'snapshot-2' });
    expect(await idsOf('fork')).toMatchObject({ turns: ['turn-1', 'turn-fork'], last: 'snapshot-fork' });
    await current().forkSession({ id: 'of-origin', snapshotId: 'snapshot-2', createdAt: 8 });
    await current().forkSession({ id: 'of-fork', snapshotId: 'snapshot-fork', createdAt: 8 });
    expect(await idsOf('of-origin')).toEqual(await idsOf('origin'));
    expect(await idsOf('of-fork')).toEqual(await idsOf('fork'));
  });

  test('a fork of an inherited snapshot comes from the session that made it', async () => {
    await forkedSession();
    const again = await current().forkSession({ id: 'again', snapshotId: 'snapshot-1', createdAt: 8 });
    expect(again.forkedFrom).toEqual({ sessionId: 'origin', snapshotId: 'snapshot-1' });
    expect(await idsOf('again')).toEqual(await idsOf('fork'));
  });

  test('a fork needs a snapshot and a free id', async () => {
    await forkedSession();
    const missing = current().forkSession({ id: 'b', snapshotId: 'nowhere', createdAt: 1 });
    await expectRefusal(missing, 'checkpoint/snapshot-missing');
    expect(await current().readSession('b')).toBeUndefined();
    const taken = current().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    await expectRefusal(taken, 'checkpoint/session-exists');
  });
}

function describeLifetime(current: () => CheckpointStore, open: () => Promise<CheckpointStore>): void {
  test('C3 what was written is there after the store is closed and opened again', async () => {
    const { tip: expectedTip } = await createSession(current(), 'a');
    await current().commitTurn(turnCommit({ sessionId: 'a', expectedTip }, { name: '1' }));
    await current().forkSession({ id: 'b', snapshotId: 'snapshot-1', createdAt: 3 });
    const before = [await everythingIn(current(), 'a'), await everythingIn(current(), 'b')];
    await current().close();
    const reopened = await open();
    expect([await everythingIn(reopened, 'a'), await everythingIn(reopened, 'b')]).toEqual(before);
  });

  test('C2 of two writers that saw the same tip one wins, and the other is told', async () => {
    const { tip: expectedTip } = await createSession(current(), 'a');
    const other = await open();
    const outcomes = await Promise.allSettled([
      current().commitTurn(turnCommit({ sessionId: 'a', expectedTip }, { name: '1' })),
      other.commitTurn(turnCommit({ sessionId: 'a', expectedTip }, { name: '2' })),
    ]);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'checkpoint/tip-moved' } }]);
    const stored = await everythingIn(current(), 'a');
    expect(stored).toMatchObject({ entries: [{}], turns: [{}], snapshots: [{}] });
    expect(await everythingIn(other, 'a')).toEqual(stored);
  });

  test('a closed store refuses every call, and closes again without harm', async () => {
    const place = { sessionId: 'a', expectedTip: (await createSession(current(), 'a')).tip };
    await current().close();
    await current().close();
    const calls = [
      createSession(current(), 'b'),
      current().readSession('a'),
      current().listSessions(),
      current().forkSession({ id: 'b', snapshotId: 'snapshot-1', createdAt: 1 }),
      current().appendEntries({ ...place, entries: [], at: 1 }),
      current().commitTurn(turnCommit(place, { name: '1' })),
      current().readEntries('a'),
      current().readTurns('a'),
      current().readSnapshots('a'),
      current().readLastSnapshot('a'),
    ];
    await Promise.all(calls.map((call) => expectRefusal(call, 'checkpoint/closed')));
  });
}
