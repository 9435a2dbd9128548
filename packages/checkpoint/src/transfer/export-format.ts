/**
 * The lines of an exported session: JSON Lines, version 1.
 *
 * Owns: which line holds what, in which order, and how each record stands in JSON.
 * Leaves to `read-export.ts`: what is refused.
 *
 * X1. The first line is the header: format, version, the session, and how many lines of each kind follow.
 * X2. A line a record, as `{"<word>":{…}}`: blobs, entries, turns, snapshots, tool calls, file backups, and the pending turn if there is one.
 * X3. The last line is `{"end":"sha256:<hex>"}`, the hash of the bytes of all lines before it, line breaks included.
 * X4. A session has one export: fields and records have one order, and every line ends with a line feed.
 */

import type { Blob } from '../blob.ts';
import type { FileBackup } from '../file-backup.ts';
import type { PendingTurn, RequestColumns, TokenColumns, TurnRow } from '../ledger.ts';
import type { SessionRecord, Snapshot, TokenSnapshot } from '../session.ts';
import type { DumpedEntry } from '../session-dump.ts';
import type { ToolCallRecord } from '../tool-call.ts';
import {
  base64,
  count,
  type Field,
  integerText,
  listOf,
  number,
  oneOf,
  orNull,
  recordOf,
  text,
} from './json-fields.ts';

export const FORMAT = 'reprise-session';

export const VERSION = 1;

/** The records of an export by kind, in the order of its lines. */
export interface ExportRecords {
  readonly blobs: Blob;
  readonly entries: DumpedEntry;
  readonly turns: TurnRow;
  readonly snapshots: Snapshot;
  readonly toolCalls: ToolCallRecord;
  readonly fileBackups: FileBackup;
  /** One at most. */
  readonly pendingTurns: PendingTurn;
}

/** How many lines of each kind there are. */
export type ExportCounts = { readonly [Kind in keyof ExportRecords]: number };

export interface ExportHeader {
  readonly format: string;
  readonly version: number;
  readonly session: SessionRecord;
  readonly counts: ExportCounts;
}

/** The word that opens a line of each kind, and the record in it. The order of these is the order of the lines. */
export const LINES: { readonly [Kind in keyof ExportRecords]: Line<ExportRecords[Kind]> } = {
  blobs: { word: 'blob', record: recordOf<Blob>({ hash: text, bytes: base64 }) },
  entries: {
    word: 'entry',
    record: recordOf<DumpedEntry>({
      id: text,
      parent: orNull(text),
      kind: text,
      payload: text,
      createdAt: count,
      blobs: listOf(text),
    }),
  },
  turns: { word: 'turn', record: turnRecord() },
  snapshots: { word: 'snapshot', record: snapshotRecord() },
  toolCalls: { word: 'toolCall', record: toolCallRecord() },
  fileBackups: {
    word: 'fileBackup',
    record: recordOf<FileBackup>({
      sessionId: text,
      snapshotId: text,
      createdAt: count,
      path: text,
      blobHash: orNull(text),
      mode: orNull(count),
      state: oneOf('kept', 'absent', 'too-large'),
    }),
  },
  pendingTurns: { word: 'pendingTurn', record: recordOf<PendingTurn>({ id: text, ...requestFields() }) },
};

export interface Line<Value> {
  readonly word: string;
  readonly record: Field<Value>;
}

export const HEADER: Field<ExportHeader> = recordOf<ExportHeader>({
  format: text,
  version: count,
  session: recordOf<SessionRecord>({
    id: text,
    tip: text,
    tipTurn: orNull(text),
    forkedFrom: orNull(recordOf({ sessionId: text, snapshotId: text })),
    createdAt: count,
    updatedAt: count,
    metadata: text,
  }),
  counts: recordOf<ExportCounts>({
    blobs: count,
    entries: count,
    turns: count,
    snapshots: count,
    toolCalls: count,
    fileBackups: count,
    pendingTurns: count,
  }),
});

type Fields<Value> = { readonly [Key in keyof Value]-?: Field<Value[Key]> };

function turnRecord(): Field<TurnRow> {
  return recordOf<TurnRow>({
    id: text,
    parentId: orNull(text),
    entryId: text,
    sessionId: text,
    ordinal: count,
    ...requestFields(),
    responseId: orNull(text),
    firstTokenMs: orNull(number),
    durationMs: number,
    stopReason: text,
    usageState: oneOf('final', 'partial', 'none'),
    tokens: recordOf<TokenColumns>({
      fresh: orNull(count),
      cacheRead: orNull(count),
      cacheWrite5m: orNull(count),
      cacheWrite1h: orNull(count),
      cacheWrite30m: orNull(count),
      cacheWrite12h: orNull(count),
      cacheWriteUnknown: orNull(count),
      output: orNull(count),
      reasoning: orNull(count),
    }),
    serverTools: text,
    rawUsage: orNull(text),
    serviceTier: orNull(text),
    costPicoUsd: orNull(integerText),
    hash: text,
  });
}

function requestFields(): Fields<RequestColumns> {
  return {
    family: text,
    model: text,
    startedAt: count,
    prefixFingerprint: text,
    prefixBlocks: orNull(count),
    systemHash: orNull(text),
    toolsHash: orNull(text),
    requestOptions: text,
    marks: text,
  };
}

function snapshotRecord(): Field<Snapshot> {
  return recordOf<Snapshot>({
    id: text,
    sessionId: text,
    entryId: text,
    turnId: text,
    reason: oneOf('turn', 'rewind'),
    createdAt: count,
    label: orNull(text),
    turnCount: count,
    messageCount: count,
    silentTurnCount: count,
    promptPreview: text,
    tokenSnapshot: recordOf<TokenSnapshot>({
      input: count,
      output: count,
      reasoning: count,
      cacheRead: count,
      cacheWrite: count,
    }),
  });
}

function toolCallRecord(): Field<ToolCallRecord> {
  return recordOf<ToolCallRecord>({
    turnId: text,
    position: count,
    sessionId: text,
    toolCallId: text,
    toolName: text,
    effect: oneOf('pure', 'idempotent', 'effect'),
    idempotencyKey: text,
    attempts: count,
    startedAt: count,
    outcome: orNull(text),
    finishedAt: orNull(count),
  });
}
