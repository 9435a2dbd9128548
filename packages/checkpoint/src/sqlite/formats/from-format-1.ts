import type Database from 'better-sqlite3';
import { hashEntry } from '../../entry-hash.ts';
import { hashLease, hashSession } from '../../row-hash.ts';
import type { SessionRecord } from '../../session.ts';
import { entryChecksum } from '../../sql/entry-checksum.ts';
import { corrupt } from '../../sql/rows.ts';
import { FORMAT_2_TABLES } from './format-2.ts';
import { type Format1Outline, type PlannedSession, planFromFormat1 } from './plan-from-format-1.ts';
import { copySnapshots, copyTurns, type Turns } from './turns-from-format-1.ts';

/**
 * From format 1 to format 2.
 *
 * Owns: that every row of the old tables is in the new ones, or `checkpoint/corrupt` names what is damaged and nothing has happened.
 *
 * N1. In format 1 a turn belonged to an entry and a session, and a branch found its turns by its entries. Now each knows the one before.
 * N2. Counts that a file has no columns for were not reported. A snapshot of such a file counts all of its turns as silent.
 */
export function migrateFromFormat1(connection: Database.Database): void {
  for (const table of TABLES) connection.exec(`ALTER TABLE ${table} RENAME TO old_${table}`);
  connection.exec(FORMAT_2_TABLES);
  copyEntries(connection);
  const plan = planFromFormat1(readOutline(connection));
  const turns = copyTurns(connection, plan.turns);
  copySnapshots(connection, plan.turns, turns);
  copySessions(connection, plan.sessions, turns);
  for (const table of TABLES.toReversed()) connection.exec(`DROP TABLE old_${table}`);
}

const TABLES = ['entries', 'sessions', 'turns', 'snapshots'];

function copyEntries(connection: Database.Database): void {
  const select = connection.prepare<[number], OldEntry>(`
    SELECT seq, id, parent, kind, payload, created_at AS createdAt FROM old_entries WHERE seq > ? ORDER BY seq LIMIT 100`);
  const insert = connection.prepare(`
    INSERT INTO entries (seq, id, parent, kind, payload, created_at, blob_count, checksum)
    VALUES (@seq, @id, (SELECT seq FROM entries WHERE id = @parent), @kind, @payload, @createdAt, 0, @checksum)`);
  const parentOf = connection.prepare<[number], string | null>(
    'SELECT p.id FROM entries AS e LEFT JOIN entries AS p ON p.seq = e.parent WHERE e.seq = ?',
  );
  parentOf.pluck();
  let batch = select.all(0);
  for (; batch.length > 0; batch = select.all(batch.at(-1)?.seq ?? Number.MAX_SAFE_INTEGER)) {
    for (const entry of batch) {
      if (hashEntry(entry.parent, entry) !== entry.id) {
        throw corrupt(`entry ${entry.id} is not what it was when it was written`);
      }
      insert.run({ ...entry, checksum: entryChecksum({ ...entry, blobCount: 0 }) });
      if (parentOf.get(entry.seq) !== entry.parent)
        throw corrupt(`entry ${entry.id} has lost its parent ${entry.parent}`);
    }
  }
}

interface OldEntry {
  readonly seq: number;
  readonly id: string;
  readonly parent: string | null;
  readonly kind: string;
  readonly payload: string;
  readonly createdAt: number;
}

function readOutline(connection: Database.Database): Format1Outline {
  const all = <Row>(sql: string) => connection.prepare<[], Row>(sql).all();
  return {
    entries: all('SELECT seq, id, parent, created_at AS createdAt FROM old_entries'),
    sessions:
      all(`SELECT id, tip, fork_session_id AS forkSessionId, fork_entry_id AS forkEntryId, created_at AS createdAt
      FROM old_sessions ORDER BY seq`),
    turns: all('SELECT id, entry_id AS entryId, session_id AS sessionId FROM old_turns'),
  };
}

interface OldSession {
  readonly seq: number;
  readonly tip: string;
  readonly forkSessionId: string | null;
  readonly forkSnapshotId: string | null;
  readonly createdAt: number;
}

function copySessions(connection: Database.Database, plan: readonly PlannedSession[], turns: Turns): void {
  const select = connection.prepare<[string], OldSession>(`
    SELECT seq, tip, fork_session_id AS forkSessionId, fork_snapshot_id AS forkSnapshotId, created_at AS createdAt
    FROM old_sessions WHERE id = ?`);
  const insert = connection.prepare(INSERT_SESSION);
  const insertLease = connection.prepare(
    'INSERT INTO leases (session, holder, fence, expires_at, interrupt_requested, hash) VALUES (?, NULL, 0, 0, 0, ?)',
  );
  for (const planned of plan) {
    const old = select.get(planned.id);
    if (old === undefined) throw corrupt(`session '${planned.id}' is missing from an index`);
    const record = sessionRecord(old, planned);
    const tipTurn = turns.get(planned.tipTurnId ?? '')?.seq ?? null;
    const hash = hashSession(record, planned.turnsCommitted);
    insert.run({ ...old, ...record, ...planned, tipTurn, hash });
    const lease = { sessionId: planned.id, holder: null, fence: 0, expiresAt: 0, interruptRequested: false };
    insertLease.run(old.seq, hashLease(lease));
  }
}

function sessionRecord(old: OldSession, { id, tipTurnId, updatedAt }: PlannedSession): SessionRecord {
  const { tip, forkSessionId, forkSnapshotId, createdAt } = old;
  const isFork = forkSessionId !== null && forkSnapshotId !== null;
  const forkedFrom = isFork ? { sessionId: forkSessionId, snapshotId: forkSnapshotId } : null;
  return { id, tip, tipTurn: tipTurnId, forkedFrom, createdAt, updatedAt, metadata: '{}' };
}

const INSERT_SESSION = `
  INSERT INTO sessions (seq, id, root, tip, tip_turn, fork_session_id, fork_snapshot_id, created_at, updated_at, metadata,
    turns_committed, snapshots_kept, hash)
  VALUES (@seq, @id, @root, @tip, @tipTurn, @forkSessionId, @forkSnapshotId, @createdAt, @updatedAt, @metadata,
    @turnsCommitted, @turnsCommitted, @hash)`;
