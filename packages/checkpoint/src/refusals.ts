/** The refusals of the contract, in the same words from every store. */

import type { BlobHash } from './blob.ts';
import { CheckpointError } from './errors.ts';
import type { RunId } from './run.ts';
import type { EntryId, SessionId, SnapshotId, TurnId } from './session.ts';

export function sessionMissing(id: SessionId): CheckpointError {
  return new CheckpointError('checkpoint/session-missing', `There is no session '${id}' in this store.`);
}

export function sessionExists(id: SessionId): CheckpointError {
  return new CheckpointError(
    'checkpoint/session-exists',
    `There is a session '${id}' already. Nothing was written; choose another id, or go on with that one.`,
  );
}

/** For an id whose session was deleted while its forks kept turns that it committed. */
export function sessionIdInLedger(id: SessionId): CheckpointError {
  return new CheckpointError(
    'checkpoint/session-exists',
    `Session '${id}' was deleted, and its forks keep turns of it. Nothing was written; choose another id.`,
  );
}

export function snapshotMissing(id: SnapshotId, place = 'in this store'): CheckpointError {
  return new CheckpointError('checkpoint/snapshot-missing', `There is no snapshot '${id}' ${place}.`);
}

export function turnMissing(id: TurnId): CheckpointError {
  return new CheckpointError('checkpoint/turn-missing', `There is no turn '${id}' in the ledger. Nothing was written.`);
}

export function runMissing(id: RunId): CheckpointError {
  return new CheckpointError('checkpoint/run-missing', `There is no run '${id}' in this store, or none any more.`);
}

export function runExists(id: RunId): CheckpointError {
  return new CheckpointError('checkpoint/run-exists', `There is a run '${id}' already. Nothing was written.`);
}

export function runEnded(id: RunId): CheckpointError {
  return new CheckpointError('checkpoint/run-ended', `Run '${id}' has ended. Nothing was written.`);
}

export function blobMissing(hash: BlobHash): CheckpointError {
  return new CheckpointError('checkpoint/blob-missing', `The store does not have the bytes of blob ${hash}.`);
}

export function tipMoved(sessionId: SessionId, expectedTip: EntryId, tip: EntryId): CheckpointError {
  return new CheckpointError(
    'checkpoint/tip-moved',
    `Session '${sessionId}' has moved from ${expectedTip} to ${tip}. Nothing was written; read it again.`,
  );
}

export function storeClosed(store: string): CheckpointError {
  return new CheckpointError('checkpoint/closed', `${store} was closed. Open it again.`);
}

/** A time for people, whatever number it is. */
export function timeText(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? `${at}` : date.toISOString();
}

/** `what` is a sentence without its full stop. */
export function invalidWrite(what: string): CheckpointError {
  return new CheckpointError('checkpoint/invalid-write', `${what}. Nothing was written.`);
}

/** `what` is a sentence without its full stop. */
export function invalidImport(what: string): CheckpointError {
  return new CheckpointError('checkpoint/invalid-import', `${what}. Nothing was written.`);
}
