import { expect, onTestFinished, test, vi } from 'vitest';
import { type CheckpointStore, openPostgresStore } from '../src/index.ts';
import { turnCommit } from '../src/testing/builders.ts';
import { writeSessions } from './support/fixture-sessions.ts';
import { type TempSchema, tempSchema } from './support/postgres-place.ts';

// A server and its clients share the machine with whatever else is tested.
vi.setConfig({ testTimeout: 60_000 });

interface DamagedStore extends TempSchema {
  readonly store: CheckpointStore;
}

/** A store with something in every table, to be damaged. */
async function fullStore(): Promise<DamagedStore> {
  const place = await tempSchema();
  const store = await openPostgresStore(place);
  onTestFinished(() => store.close());
  await writeSessions(store);
  // So that rows that others point at can be changed, as a broken disk does.
  await place.query('ALTER TABLE entries DROP CONSTRAINT entries_check; ALTER TABLE turns DROP CONSTRAINT turns_check');
  await place.query("SET session_replication_role = 'replica'");
  return { ...place, store };
}

const damages: readonly [
  what: string,
  sql: string,
  read: (store: CheckpointStore) => Promise<unknown>,
  name: RegExp,
][] = [
  ['a payload', `UPDATE entries SET payload = '"x"' WHERE seq = 2`, (store) => store.readEntries('a'), /entry sha256/],
  [
    'the time of an entry',
    'UPDATE entries SET created_at = 9 WHERE seq = 2',
    (store) => store.readEntries('a'),
    /entry sha256/,
  ],
  ['a lost entry', 'DELETE FROM entries WHERE seq = 2', (store) => store.readEntries('a'), /entry sha256/],
  [
    'an entry out of order',
    'UPDATE entries SET seq = 100 WHERE seq = 2; UPDATE entries SET parent = 100 WHERE parent = 2',
    (store) => store.readEntries('a'),
    /branch of session 'a'|entry sha256/,
  ],
  [
    'a turn out of order',
    'UPDATE turns SET seq = 100 WHERE seq = 1; UPDATE turns SET parent = 100 WHERE parent = 1',
    (store) => store.readTurns('a'),
    /branch of session 'a'|turn 'turn-/,
  ],
  ['a count', 'UPDATE turns SET cache_read = 1 WHERE seq = 1', (store) => store.readTurns('a'), /turn 'turn-1'/],
  ['a cost', 'UPDATE turns SET cost_pico_usd = 1 WHERE seq = 1', (store) => store.readLedger('a'), /turn 'turn-1'/],
  [
    'a count too large',
    'UPDATE turns SET output = 9007199254740993 WHERE seq = 1',
    (store) => store.readTurns('a'),
    /9007199254740993/,
  ],
  ['a lost turn', 'DELETE FROM turns WHERE seq = 1', (store) => store.readTurns('a'), /turn 'turn-[24]'/],
  [
    'a lost turn of the ledger',
    'DELETE FROM turns WHERE seq = 2',
    (store) => store.readLedger('a'),
    /turn 2 of the ledger|turn 'turn-3'/,
  ],
  [
    'a snapshot',
    'UPDATE snapshots SET turn_count = 9 WHERE seq = 1',
    (store) => store.readSnapshots('a'),
    /snapshot 'snapshot-1'/,
  ],
  [
    'a lost snapshot',
    'DELETE FROM snapshots WHERE seq = 1',
    (store) => store.readSnapshots('a'),
    /snapshot of turn 'turn-1'/,
  ],
  [
    'a lost snapshot in a list',
    'DELETE FROM snapshots WHERE seq = 1',
    (store) => store.listSnapshots('a'),
    /made 4 snapshots/,
  ],
  ['a tip', 'UPDATE sessions SET tip = 3 WHERE seq = 1', (store) => store.readSession('a'), /session 'a'/],
  [
    'the last turn',
    'UPDATE sessions SET tip_turn = NULL WHERE seq = 1',
    (store) => store.readTurns('a'),
    /session 'a'/,
  ],
  ['metadata', "UPDATE sessions SET metadata = '{}' WHERE seq = 1", (store) => store.listSessions(), /session 'a'/],
  ['a lease', 'UPDATE leases SET fence = 9 WHERE session = 1', (store) => store.readLease('a'), /lease of session 'a'/],
  ['a lost lease', 'DELETE FROM leases WHERE session = 1', (store) => store.readSession('a'), /lease of session 'a'/],
  [
    'a pending turn',
    "UPDATE pending_turns SET model = 'x'",
    (store) => store.readPendingTurn('a'),
    /pending turn of session 'a'/,
  ],
  [
    'a tool call',
    'UPDATE tool_calls SET attempts = 9',
    (store) => store.readToolCalls('turn-2'),
    /tool call 0 of turn 'turn-2'/,
  ],
  ['a file backup', 'UPDATE file_backups SET mode = 1', backups, /backup of/],
  ['bytes', "UPDATE blobs SET bytes = 'x'", (store) => store.dumpSession('a'), /blob sha256/],
  ['a lost blob', 'DELETE FROM entry_blobs', (store) => store.dumpSession('a'), /blob that entry sha256/],
  ['a request', "UPDATE runs SET request = '{ }'", (store) => store.readRun('run-going'), /request of run 'run-/],
  ['the state of a run', "UPDATE runs SET state = 'waiting'", (store) => store.listRuns(), /run 'run-/],
  ['an attempt', 'UPDATE runs SET attempt = 1 WHERE seq = 2', appendLate, /run 'run-going'/],
  ['an outcome', "UPDATE runs SET outcome = '{}' WHERE seq = 1", (store) => store.listRuns(), /run 'run-ended'/],
  [
    'the session of a run',
    "UPDATE runs SET session_id = 'empty' WHERE seq = 3",
    (store) => store.takeUpRun({ runId: 'run-waiting', holder: 'one', at: 80 }),
    /run 'run-waiting'/,
  ],
  ['an event', 'UPDATE run_events SET events = $$["2"]$$ WHERE run = 2', runEvents, /event 1 of run 'run-going'/],
  ['a lost first event', 'DELETE FROM run_events WHERE run = 2 AND first_event = 1', runEvents, /event 1 of run/],
  ['a lost last event', 'DELETE FROM run_events WHERE run = 2 AND first_event = 2', runEvents, /event 2 of run/],
  [
    'a number of an event',
    'UPDATE run_events SET last_event = 5 WHERE run = 2 AND first_event = 2',
    runEvents,
    /event 2 of run/,
  ],
  [
    'events of another run',
    'UPDATE run_events SET run = 2 WHERE run = 1 AND first_event = 3; DELETE FROM run_events WHERE run = 2 AND last_event = 4',
    runEvents,
    /of run 'run-(going|ended)'/,
  ],
];

function runEvents(store: CheckpointStore): Promise<unknown> {
  return store.readRunEvents('run-going');
}

function appendLate(store: CheckpointStore): Promise<unknown> {
  return store.appendRunEvents([{ runId: 'run-going', attempt: 1, after: 4, events: ['"late"'], at: 80 }]);
}

function backups(store: CheckpointStore): Promise<unknown> {
  return store.readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1' });
}

test.each(damages)(
  'C8 I9 %s that is damaged is named, by who reads it and by who looks for damage (N-18)',
  async (_, sql, read, name) => {
    const { store, query } = await fullStore();
    expect(await Array.fromAsync(store.findDamage())).toEqual([]);
    await read(store);
    await query(sql);
    await expect(read(store)).rejects.toMatchObject({
      code: 'checkpoint/corrupt',
      message: expect.stringMatching(name),
    });
    const found = await Array.fromAsync(store.findDamage());
    expect(found.length).toBeGreaterThan(0);
    expect(found.map(({ message }) => message).join('\n')).toMatch(name);
  },
);

test('C8 a damaged turn hides nothing that does not need it', async () => {
  const { store, query } = await fullStore();
  await query('UPDATE turns SET output = 1 WHERE seq = 3');
  await expect(store.readTurns('fork')).rejects.toMatchObject({ code: 'checkpoint/corrupt' });
  expect(await store.readTurns('a')).toHaveLength(3);
  expect(await store.readEntries('fork')).not.toEqual([]);
  const found = await Array.fromAsync(store.findDamage());
  expect(found).toEqual([expect.objectContaining({ turnId: 'turn-3' })]);
  expect((await store.listSessions()).items).toHaveLength(3);
});

test('C8 each turn that is gone of a ledger is named, and each that was changed with its session (N-19)', async () => {
  const { store, query } = await fullStore();
  await query('DELETE FROM turns WHERE seq IN (1, 2); UPDATE turns SET output = 1 WHERE seq = 3');
  const found = await Array.fromAsync(store.findDamage());
  const message = "turns 1 to 2 of the ledger of session 'a' are missing";
  expect(found).toContainEqual({ message, sessionId: 'a' });
  expect(found).toContainEqual(expect.objectContaining({ turnId: 'turn-3', sessionId: 'fork' }));
});

test('a session goes on where another one is damaged', async () => {
  const { store, query } = await fullStore();
  await query("UPDATE sessions SET hash = 'x' WHERE id = 'fork'");
  const session = await store.readSession('empty');
  const place = { sessionId: 'empty', expectedTip: session?.tip ?? '' };
  await store.commitTurn(turnCommit(place, { name: 'new' }));
  expect(await store.readTurns('empty')).toHaveLength(1);
  await expect(store.readSession('fork')).rejects.toMatchObject({ code: 'checkpoint/corrupt' });
});

test.each([
  [
    'a run whose session is lost',
    "DELETE FROM sessions WHERE id = 'fork'",
    /the session of run 'run-waiting' is missing/,
  ],
  ['more events than a run had', 'UPDATE run_events SET run = 3 WHERE run = 2', /run 'run-waiting' has more events/],
])('C8 %s is found by who looks for damage', async (_, sql, name) => {
  const { store, query } = await fullStore();
  await query(sql);
  const found = await Array.fromAsync(store.findDamage());
  expect(found).toContainEqual({ runId: 'run-waiting', message: expect.stringMatching(name) });
});
