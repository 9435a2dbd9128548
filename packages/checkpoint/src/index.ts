export { CheckpointError, type CheckpointErrorCode } from './errors.ts';
export type {
  Entry,
  EntryId,
  NewEntry,
  SessionId,
  SessionRecord,
  Snapshot,
  SnapshotContent,
  SnapshotId,
  TokenColumns,
  TokenSnapshot,
  TurnRow,
} from './session.ts';
export { makeSnapshot, type SnapshotSource } from './snapshot.ts';
export type { SqliteStoreOptions } from './sqlite/open-database.ts';
export { openSqliteStore } from './sqlite/sqlite-store.ts';
export type { Append, AppendResult, CheckpointStore, TurnCommit, TurnCommitResult } from './store.ts';
