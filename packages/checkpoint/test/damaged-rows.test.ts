import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CheckpointStore, hashBlob, openSqliteStore } from '../src/index.ts';
import { expectRefusal } from '../src/testing/store-conformance.ts';
import { spoilPage, tamper, tamperPastIndex, tamperPastTypes } from './support/tamper.ts';
import { tempStorePath } from './support/temp-folder.ts';

/** A copy of a store with something in every table. */
function storePath(): string {
  const path = tempStorePath();
  copyFileSync(join(import.meta.dirname, 'fixtures', 'sqlite-format-3.db'), path);
  return path;
}

const startAgain = (store: CheckpointStore, position: number) =>
  store.startToolCall({
    ...{ sessionId: 'empty', turnId: 'turn-2', position, toolCallId: 'c', toolName: 'send', effect: 'effect' },
    ...{ idempotencyKey: 'k', startedAt: 1 },
  });

const TAKING = { holder: 'me', at: 1 };

interface Case {
  readonly what: string;
  readonly damage: (path: string) => void;
  /** The calls that need what is damaged. */
  readonly calls: readonly ((store: CheckpointStore) => Promise<unknown>)[];
  readonly says: RegExp;
}

const sql = (text: string) => (path: string) => tamper(path, text);
const past = (index: string, text: string) => (path: string) => tamperPastIndex(path, index, text);

const lost: readonly Case[] = [
  {
    what: 'a session in one of its indexes',
    damage: past('sessions_again', "UPDATE sessions SET id = 'other' WHERE id = 'empty'"),
    calls: [(store) => store.readSession('empty'), (store) => store.createSession({ id: 'empty', createdAt: 1 })],
    says: /session 'empty' is missing from an index/,
  },
  {
    what: 'a session in the index of the list',
    damage: past('sessions_by_time', "UPDATE sessions SET created_at = 0 WHERE id = 'empty'"),
    calls: [(store) => store.listSessions(), (store) => store.deleteSession({ sessionId: 'fork' })],
    says: /the table of sessions and its indexes contradict each other/,
  },
  {
    what: 'the snapshot of a turn',
    damage: sql("DELETE FROM snapshots WHERE id = 'snapshot-5'"),
    calls: [(store) => store.readSnapshots('a'), (store) => store.readLastSnapshot('a')],
    says: /the snapshot of turn 'turn-5' is missing/,
  },
  {
    what: 'the snapshot of a rewind',
    damage: sql("DELETE FROM snapshots WHERE id = 'snapshot-left'"),
    calls: [(store) => store.listSnapshots('a'), (store) => store.dumpSession('a')],
    says: /session 'a' made 4 snapshots that it keeps, and 3 are left/,
  },
  {
    what: 'a snapshot in the index of its session',
    damage: (path) => {
      tamper(path, "UPDATE snapshots SET session_id = 'fork' WHERE id = 'snapshot-1'");
      tamperPastIndex(path, 'snapshots_of_session', "UPDATE snapshots SET session_id = 'a' WHERE id = 'snapshot-1'");
    },
    calls: [(store) => store.listSnapshots('a'), (store) => store.dumpSession('a')],
    says: /session 'a' made 4 snapshots that it keeps, and 3 are left/,
  },
  {
    what: 'the last turn',
    damage: sql("DELETE FROM turns WHERE id = 'turn-5'"),
    calls: [(store) => store.readTurns('a'), (store) => store.readLastTurn('a'), (store) => store.readLedger('a')],
    says: /session 'a' is not what it was/,
  },
  {
    what: 'a turn that was rewound from',
    damage: sql("DELETE FROM turns WHERE id = 'turn-2'"),
    calls: [(store) => store.readLedger('a'), (store) => store.dumpSession('a')],
    says: /turn 2 of the ledger of session 'a' is missing|place that snapshot '.*' names is missing/,
  },
  {
    what: 'a turn that a fork has inherited',
    damage: sql("DELETE FROM turns WHERE id = 'turn-2'"),
    calls: [(store) => store.readTurns('fork'), (store) => store.readSnapshots('fork')],
    says: /turn 'turn-3' of (session 'fork'|entry .*) (has lost the turn before it|is not what it was)/,
  },
  {
    what: 'a tool call',
    damage: past('tool_calls_again', 'DELETE FROM tool_calls WHERE position = 1'),
    calls: [(store) => store.readToolCalls('turn-2'), (store) => startAgain(store, 1)],
    says: /a tool call of turn 'turn-2' is missing/,
  },
  {
    what: 'the note of a turn',
    damage: past('pending_turns_of_session', 'DELETE FROM pending_turns'),
    calls: [(store) => store.readPendingTurn('a'), (store) => store.readPendingTurn('fork')],
    says: /the table of pending turns and its index contradict each other|malformed/,
  },
  {
    what: 'a lease',
    damage: sql('DELETE FROM leases WHERE fence = 0'),
    calls: [(store) => store.acquireLease({ sessionId: 'empty', holder: 'me', ttlMs: 1 })],
    says: /the lease of session 'empty' is missing/,
  },
  {
    what: 'a file backup',
    damage: past('file_backups_of_snapshot', "DELETE FROM file_backups WHERE path = 'new.ts'"),
    calls: [(store) => store.readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1' })],
    says: /a file backup of session 'a' is missing/,
  },
  {
    what: 'a run in one of its indexes',
    damage: past('runs_again', "UPDATE runs SET id = 'other' WHERE id = 'run-waiting'"),
    calls: [
      (store) => store.readRun('run-waiting'),
      (store) => store.createRun({ id: 'run-waiting', sessionId: 'a', request: '{}', at: 1 }),
      (store) => store.appendRunEvents([{ runId: 'run-waiting', attempt: 0, after: 0, events: ['1'], at: 1 }]),
    ],
    says: /run 'run-waiting' is missing from an index/,
  },
  {
    what: 'a run that waits in the index of those',
    damage: past('runs_not_ended', "UPDATE runs SET created_at = 0 WHERE id = 'run-waiting'"),
    calls: [
      (store) => store.listRuns({ states: ['waiting'] }),
      (store) => store.countRuns(),
      (store) => store.deleteSession({ sessionId: 'empty' }),
      (store) => store.deleteRuns({ endedBefore: 1000 }),
    ],
    says: /the table of runs and its indexes contradict each other/,
  },
  {
    what: 'the session of a run',
    damage: sql("UPDATE runs SET session_id = 'nobody' WHERE id = 'run-waiting'"),
    calls: [(store) => store.readRun('run-waiting'), (store) => store.takeUpRun({ ...TAKING, runId: 'run-waiting' })],
    says: /run 'run-waiting' is not what it was/,
  },
  {
    what: 'what a run was asked for',
    damage: sql('DELETE FROM run_requests'),
    calls: [(store) => store.readRun('run-waiting'), (store) => store.listRuns()],
    says: /the request of run 'run-(waiting|going)' is missing/,
  },
  {
    what: 'the first events of a run',
    damage: sql('DELETE FROM run_events WHERE first_event = 1'),
    calls: [(store) => store.readRunEvents('run-ended'), (store) => store.readRunEvents('run-going', { limit: 1 })],
    says: /event 1 of run 'run-(ended|going)' is missing/,
  },
  {
    what: 'the last events of a run',
    damage: sql('DELETE FROM run_events WHERE first_event <> 1'),
    calls: [(store) => store.readRunEvents('run-ended'), (store) => store.readRunEvents('run-going', { after: 3 })],
    says: /event (3|4) of run 'run-(ended|going)' is missing/,
  },
  {
    what: 'a blob that an entry names',
    damage: sql('DELETE FROM entry_blobs'),
    calls: [(store) => store.dumpSession('a')],
    says: /a blob that entry sha256:[0-9a-f]+ names is missing/,
  },
];

const changed: readonly Case[] = [
  {
    what: 'the metadata of a session',
    damage: sql("UPDATE sessions SET metadata = '{}' WHERE id = 'a'"),
    calls: [(store) => store.readSession('a'), (store) => store.listSessions()],
    says: /session 'a' is not what it was/,
  },
  {
    what: 'the tree of a session',
    damage: sql("UPDATE sessions SET root = tip WHERE id = 'fork'"),
    calls: [(store) => store.readEntries('fork'), (store) => store.dumpSession('fork')],
    says: /session 'fork' is not in the tree that it names/,
  },
  {
    what: 'the fence of a lease',
    damage: sql('UPDATE leases SET fence = 9'),
    calls: [(store) => store.readLease('a'), (store) => store.requestInterrupt('a')],
    says: /the lease of session 'a' is not what it was/,
  },
  {
    what: 'the counts of a turn',
    damage: sql("UPDATE turns SET cache_read = 0 WHERE id = 'turn-1'"),
    calls: [(store) => store.readTurns('a'), (store) => store.readLedger('a'), (store) => store.readTurns('fork')],
    says: /turn 'turn-1' of entry sha256:[0-9a-f]+ is not what it was/,
  },
  {
    what: 'the kind of a number',
    damage: (path) => tamperPastTypes(path, 'turns', "UPDATE turns SET cost_pico_usd = 'x' WHERE id = 'turn-1'"),
    calls: [(store) => store.readTurns('a'), (store) => store.readLedger('a')],
    says: /turn 'turn-1' of entry sha256:[0-9a-f]+ has no number for its cost/,
  },
  {
    what: 'the label of a snapshot',
    damage: sql("UPDATE snapshots SET label = 'x' WHERE id = 'snapshot-5'"),
    calls: [(store) => store.readSnapshot('snapshot-5'), (store) => store.listSnapshots('a')],
    says: /snapshot 'snapshot-5' is not what it was/,
  },
  {
    what: 'the outcome of a tool call',
    damage: sql('UPDATE tool_calls SET outcome = NULL'),
    calls: [(store) => store.readToolCalls('turn-2'), (store) => startAgain(store, 0)],
    says: /tool call 0 of turn 'turn-2' is not what it was/,
  },
  {
    what: 'the note of a turn',
    damage: sql("UPDATE pending_turns SET model = 'x'"),
    calls: [(store) => store.readPendingTurn('a')],
    says: /the pending turn of session 'a' is not what it was/,
  },
  {
    what: 'the mode of a file backup',
    damage: sql("UPDATE file_backups SET mode = 0 WHERE state = 'kept'"),
    calls: [(store) => store.readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1' })],
    says: /the backup of 'src\/ä.ts' for snapshot 'snapshot-2' is not what it was/,
  },
  {
    what: 'the last event of a run',
    damage: sql('UPDATE runs SET last_event = last_event - 1'),
    calls: [
      (store) => store.readRun('run-ended'),
      (store) => store.readRunEvents('run-going'),
      (store) => store.requestRunStop('run-going'),
      (store) => store.appendRunEvents([{ runId: 'run-going', attempt: 2, after: 3, events: ['1'], at: 1 }]),
    ],
    says: /run 'run-(ended|going)' is not what it was/,
  },
  {
    what: 'the request of a run',
    damage: sql("UPDATE run_requests SET request = '{ }'"),
    calls: [(store) => store.readRun('run-waiting'), (store) => store.takeUpRun({ ...TAKING, runId: 'run-waiting' })],
    says: /the request of run 'run-waiting' is not what it was/,
  },
  {
    what: 'the kind of a request',
    damage: (path) => tamperPastTypes(path, 'run_requests', 'UPDATE run_requests SET request = CAST(request AS BLOB)'),
    calls: [(store) => store.readRun('run-waiting'), (store) => store.listRuns()],
    says: /the request of run 'run-(waiting|going)' is not what it was/,
  },
  {
    what: 'the kind of events',
    damage: (path) => tamperPastTypes(path, 'run_events', 'UPDATE run_events SET events = CAST(events AS BLOB)'),
    calls: [(store) => store.readRunEvents('run-ended')],
    says: /event 1 of run 'run-ended' is not what it was/,
  },
  {
    what: 'an event of a run',
    damage: sql(`UPDATE run_events SET events = replace(events, '2', '9')`),
    calls: [(store) => store.readRunEvents('run-ended'), (store) => store.readRunEvents('run-going', { after: 1 })],
    says: /event (1|2) of run 'run-(ended|going)' is not what it was/,
  },
  {
    what: 'whose events these are',
    damage: sql("UPDATE run_events SET run = (SELECT seq FROM runs WHERE id = 'run-waiting') WHERE last_event = 4"),
    calls: [(store) => store.readRunEvents('run-going')],
    says: /event 2 of run 'run-going' is missing/,
  },
  {
    what: 'the bytes of a blob',
    damage: sql("UPDATE blobs SET bytes = x'00' WHERE bytes = CAST('system' AS BLOB)"),
    calls: [(store) => store.readBlobs([hashBlob(Buffer.from('system'))]), (store) => store.dumpSession('a')],
    says: /blob sha256:[0-9a-f]+ is not what it was/,
  },
];

describe.each([
  ['lost', lost],
  ['changed', changed],
])('I9 (N-18) what was %s', (_, cases) => {
  test.each(cases)('$what is named by what needs it', async ({ damage, calls, says }) => {
    const path = storePath();
    damage(path);
    const store = openSqliteStore({ path, clock: () => 1_760_000_100_000 });
    for (const call of calls) {
      const answer = call(store);
      await expectRefusal(answer, 'checkpoint/corrupt');
      await expect(answer).rejects.toThrow(says);
    }
    await store.close();
  });

  test.each(cases)('$what is among the findings', async ({ damage }) => {
    const path = storePath();
    damage(path);
    const store = openSqliteStore(path);
    expect(await Array.fromAsync(store.findDamage())).not.toEqual([]);
    await store.close();
  });
});

test.each([
  ['its last turn', "DELETE FROM turns WHERE id = 'turn-3'", /a turn or a snapshot of session 'fork' is missing/],
  ['a snapshot', "DELETE FROM snapshots WHERE id = 'snapshot-3'", /a turn or a snapshot of session 'fork' is missing/],
  ['a turn before those it made', "DELETE FROM turns WHERE id = 'turn-2'", /is cut|of session 'a' is missing/],
  ['an entry', 'DELETE FROM entries WHERE seq = 3', /is cut/],
])('I9 nothing is deleted beside a fork that has lost %s', async (_, damage, says) => {
  const path = storePath();
  tamper(path, damage);
  const before = readFileSync(path);
  const store = openSqliteStore(path);
  await expect(store.deleteSession({ sessionId: 'a' })).rejects.toThrow(says);
  await store.close();
  expect(readFileSync(path).equals(before)).toBe(true);
});

describe('the findings', () => {
  test('name a run that was lost with its events left, and one whose session was', async () => {
    const path = storePath();
    tamper(path, "DELETE FROM runs WHERE id = 'run-ended'; DELETE FROM sessions WHERE id = 'fork'");
    const store = openSqliteStore(path);
    const found = await Array.fromAsync(store.findDamage());
    expect(found).toContainEqual({ message: expect.stringMatching(/row \d+ of run_events names a row of runs/) });
    expect(found).toContainEqual({ message: "the session of run 'run-waiting' is missing", runId: 'run-waiting' });
    await store.close();
  });

  test('of a whole store are none, and each session is told of', async () => {
    const store = openSqliteStore(storePath());
    const told: string[] = [];
    expect(await Array.fromAsync(store.findDamage({ onSession: (id) => told.push(id) }))).toEqual([]);
    expect(told).toEqual(['a', 'fork', 'empty']);
    await store.close();
  });

  test('(N-18) name each damaged row once, with what it belongs to', async () => {
    const path = storePath();
    tamper(
      path,
      "UPDATE turns SET model = 'x' WHERE id IN ('turn-1', 'turn-3'); UPDATE entries SET kind = 'x' WHERE seq = 2",
    );
    const store = openSqliteStore(path);
    const found = await Array.fromAsync(store.findDamage());
    const of = (name: 'turnId' | 'entryId') => found.flatMap((damage) => damage[name] ?? []);
    expect(of('turnId')).toEqual(['turn-1', 'turn-3']);
    expect(found).toContainEqual(expect.objectContaining({ turnId: 'turn-3', sessionId: 'fork' }));
    expect(of('entryId')).toHaveLength(1);
    expect(new Set(found.map(({ message }) => message)).size).toBe(found.length);
    await store.close();
  });

  test.each([
    ["DELETE FROM turns WHERE id = 'turn-2'", "turn 2 of the ledger of session 'a' is missing"],
    ["DELETE FROM turns WHERE id = 'turn-5'", "turn 4 of the ledger of session 'a' is missing"],
    ["DELETE FROM turns WHERE id IN ('turn-1', 'turn-2')", "turns 1 to 2 of the ledger of session 'a' are missing"],
  ])('(N-19) name what is gone of a ledger: %s', async (damage, message) => {
    const path = storePath();
    tamper(path, damage);
    const store = openSqliteStore(path);
    expect(await Array.fromAsync(store.findDamage())).toContainEqual({ message, sessionId: 'a' });
    await store.close();
  });

  test('of a store with an unreadable page are more than one, since the rest is looked at', async () => {
    const path = storePath();
    tamper(path, "UPDATE snapshots SET label = 'x' WHERE id = 'snapshot-3'");
    spoilPage(path, 'file_backups');
    const store = openSqliteStore(path);
    const found = await Array.fromAsync(store.findDamage());
    expect(found).toContainEqual(expect.objectContaining({ snapshotId: 'snapshot-3' }));
    expect(found).toContainEqual(expect.objectContaining({ message: expect.stringContaining('malformed') }));
    await store.close();
  });
});
