/**
 * Rows as SQL hands them out ↔ records as the contract names them, alike for both databases.
 *
 * Owns: the names of selected columns, and the check of each row against its hash.
 * Leaves to the stores: how a query joins the names in.
 */

import { CheckpointError } from '../errors.ts';
import type { FileBackup } from '../file-backup.ts';
import type { LeaseState } from '../lease.ts';
import type { PendingTurn, RequestColumns, TokenColumns, TurnRow } from '../ledger.ts';
import { hashSession, hashSnapshot, hashToolCall, hashTurn } from '../row-hash.ts';
import type { SessionRecord, Snapshot, TokenSnapshot } from '../session.ts';
import type { ToolCallRecord } from '../tool-call.ts';

/** A session with the names of what it points at. */
export interface SessionSelection extends Omit<SessionRecord, 'forkedFrom'> {
  readonly forkSessionId: string | null;
  readonly forkSnapshotId: string | null;
  /** How many turns the session has committed. */
  readonly turnsCommitted: number;
  readonly hash: string;
}

/** A ledger row with the names of what it points at. Money is decimal text: the drivers have no number for it. */
export interface TurnSelection extends Omit<TurnRow, 'tokens' | 'costPicoUsd'>, TokenColumns {
  readonly costPicoUsd: string | null;
  /** The hash of the turn before it; `null` for the first. */
  readonly parentHash: string | null;
}

/** A snapshot with the names of what it points at. Counters that a store from before them lacks are `null`. */
export interface SnapshotSelection extends Omit<Snapshot, 'tokenSnapshot'>, Record<keyof TokenSnapshot, number | null> {
  readonly hash: string;
}

export interface ToolCallSelection extends ToolCallRecord {
  readonly hash: string;
}

export function sessionFromRow(row: SessionSelection): SessionRecord {
  const { id, tip, tipTurn, forkSessionId, forkSnapshotId, createdAt, updatedAt, metadata } = row;
  const isFork = forkSessionId !== null && forkSnapshotId !== null;
  const forkedFrom = isFork ? { sessionId: forkSessionId, snapshotId: forkSnapshotId } : null;
  const session: SessionRecord = { id, tip, tipTurn, forkedFrom, createdAt, updatedAt, metadata };
  requireHash(hashSession(session, row.turnsCommitted), row.hash, `session '${id}'`);
  return session;
}

export function turnFromRow(row: TurnSelection): TurnRow {
  const turn = { ...requestFromRow(row), ...outcomeFromRow(row) };
  requireHash(hashTurn(turn, row.parentHash), row.hash, `turn '${row.id}' of entry ${row.entryId}`);
  return { ...turn, hash: row.hash };
}

export function snapshotFromRow(row: SnapshotSelection): Snapshot {
  const { input, output, reasoning, cacheRead, cacheWrite, hash, ...rest } = row;
  const snapshot: Snapshot = {
    id: rest.id,
    sessionId: rest.sessionId,
    entryId: rest.entryId,
    turnId: rest.turnId,
    reason: rest.reason,
    createdAt: rest.createdAt,
    label: rest.label,
    turnCount: rest.turnCount,
    messageCount: rest.messageCount,
    silentTurnCount: rest.silentTurnCount,
    promptPreview: rest.promptPreview,
    tokenSnapshot: {
      input: input ?? 0,
      output: output ?? 0,
      reasoning: reasoning ?? 0,
      cacheRead: cacheRead ?? 0,
      cacheWrite: cacheWrite ?? 0,
    },
  };
  requireHash(hashSnapshot(snapshot), hash, `snapshot '${snapshot.id}'`);
  return snapshot;
}

export function toolCallFromRow(row: ToolCallSelection): ToolCallRecord {
  const { hash, ...rest } = row;
  const call: ToolCallRecord = {
    turnId: rest.turnId,
    position: rest.position,
    sessionId: rest.sessionId,
    toolCallId: rest.toolCallId,
    toolName: rest.toolName,
    effect: rest.effect,
    idempotencyKey: rest.idempotencyKey,
    attempts: rest.attempts,
    startedAt: rest.startedAt,
    outcome: rest.outcome,
    finishedAt: rest.finishedAt,
  };
  requireHash(hashToolCall(call), hash, `tool call ${call.position} of turn '${call.turnId}'`);
  return call;
}

export function pendingTurnFromRow(row: PendingTurn): PendingTurn {
  return { id: row.id, ...requestFromRow(row) };
}

export function leaseFromRow(row: LeaseState): LeaseState {
  const { sessionId, holder, fence, expiresAt, interruptRequested } = row;
  return { sessionId, holder, fence, expiresAt, interruptRequested };
}

export function fileBackupFromRow(row: FileBackup): FileBackup {
  const { sessionId, snapshotId, createdAt, path, blobHash, mode, state } = row;
  return { sessionId, snapshotId, createdAt, path, blobHash, mode, state };
}

const DAMAGED = 'The store is damaged: ';
const WHAT_TO_DO = '. Restore it from a backup; it was left as it is.';

/** An error for stored data that is not what it was when it was written. */
export function corrupt(what: string): CheckpointError {
  return new CheckpointError('checkpoint/corrupt', `${DAMAGED}${what}${WHAT_TO_DO}`);
}

/** The error with the place of the store in it: whoever reads a row does not know whose it is. */
export function locateDamage(error: CheckpointError, place: string): CheckpointError {
  if (error.code !== 'checkpoint/corrupt' || !error.message.startsWith(DAMAGED)) return error;
  const message = `${place} is damaged: ${error.message.slice(DAMAGED.length)}`;
  return new CheckpointError('checkpoint/corrupt', message, { cause: error });
}

/** What is damaged, in the words given to `corrupt`. */
export function damageIn(error: CheckpointError): string {
  const { message } = error.cause instanceof CheckpointError ? error.cause : error;
  const isFramed = message.startsWith(DAMAGED) && message.endsWith(WHAT_TO_DO);
  return isFramed ? message.slice(DAMAGED.length, -WHAT_TO_DO.length) : message;
}

function requireHash(computed: string, stored: string, what: string): void {
  if (computed !== stored) throw corrupt(`${what} is not what it was when it was written`);
}

function requestFromRow(row: RequestColumns): RequestColumns {
  const { family, model, startedAt, prefixFingerprint, prefixBlocks, systemHash, toolsHash, requestOptions, marks } =
    row;
  return { family, model, startedAt, prefixFingerprint, prefixBlocks, systemHash, toolsHash, requestOptions, marks };
}

function outcomeFromRow(row: TurnSelection): Omit<TurnRow, keyof RequestColumns | 'hash'> {
  return {
    id: row.id,
    parentId: row.parentId,
    entryId: row.entryId,
    sessionId: row.sessionId,
    ordinal: row.ordinal,
    responseId: row.responseId,
    firstTokenMs: row.firstTokenMs,
    durationMs: row.durationMs,
    stopReason: row.stopReason,
    usageState: row.usageState,
    tokens: {
      fresh: row.fresh,
      cacheRead: row.cacheRead,
      cacheWrite5m: row.cacheWrite5m,
      cacheWrite1h: row.cacheWrite1h,
      cacheWrite30m: row.cacheWrite30m,
      cacheWrite12h: row.cacheWrite12h,
      cacheWriteUnknown: row.cacheWriteUnknown,
      output: row.output,
      reasoning: row.reasoning,
    },
    serverTools: row.serverTools,
    rawUsage: row.rawUsage,
    serviceTier: row.serviceTier,
    costPicoUsd: picoUsdFromRow(row),
  };
}

function picoUsdFromRow({ id, entryId, costPicoUsd }: TurnSelection): bigint | null {
  if (costPicoUsd === null) return null;
  if (!/^-?\d+$/.test(costPicoUsd)) throw corrupt(`turn '${id}' of entry ${entryId} has no number for its cost`);
  return BigInt(costPicoUsd);
}
