/**
 * Whether a dump may be written into a store: it is whole, every store can hold it, and it agrees with what is there.
 *
 * Owns: what `restoreSession` refuses, alike for every store. Pure.
 *
 * R1. A record that is here already is the same as in the dump, but for a snapshot's label and what its journal came to later.
 * R2. No session that is here gets a turn it did not commit here: its ledger is complete.
 * R3. Turns that forks kept of the dumped session are in the dump, so that its ledger is complete again.
 */

import { requireConsistentDump } from './check-dump.ts';
import { requireCounts, requireText } from './checks.ts';
import { CheckpointError } from './errors.ts';
import type { TurnRow } from './ledger.ts';
import {
  checkEntry,
  checkPendingTurn,
  checkSession,
  checkSnapshot,
  checkToolCall,
  prepareTurn,
} from './prepare-rows.ts';
import { invalidImport } from './refusals.ts';
import { hashSnapshot } from './row-hash.ts';
import type { SessionId, Snapshot } from './session.ts';
import type { SessionDump } from './session-dump.ts';
import type { ToolCallRecord } from './tool-call.ts';

/** What the store holds that the dump may be at odds with. */
export interface RecordsHere {
  /** The ids of the sessions that are here, of those that the dump's turns name. */
  readonly sessionIds: ReadonlySet<SessionId>;
  /** Turns that share their id, or their session and ordinal, with one of the dump's, and every one that the dumped session committed. */
  readonly turns: readonly TurnRow[];
  /** Snapshots that share their id with one of the dump's. */
  readonly snapshots: readonly Snapshot[];
  /** The journal of the dump's turns. */
  readonly toolCalls: readonly ToolCallRecord[];
}

/** Throws `checkpoint/invalid-import` unless the dump may be written. */
export function requireRestorable(dump: SessionDump, here: RecordsHere): void {
  requireConsistentDump(dump);
  requireStorable(dump);
  requireSameTurns(dump, here);
  requireSameSnapshots(dump, here.snapshots);
  requireSameCalls(dump, here.toolCalls);
}

function requireStorable(dump: SessionDump): void {
  try {
    checkSession(dump.session);
    requireCounts({ updatedAt: dump.session.updatedAt }, `Session '${dump.session.id}'`);
    for (const entry of dump.entries) checkEntry(entry, entry.createdAt);
    for (const turn of dump.turns) prepareTurn(turn, turn, null);
    for (const snapshot of dump.snapshots) checkSnapshot(snapshot);
    for (const call of dump.toolCalls) checkToolCall(call);
    for (const { path, createdAt, mode } of dump.fileBackups) {
      requireText(path, 'The path of a file backup');
      requireCounts({ createdAt, mode }, `The backup of '${path}'`);
    }
    if (dump.pendingTurn !== null) checkPendingTurn(dump.pendingTurn);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError('checkpoint/invalid-import', error.message, { cause: error });
  }
}

function requireSameTurns({ session, turns }: SessionDump, here: RecordsHere): void {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const byPlace = new Map(turns.map((turn) => [placeOf(turn), turn]));
  for (const turn of here.turns) {
    const dumped = byId.get(turn.id) ?? byPlace.get(placeOf(turn));
    if (dumped === undefined)
      throw invalidImport(`A fork of session '${session.id}' keeps turn '${turn.id}' of it, which the dump lacks`);
    if (dumped.hash !== turn.hash)
      throw invalidImport(`Turn '${dumped.id}' of the dump is another than turn '${turn.id}' here`);
  }
  const known = new Set(here.turns.map(({ id }) => id));
  const added = turns.find((turn) => !known.has(turn.id) && here.sessionIds.has(turn.sessionId));
  if (added)
    throw invalidImport(`Session '${added.sessionId}' is here and has not committed turn '${added.id}' of the dump`);
}

function requireSameSnapshots({ session, snapshots }: SessionDump, here: readonly Snapshot[]): void {
  const byId = new Map(here.map((snapshot) => [snapshot.id, snapshot]));
  for (const snapshot of snapshots) {
    if (snapshot.reason === 'rewind' && snapshot.sessionId !== session.id) {
      throw invalidImport(`Snapshot '${snapshot.id}' names a place that another session was rewound from`);
    }
    const same = byId.get(snapshot.id);
    if (same && hashSnapshot({ ...same, label: null }) !== hashSnapshot({ ...snapshot, label: null })) {
      throw invalidImport(`Snapshot '${snapshot.id}' of the dump is another than the one here`);
    }
  }
}

function requireSameCalls({ toolCalls }: SessionDump, here: readonly ToolCallRecord[]): void {
  const byPlace = new Map(here.map((call) => [callPlaceOf(call), call]));
  for (const call of toolCalls) {
    const same = byPlace.get(callPlaceOf(call));
    if (same && (same.toolCallId !== call.toolCallId || same.idempotencyKey !== call.idempotencyKey)) {
      throw invalidImport(
        `Tool call ${call.position} of turn '${call.turnId}' of the dump is another than the one here`,
      );
    }
  }
}

function placeOf({ sessionId, ordinal }: TurnRow): string {
  return JSON.stringify([sessionId, ordinal]);
}

function callPlaceOf({ turnId, position }: ToolCallRecord): string {
  return JSON.stringify([turnId, position]);
}
