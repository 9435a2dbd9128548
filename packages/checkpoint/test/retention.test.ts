import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyRetention, type CheckpointStore, openMemoryStore } from '../src/index.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { growSessions, steps } from './support/grow-sessions.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = 1_800_000_000_000;

/** A session with so many turns, the last of which ended so long before now. Turn and snapshot 1 of it are `turn-<id>1`, `snapshot-<id>1`. */
async function sessionOf(store: CheckpointStore, id: string, { turns = 1, agoMs = 0 } = {}): Promise<void> {
  let { tip: expectedTip } = await store.createSession({ id, createdAt: NOW - agoMs - turns });
  for (let number = 1; number <= turns; number++) {
    const at = NOW - agoMs - turns + number;
    const commit = turnCommit({ sessionId: id, expectedTip }, { name: `${id}${number}`, turnNumber: number });
    expectedTip = (await store.commitTurn({ ...commit, at })).tip;
  }
}

async function snapshotsOf(store: CheckpointStore, id: string): Promise<readonly string[]> {
  return (await store.listSnapshots(id, { limit: 1000 })).items.map((snapshot) => snapshot.id);
}

async function sessionsIn(store: CheckpointStore): Promise<readonly string[]> {
  return (await store.listSessions({ limit: 1000 })).items.map(({ id }) => id).toSorted();
}

describe('retention (B-13, B-15)', () => {
  test('without a limit drops nothing', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { turns: 3, agoMs: 9000 * DAY_MS });
    expect(await applyRetention(store, { now: NOW })).toEqual({
      deletedSessions: [],
      deletedSnapshots: [],
      skipped: [],
    });
    expect(await snapshotsOf(store, 'a')).toHaveLength(3);
  });

  test('keeps the newest snapshots of each session, and its turns', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { turns: 5 });
    await sessionOf(store, 'b', { turns: 2 });
    const before = [await store.readEntries('a'), await store.readTurns('a'), await store.readLedger('a')];
    const report = await applyRetention(store, { now: NOW, keepSnapshots: 2 });
    expect(report).toEqual({
      deletedSessions: [],
      deletedSnapshots: ['snapshot-a3', 'snapshot-a2', 'snapshot-a1'],
      skipped: [],
    });
    expect(await snapshotsOf(store, 'a')).toEqual(['snapshot-a5', 'snapshot-a4']);
    expect(await snapshotsOf(store, 'b')).toHaveLength(2);
    expect([await store.readEntries('a'), await store.readTurns('a'), await store.readLedger('a')]).toEqual(before);
  });

  test('keeps the snapshot of every tip: its own, and that of a fork', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { turns: 4 });
    await store.forkSession({ id: 'fork', createdAt: NOW, snapshotId: 'snapshot-a2' });
    const report = await applyRetention(store, { now: NOW, keepSnapshots: 0 });
    expect(report.deletedSnapshots).toEqual(['snapshot-a3', 'snapshot-a1']);
    expect(await store.readLastSnapshot('a')).toMatchObject({ id: 'snapshot-a4' });
    expect(await store.readLastSnapshot('fork')).toMatchObject({ id: 'snapshot-a2' });
  });

  test('keeps the snapshot of a place that a fork left by a rewind and can go back to', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { turns: 4 });
    await store.forkSession({ id: 'fork', createdAt: NOW, snapshotId: 'snapshot-a2' });
    const { snapshot: leaving } = turnCommit({ sessionId: 'fork', expectedTip: '' }, { name: 'left' });
    await store.rewindSession({ sessionId: 'fork', snapshotId: 'snapshot-a1', leaving, at: NOW });
    const report = await applyRetention(store, { now: NOW, keepSnapshots: 1 });
    expect(report).toEqual({ deletedSessions: [], deletedSnapshots: ['snapshot-a3'], skipped: [] });
  });

  test('keeps what has a label, and counts a rewind’s snapshot as any other', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { turns: 4 });
    await store.labelSnapshot({ snapshotId: 'snapshot-a1', label: 'good' });
    const { snapshot: leaving } = turnCommit({ sessionId: 'a', expectedTip: '' }, { name: 'left' });
    await store.rewindSession({ sessionId: 'a', snapshotId: 'snapshot-a3', leaving, at: NOW });
    // Where the rewind left, the snapshot of turn 4 holds the counters.
    const kept = await applyRetention(store, { now: NOW, keepSnapshots: 1 });
    expect(kept.deletedSnapshots).toEqual(['snapshot-a2']);
    expect(await snapshotsOf(store, 'a')).toEqual(['snapshot-left', 'snapshot-a4', 'snapshot-a3', 'snapshot-a1']);
    const gone = await applyRetention(store, { now: NOW, keepSnapshots: 0 });
    expect(gone.deletedSnapshots).toEqual(['snapshot-left', 'snapshot-a4']);
  });

  test('deletes sessions whose tip was moved longer ago than the limit, to the millisecond', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'old', { agoMs: 30 * DAY_MS + 1 });
    await sessionOf(store, 'young', { agoMs: 30 * DAY_MS });
    // What was made long ago and used lately is not old.
    await sessionOf(store, 'used', { agoMs: 90 * DAY_MS });
    const { tip } = (await store.readSession('used')) ?? { tip: '' };
    await store.appendEntries({ sessionId: 'used', expectedTip: tip, entries: [userEntry('hi')], at: NOW });
    const report = await applyRetention(store, { now: NOW, deleteSessionsOlderThanMs: 30 * DAY_MS });
    expect(report).toEqual({ deletedSessions: ['old'], deletedSnapshots: [], skipped: [] });
    expect(await sessionsIn(store)).toEqual(['used', 'young']);
  });

  test('keeps an old session that people named a snapshot of, and says so', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { turns: 3, agoMs: 90 * DAY_MS });
    await store.labelSnapshot({ snapshotId: 'snapshot-a2', label: 'keep' });
    const report = await applyRetention(store, { now: NOW, deleteSessionsOlderThanMs: DAY_MS, keepSnapshots: 0 });
    expect(report).toEqual({
      deletedSessions: [],
      deletedSnapshots: [],
      skipped: [{ sessionId: 'a', reason: 'labelled' }],
    });
  });

  test('leaves a session that somebody holds as it is, and says so', async () => {
    const store = openMemoryStore({ clock: () => NOW });
    await sessionOf(store, 'old', { agoMs: 90 * DAY_MS });
    await sessionOf(store, 'long', { turns: 3 });
    for (const sessionId of ['old', 'long']) await store.acquireLease({ sessionId, holder: 'worker', ttlMs: 1000 });
    const policy = { now: NOW, keepSnapshots: 1, deleteSessionsOlderThanMs: DAY_MS };
    const skipped = [
      { sessionId: 'long', reason: 'in-use' },
      { sessionId: 'old', reason: 'in-use' },
    ];
    for (const dryRun of [true, false]) {
      expect(await applyRetention(store, { ...policy, dryRun })).toEqual({
        deletedSessions: [],
        deletedSnapshots: [],
        skipped,
      });
    }
    expect(await sessionsIn(store)).toEqual(['long', 'old']);
    expect(await snapshotsOf(store, 'long')).toHaveLength(3);
  });

  test('leaves a session as it is that was asked for a run which has not ended, and says so', async () => {
    const store = openMemoryStore({ clock: () => NOW });
    for (const id of ['waiting', 'going', 'ended']) {
      await sessionOf(store, id, { agoMs: 90 * DAY_MS });
      await store.createRun({ id, sessionId: id, request: '{}', at: NOW });
    }
    await store.takeUpRun({ runId: 'going', holder: 'worker', at: NOW });
    const end = { outcome: '{}' };
    await store.appendRunEvents([{ runId: 'ended', attempt: 0, after: 0, events: [], end, at: NOW }]);
    for (const dryRun of [true, false]) {
      expect(await applyRetention(store, { now: NOW, deleteSessionsOlderThanMs: DAY_MS, dryRun })).toMatchObject({
        deletedSessions: ['ended'],
        skipped: [{ reason: 'in-use' }, { reason: 'in-use' }],
      });
    }
    expect(await sessionsIn(store)).toEqual(['going', 'waiting']);
  });

  test('a session that goes on after it was found old is not deleted', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { agoMs: 90 * DAY_MS });
    const meanwhile: CheckpointStore = {
      ...store,
      acquireLease: async (request) => {
        const { tip } = (await store.readSession('a')) ?? { tip: '' };
        await store.appendEntries({ sessionId: 'a', expectedTip: tip, entries: [userEntry('still here')], at: NOW });
        return store.acquireLease(request);
      },
    };
    const report = await applyRetention(meanwhile, { now: NOW, deleteSessionsOlderThanMs: DAY_MS });
    expect(report.skipped).toEqual([{ sessionId: 'a', reason: 'in-use' }]);
    expect(await store.readEntries('a')).toHaveLength(2);
    // Nor is it held by what looked at it.
    await store.acquireLease({ sessionId: 'a', holder: 'worker', ttlMs: 1000 });
  });

  test('a dry run says what a run does, and does nothing', async () => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { turns: 5 });
    await sessionOf(store, 'b', { turns: 5, agoMs: 90 * DAY_MS });
    await store.forkSession({ id: 'fork', createdAt: NOW, snapshotId: 'snapshot-a2' });
    const policy = { now: NOW, keepSnapshots: 1, deleteSessionsOlderThanMs: DAY_MS };
    const forecast = await applyRetention(store, { ...policy, dryRun: true });
    expect(await sessionsIn(store)).toEqual(['a', 'b', 'fork']);
    expect(await snapshotsOf(store, 'a')).toHaveLength(5);
    expect(await applyRetention(store, policy)).toEqual(forecast);
    expect(forecast.deletedSnapshots).toEqual(['snapshot-a4', 'snapshot-a3', 'snapshot-a1']);
    expect(await applyRetention(store, policy)).toEqual({ deletedSessions: [], deletedSnapshots: [], skipped: [] });
  });

  test('of any store keeps what it promises, and whatever it drops leaves every session as it was', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(4), async (history, keepSnapshots) => {
        const store = openMemoryStore();
        const ids = await growSessions(store, history);
        const factsOf = async (id: string) => [
          await store.readEntries(id),
          await store.readTurns(id),
          await store.readLedger(id),
          await store.readLastSnapshot(id),
        ];
        const before = await Promise.all(ids.map(factsOf));
        const listed = await Promise.all(ids.map(async (id) => (await store.listSnapshots(id)).items));
        const forecast = await applyRetention(store, { now: NOW, keepSnapshots, dryRun: true });
        const report = await applyRetention(store, { now: NOW, keepSnapshots });
        expect(report).toEqual(forecast);
        // Nobody uses a session here: had the policy asked for what a store refuses, the session would have been skipped.
        expect(report.skipped).toEqual([]);
        expect(await Promise.all(ids.map(factsOf))).toEqual(before);
        for (const [index, id] of ids.entries()) {
          const kept = await snapshotsOf(store, id);
          for (const [place, snapshot] of (listed[index] ?? []).entries()) {
            if (place < keepSnapshots || snapshot.label !== null) expect(kept).toContain(snapshot.id);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('reads a large store page by page', async () => {
    const store = openMemoryStore();
    for (let number = 0; number < 250; number++) {
      await sessionOf(store, `old ${number}`, { agoMs: 90 * DAY_MS + number });
    }
    await sessionOf(store, 'long', { turns: 450 });
    const sizes: number[] = [];
    const watched: CheckpointStore = {
      ...store,
      listSessions: async (query) => measured(await store.listSessions(query), sizes),
      listSnapshots: async (id, query) => measured(await store.listSnapshots(id, query), sizes),
    };
    const policy = { now: NOW, keepSnapshots: 10, deleteSessionsOlderThanMs: DAY_MS };
    const report = await applyRetention(watched, policy);
    expect(report.deletedSessions).toHaveLength(250);
    expect(report.deletedSnapshots).toHaveLength(440);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
    expect(await sessionsIn(store)).toEqual(['long']);
  });

  test.each([
    { keepSnapshots: -1 },
    { keepSnapshots: 1.5 },
    { deleteSessionsOlderThanMs: Number.NaN },
    { deleteSessionsOlderThanMs: Number.POSITIVE_INFINITY },
  ])('a policy that is none is refused: %o', async (policy) => {
    const store = openMemoryStore();
    await sessionOf(store, 'a', { turns: 3, agoMs: 90 * DAY_MS });
    await expect(applyRetention(store, { now: NOW, ...policy })).rejects.toMatchObject({
      code: 'checkpoint/invalid-write',
    });
    expect(await snapshotsOf(store, 'a')).toHaveLength(3);
  });
});

function measured<List extends { readonly items: readonly unknown[] }>(page: List, sizes: number[]): List {
  sizes.push(page.items.length);
  return page;
}
