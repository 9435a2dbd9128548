export { type Blob, type BlobHash, hashBlob } from './blob.ts';
export { type ExaminedFormat, withExaminedStore } from './cli/open-store.ts';
export type { StorePlace } from './cli/store-place.ts';
export { CheckpointError, type CheckpointErrorCode } from './errors.ts';
export type { FileFaultPoint, OnFileFaultPoint, OnStoreFaultPoint, StoreFaultPoint } from './fault-points.ts';
export type { FileBackup, FileState } from './file-backup.ts';
export {
  createFileCheckpointer,
  type FileChange,
  type FileChangeIntent,
  type FileCheckpointer,
  type FileCheckpointerOptions,
  type FileRewind,
} from './files/file-checkpointer.ts';
export type { FilesSince } from './files/first-backups.ts';
export type { KeepPlace } from './files/keep-files.ts';
export type { FileDifference } from './files/plan-rewind.ts';
export type { FileReport, PreparedRewind } from './files/prepare-rewind.ts';
export type { Lease, LeaseRequest, LeaseState } from './lease.ts';
export type { NewTurn, PendingTurn, RequestColumns, TokenColumns, TurnRow } from './ledger.ts';
export {
  createMemoryPlace,
  type MemoryPlace,
  type MemoryStoreOptions,
  openMemoryStore,
} from './memory/memory-store.ts';
export { itemsOf, type Page, type PageQuery } from './page.ts';
export type { PostgresStoreOptions } from './postgres/open-pool.ts';
export { openPostgresStore } from './postgres/open-postgres-store.ts';
export { applyRetention, type RetentionPolicy, type RetentionReport, type SkippedSession } from './retention.ts';
export { hashTurn } from './row-hash.ts';
export type {
  NewRun,
  RunAppend,
  RunAppendResult,
  RunEvent,
  RunId,
  RunRange,
  RunRecord,
  RunState,
} from './run.ts';
export type {
  Entry,
  EntryId,
  NewEntry,
  SessionId,
  SessionRecord,
  Snapshot,
  SnapshotContent,
  SnapshotId,
  TokenSnapshot,
  TurnId,
} from './session.ts';
export type { DumpedEntry, SessionDump } from './session-dump.ts';
export { makeSnapshot, type SnapshotSource } from './snapshot.ts';
export type { SqliteStoreOptions } from './sqlite/open-database.ts';
export { openSqliteStore } from './sqlite/sqlite-store.ts';
export type { Standing, StandingCountQuery, StandingFilter, StandingQuery, StandingTerms } from './standing.ts';
export type { CheckpointStore, Damage, SessionListQuery } from './store.ts';
export type { RanToolCall, ToolCallIntent, ToolCallRecord, ToolEffect } from './tool-call.ts';
export { exportSession } from './transfer/export-session.ts';
export { type ImportOptions, importSession } from './transfer/import-session.ts';
export {
  type ColumnSum,
  dayReader,
  isTurnIn,
  type TurnKey,
  type TurnRange,
  type TurnSum,
  type TurnSumKey,
  type TurnSumQuery,
} from './turn-sums.ts';
export type {
  Append,
  AppendResult,
  Fenced,
  NewSession,
  Rewind,
  RewindResult,
  ToolCallOutcome,
  TurnBegin,
  TurnCommit,
  TurnCommitResult,
} from './writes.ts';
