import type { Blob, BlobHash } from './blob.ts';
import type { FileBackup } from './file-backup.ts';
import type { PendingTurn, TurnRow } from './ledger.ts';
import type { Entry, SessionRecord, Snapshot } from './session.ts';
import type { ToolCallRecord } from './tool-call.ts';

/**
 * Everything that makes a session up, on every branch it has been on; a parent comes before its children, and what was written first
 * comes first; `orderDump` has it in full. Leases are left out: they belong to a place and a moment.
 */
export interface SessionDump {
  readonly session: SessionRecord;
  readonly entries: readonly DumpedEntry[];
  readonly turns: readonly TurnRow[];
  readonly snapshots: readonly Snapshot[];
  readonly toolCalls: readonly ToolCallRecord[];
  readonly fileBackups: readonly FileBackup[];
  readonly pendingTurn: PendingTurn | null;
  readonly blobs: readonly Blob[];
}

export interface DumpedEntry extends Entry {
  readonly blobs: readonly BlobHash[];
}
