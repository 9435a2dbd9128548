/**
 * Commits turned into the rows they will be, checked, before anything is written.
 *
 * Owns: what a store refuses to write, and the rows' hashes. Pure, and the same for every store.
 */

import { requireCounts, requirePicoUsd, requireText } from './checks.ts';
import { CheckpointError } from './errors.ts';
import type { NewTurn, PendingTurn, RequestColumns, TurnRow } from './ledger.ts';
import { hashTurn } from './row-hash.ts';
import type { NewEntry, Snapshot, SnapshotContent, SnapshotId } from './session.ts';
import type { ToolCallRecord } from './tool-call.ts';
import type { NewSession } from './writes.ts';

/** The row of a turn. Throws `checkpoint/invalid-write` for what would come back as something else. */
export function prepareTurn(
  turn: NewTurn,
  place: Pick<TurnRow, 'parentId' | 'entryId' | 'sessionId' | 'ordinal'>,
  parentHash: string | null,
): TurnRow {
  const owner = `Turn '${turn.id}'`;
  checkRequest(turn, owner);
  requireCounts(turn.tokens, `The tokens of turn '${turn.id}'`);
  requirePicoUsd(turn.costPicoUsd, owner);
  requireDurations(turn, owner);
  for (const text of [turn.id, turn.responseId, turn.stopReason, turn.serverTools, turn.rawUsage, turn.serviceTier]) {
    requireText(text, `A text of turn '${turn.id}'`);
  }
  const row = { ...turn, ...place };
  return { ...row, hash: hashTurn(row, parentHash) };
}

/** The note of a turn, of whatever else the turn has. Throws `checkpoint/invalid-write`. */
export function preparePendingTurn(turn: PendingTurn): PendingTurn {
  checkPendingTurn(turn);
  const { id, family, model, startedAt, prefixFingerprint, prefixBlocks, systemHash, toolsHash } = turn;
  const { requestOptions, marks } = turn;
  const request = { family, model, startedAt, prefixFingerprint, prefixBlocks, systemHash, toolsHash };
  return { id, ...request, requestOptions, marks };
}

/** The snapshot as it will be kept. Throws `checkpoint/invalid-write` for what would come back as something else. */
export function prepareSnapshot(
  content: SnapshotContent & { readonly id: SnapshotId },
  place: Pick<Snapshot, 'sessionId' | 'entryId' | 'turnId' | 'reason' | 'createdAt'>,
): Snapshot {
  const { id, turnCount, messageCount, silentTurnCount, promptPreview } = content;
  const { input, output, reasoning, cacheRead, cacheWrite } = content.tokenSnapshot;
  const tokenSnapshot = { input, output, reasoning, cacheRead, cacheWrite };
  const counters = { turnCount, messageCount, silentTurnCount, promptPreview, tokenSnapshot };
  const snapshot: Snapshot = { id, ...place, label: null, ...counters };
  checkSnapshot(snapshot);
  return snapshot;
}

export function checkPendingTurn(turn: PendingTurn): void {
  requireText(turn.id, 'The id of the turn');
  checkRequest(turn, `Turn '${turn.id}'`);
}

export function checkSnapshot(snapshot: Snapshot): void {
  const { id, createdAt, turnCount, messageCount, silentTurnCount, tokenSnapshot } = snapshot;
  requireText(id, 'The id of the snapshot');
  requireText(snapshot.promptPreview, `The prompt preview of snapshot '${id}'`);
  requireText(snapshot.label, `The label of snapshot '${id}'`);
  requireCounts({ createdAt, turnCount, messageCount, silentTurnCount, ...tokenSnapshot }, `Snapshot '${id}'`);
}

export function checkEntry({ kind, payload }: NewEntry, createdAt: number): void {
  requireText(kind, 'The kind of the entry');
  requireText(payload, `The payload of the entry of kind '${kind}'`);
  requireCounts({ createdAt }, `An entry of kind '${kind}'`);
}

export function checkSession({ id, createdAt, metadata = '{}' }: NewSession): void {
  requireText(id, 'The id of the session');
  requireText(metadata, `The metadata of session '${id}'`);
  requireCounts({ createdAt }, `Session '${id}'`);
}

export function checkToolCall(call: ToolCallRecord): void {
  const owner = `Tool call ${call.position} of turn '${call.turnId}'`;
  const { position, attempts, startedAt, finishedAt } = call;
  for (const text of [call.toolCallId, call.toolName, call.idempotencyKey, call.outcome]) requireText(text, owner);
  requireCounts({ position, attempts, startedAt, finishedAt }, owner);
}

function checkRequest(request: RequestColumns, owner: string): void {
  const { startedAt, prefixBlocks, prefixFingerprint, requestOptions, marks, family, model } = request;
  requireCounts({ startedAt, prefixBlocks }, owner);
  for (const text of [prefixFingerprint, requestOptions, marks, family, model]) requireText(text, `A text of ${owner}`);
}

function requireDurations({ firstTokenMs, durationMs }: NewTurn, owner: string): void {
  for (const [name, value] of Object.entries({ firstTokenMs, durationMs })) {
    if (value !== null && !Number.isFinite(value)) {
      throw new CheckpointError('checkpoint/invalid-write', `${owner}: ${name} is ${value}. Nothing was written.`);
    }
  }
}
