import { hash } from 'node:crypto';
import type { FileBackup } from './file-backup.ts';
import type { LeaseState } from './lease.ts';
import type { PendingTurn, TurnRow } from './ledger.ts';
import type { SessionId, SessionRecord, Snapshot } from './session.ts';
import type { ToolCallRecord } from './tool-call.ts';

/**
 * Hashes of the rows that are not named by their content, stored with them, so that a damaged one is found.
 *
 * Each is the SHA-256 of the UTF-8 bytes of a JSON array of the row's fields in the order written here, in hexadecimal digits. A field
 * that joins a row later is added to the end of the array only where it is not `null`, so that the hashes of older rows stay.
 */

/** Covers the hash of the parent as well, and so every turn before this one. */
export function hashTurn(turn: Omit<TurnRow, 'hash'>, parentHash: string | null): string {
  const { tokens } = turn;
  return hashFields([
    parentHash,
    turn.id,
    turn.parentId,
    turn.entryId,
    turn.sessionId,
    turn.ordinal,
    turn.responseId,
    turn.family,
    turn.model,
    turn.startedAt,
    turn.firstTokenMs,
    turn.durationMs,
    turn.stopReason,
    turn.usageState,
    tokens.fresh,
    tokens.cacheRead,
    tokens.cacheWrite5m,
    tokens.cacheWrite1h,
    tokens.cacheWrite30m,
    tokens.cacheWrite12h,
    tokens.cacheWriteUnknown,
    tokens.output,
    tokens.reasoning,
    turn.serverTools,
    turn.rawUsage,
    turn.serviceTier,
    turn.prefixFingerprint,
    turn.prefixBlocks,
    turn.systemHash,
    turn.toolsHash,
    turn.requestOptions,
    turn.marks,
    turn.costPicoUsd?.toString() ?? null,
  ]);
}

export function hashSnapshot(snapshot: Snapshot): string {
  const { tokenSnapshot: tokens } = snapshot;
  return hashFields([
    snapshot.id,
    snapshot.sessionId,
    snapshot.entryId,
    snapshot.turnId,
    snapshot.reason,
    snapshot.createdAt,
    snapshot.label,
    snapshot.turnCount,
    snapshot.messageCount,
    snapshot.silentTurnCount,
    snapshot.promptPreview,
    tokens.input,
    tokens.output,
    tokens.reasoning,
    tokens.cacheRead,
    tokens.cacheWrite,
  ]);
}

/** Covers how many turns the session has committed, so that a lost row of its ledger is found. */
export function hashSession(session: SessionRecord, turnsCommitted: number): string {
  const { forkedFrom } = session;
  return hashFields([
    session.id,
    session.tip,
    session.tipTurn,
    forkedFrom?.sessionId ?? null,
    forkedFrom?.snapshotId ?? null,
    session.createdAt,
    session.updatedAt,
    session.metadata,
    turnsCommitted,
  ]);
}

export function hashToolCall(call: ToolCallRecord): string {
  return hashFields([
    call.turnId,
    call.position,
    call.sessionId,
    call.toolCallId,
    call.toolName,
    call.effect,
    call.idempotencyKey,
    call.attempts,
    call.startedAt,
    call.outcome,
    call.finishedAt,
  ]);
}

export function hashPendingTurn(turn: PendingTurn, sessionId: SessionId): string {
  return hashFields([
    sessionId,
    turn.id,
    turn.family,
    turn.model,
    turn.startedAt,
    turn.prefixFingerprint,
    turn.prefixBlocks,
    turn.systemHash,
    turn.toolsHash,
    turn.requestOptions,
    turn.marks,
  ]);
}

export function hashFileBackup(backup: FileBackup): string {
  return hashFields([
    backup.sessionId,
    backup.snapshotId,
    backup.createdAt,
    backup.path,
    backup.blobHash,
    backup.mode,
    backup.state,
  ]);
}

export function hashLease(lease: LeaseState): string {
  return hashFields([lease.sessionId, lease.holder, lease.fence, lease.expiresAt, Number(lease.interruptRequested)]);
}

function hashFields(fields: readonly (string | number | null)[]): string {
  return hash('sha256', JSON.stringify(fields), 'hex');
}
