import type Database from 'better-sqlite3';
import { hashEntry, rootEntry } from '../entry-hash.ts';
import { CheckpointError } from '../errors.ts';
import type { Entry, EntryId, NewEntry, SessionId, SessionRecord, Snapshot, SnapshotId, TurnRow } from '../session.ts';
import type { Append, AppendResult, CheckpointStore, TurnCommit, TurnCommitResult } from '../store.ts';
import { openDatabase, type SqliteStoreOptions } from './open-database.ts';
import {
  entryFromRow,
  requireCounts,
  requireUnicode,
  sessionFromRow,
  snapshotFromRow,
  snapshotToRow,
  turnFromRow,
  turnToRow,
} from './rows.ts';
import { mapErrors } from './sqlite-errors.ts';
import { prepareStatements, type Statements } from './statements.ts';

/**
 * The store in one SQLite file.
 *
 * Owns: transactions, and the checks that stored data is what it was.
 * Leaves to open-database.ts: which files are opened. To statements.ts: how a branch is walked.
 *
 * T1. A write is one IMMEDIATE transaction: it holds the write lock from its first read on, so what it read stays true.
 * T2. A read that takes more than one statement is one transaction, so it sees one state of the file.
 * T3. Every entry that is handed out has been checked against its name and its parent; what fails is named, never skipped.
 */

/** Opens the store in a file, creating the file if there is none. Throws a `CheckpointError` if it cannot. */
export function openSqliteStore(pathOrOptions: string | SqliteStoreOptions): CheckpointStore {
  return createSqliteStore(openDatabase(typeof pathOrOptions === 'string' ? { path: pathOrOptions } : pathOrOptions));
}

/** The store on a connection from `openDatabase`, which it closes. */
export function createSqliteStore(connection: Database.Database): CheckpointStore {
  try {
    return mapErrors(connection.name, () => new SqliteStore(connection));
  } catch (error) {
    connection.close();
    throw error;
  }
}

class SqliteStore implements CheckpointStore {
  readonly #connection: Database.Database;
  readonly #statements: Statements;

  constructor(connection: Database.Database) {
    this.#connection = connection;
    this.#statements = prepareStatements(connection);
  }

  async createSession({
    id,
    createdAt,
  }: {
    readonly id: SessionId;
    readonly createdAt: number;
  }): Promise<SessionRecord> {
    return this.#write(() => {
      this.#requireNewSession(id, createdAt);
      const tip = this.#append(null, rootEntry(id), createdAt);
      const fork = { forkSessionId: null, forkSnapshotId: null, forkEntryId: null };
      this.#statements.insertSession.run({ id, tip, ...fork, createdAt });
      return { id, tip, forkedFrom: null, createdAt };
    });
  }

  async readSession(sessionId: SessionId): Promise<SessionRecord | undefined> {
    return this.#read(() => this.#findSession(sessionId));
  }

  async listSessions(): Promise<readonly SessionRecord[]> {
    return this.#read(() => this.#statements.listSessions.all().map(sessionFromRow));
  }

  async forkSession(fork: {
    readonly id: SessionId;
    readonly snapshotId: SnapshotId;
    readonly createdAt: number;
  }): Promise<SessionRecord> {
    const { id, snapshotId, createdAt } = fork;
    return this.#write(() => {
      this.#requireNewSession(id, createdAt);
      const snapshot = this.#statements.findSnapshot.get({ snapshotId });
      if (snapshot === undefined) {
        throw new CheckpointError('checkpoint/snapshot-missing', `There is no snapshot '${snapshotId}' to fork from.`);
      }
      const { sessionId, entryId } = snapshot;
      const origin = { forkSessionId: sessionId, forkSnapshotId: snapshotId, forkEntryId: entryId };
      this.#statements.insertSession.run({ id, tip: entryId, ...origin, createdAt });
      return { id, tip: entryId, forkedFrom: { sessionId, snapshotId }, createdAt };
    });
  }

  async appendEntries({ sessionId, expectedTip, entries, at }: Append): Promise<AppendResult> {
    return this.#write(() => {
      this.#requireTip(sessionId, expectedTip);
      let tip = expectedTip;
      for (const entry of entries) {
        tip = this.#append(tip, entry, at);
      }
      this.#statements.moveTip.run({ sessionId, tip });
      return { tip };
    });
  }

  async commitTurn(commit: TurnCommit): Promise<TurnCommitResult> {
    const { sessionId, expectedTip, entry, turn, at } = commit;
    return this.#write(() => {
      this.#requireTip(sessionId, expectedTip);
      const tip = this.#append(expectedTip, entry, at);
      const snapshot: Snapshot = { ...commit.snapshot, sessionId, entryId: tip, createdAt: at };
      requireUnicode(turn.id, 'The id of the turn');
      requireUnicode(snapshot.id, 'The id of the snapshot');
      this.#statements.insertTurn.run(turnToRow(turn, { entryId: tip, sessionId }));
      this.#statements.insertSnapshot.run(snapshotToRow(snapshot));
      this.#statements.moveTip.run({ sessionId, tip });
      return { tip, snapshot };
    });
  }

  async readEntries(sessionId: SessionId): Promise<readonly Entry[]> {
    return this.#read(() => {
      const { tip } = this.#requireSession(sessionId);
      const entries = this.#statements.branchEntries.all({ sessionId }).map(entryFromRow);
      this.#checkChain(entries, tip);
      return entries.slice(1);
    });
  }

  async readTurns(sessionId: SessionId): Promise<readonly TurnRow[]> {
    return this.#read(() => {
      this.#requireWholeBranch(sessionId);
      return this.#statements.branchTurns.all({ sessionId }).map(turnFromRow);
    });
  }

  async readSnapshots(sessionId: SessionId): Promise<readonly Snapshot[]> {
    return this.#read(() => {
      this.#requireWholeBranch(sessionId);
      return this.#statements.branchSnapshots.all({ sessionId }).map(snapshotFromRow);
    });
  }

  async readLastSnapshot(sessionId: SessionId): Promise<Snapshot | undefined> {
    return this.#read(() => {
      this.#requireSession(sessionId);
      const row = this.#statements.lastSnapshot.get({ sessionId });
      if (row === undefined) {
        this.#requireWholeBranch(sessionId);
        return undefined;
      }
      return snapshotFromRow(row);
    });
  }

  async close(): Promise<void> {
    mapErrors(this.#connection.name, () => this.#connection.close());
  }

  #write<T>(work: () => T): T {
    return this.#withOpen(() => this.#connection.transaction(work).immediate());
  }

  #read<T>(work: () => T): T {
    return this.#withOpen(() => this.#connection.transaction(work).deferred());
  }

  #withOpen<T>(work: () => T): T {
    if (!this.#connection.open) {
      throw new CheckpointError('checkpoint/closed', `The store ${this.#connection.name} was closed. Open it again.`);
    }
    return mapErrors(this.#connection.name, work);
  }

  #append(parent: EntryId | null, entry: NewEntry, createdAt: number): EntryId {
    const { kind, payload } = entry;
    requireUnicode(kind, 'The kind of the entry');
    requireUnicode(payload, 'The payload of the entry');
    requireCounts({ createdAt }, `An entry of kind '${kind}'`);
    const id = hashEntry(parent, entry);
    this.#statements.insertEntry.run({ id, parent, kind, payload, createdAt });
    return id;
  }

  #findSession(sessionId: SessionId): SessionRecord | undefined {
    const row = this.#statements.findSession.get({ sessionId });
    return row && sessionFromRow(row);
  }

  #requireSession(sessionId: SessionId): SessionRecord {
    const session = this.#findSession(sessionId);
    if (session === undefined) {
      throw new CheckpointError('checkpoint/session-missing', `There is no session '${sessionId}' in this store.`);
    }
    return session;
  }

  #requireNewSession(id: SessionId, createdAt: number): void {
    requireUnicode(id, 'The id of the session');
    requireCounts({ createdAt }, `Session '${id}'`);
    if (this.#findSession(id) !== undefined) {
      throw new CheckpointError('checkpoint/session-exists', `There is a session '${id}' already.`);
    }
  }

  #requireTip(sessionId: SessionId, expectedTip: EntryId): void {
    const { tip } = this.#requireSession(sessionId);
    if (tip !== expectedTip) {
      throw new CheckpointError(
        'checkpoint/tip-moved',
        `Session '${sessionId}' has moved from ${expectedTip} to ${tip}. Nothing was written; read it again.`,
      );
    }
  }

  /** Rows hang on entries, so a branch that is cut would hide some of them. */
  #requireWholeBranch(sessionId: SessionId): void {
    const { tip } = this.#requireSession(sessionId);
    const start = this.#statements.branchStart.get({ sessionId });
    this.#checkLink(start && entryFromRow(start), null, tip);
  }

  #checkChain(entries: readonly Entry[], tip: EntryId): void {
    let parent: EntryId | null = null;
    for (const entry of entries) {
      this.#checkLink(entry, parent, tip);
      parent = entry.id;
    }
    if (parent !== tip) {
      throw this.#corrupt(`entry ${tip} is missing`);
    }
  }

  #checkLink(entry: Entry | undefined, parent: EntryId | null, tip: EntryId): void {
    if (entry === undefined) {
      throw this.#corrupt(`entry ${tip} is missing`);
    }
    if (entry.parent !== parent) {
      throw this.#corrupt(`entry ${entry.id} has lost its parent ${entry.parent}`);
    }
    if (hashEntry(entry.parent, entry) !== entry.id) {
      throw this.#corrupt(`entry ${entry.id} is not what it was when it was written`);
    }
  }

  #corrupt(what: string): CheckpointError {
    return new CheckpointError(
      'checkpoint/corrupt',
      `${this.#connection.name} is damaged: ${what}. Restore it from a backup; it was left as it is.`,
    );
  }
}
