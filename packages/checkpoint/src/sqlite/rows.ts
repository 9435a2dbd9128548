import { CheckpointError } from '../errors.ts';
import type { Entry, EntryId, SessionRecord, Snapshot, TurnRow } from '../session.ts';
import type { TurnCommit } from '../store.ts';
import type { entries, sessions, snapshots, turns } from './tables.ts';

/** Rows as the tables hold them ↔ records as the contract names them. */

type SessionRow = typeof sessions.$inferSelect;
type EntryRow = typeof entries.$inferSelect;
type SnapshotRow = typeof snapshots.$inferSelect;
type TurnRowInsert = Required<typeof turns.$inferInsert>;

/** A ledger row as it is read: money as decimal text, since the driver hands out doubles. */
type TurnRowRead = Omit<typeof turns.$inferSelect, 'costPicoUsd'> & { readonly costPicoUsd: string | null };

const MAX_PICO_USD = 2n ** 63n - 1n;

export function sessionFromRow(row: SessionRow): SessionRecord {
  const { id, tip, createdAt, forkSessionId, forkSnapshotId } = row;
  const isFork = forkSessionId !== null && forkSnapshotId !== null;
  return { id, tip, createdAt, forkedFrom: isFork ? { sessionId: forkSessionId, snapshotId: forkSnapshotId } : null };
}

export function entryFromRow({ id, parent, kind, payload, createdAt }: EntryRow): Entry {
  return { id, parent, kind, payload, createdAt };
}

export function turnFromRow(row: TurnRowRead): TurnRow {
  requireUsageState(row);
  const { fresh, cacheRead, cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h, cacheWriteUnknown } = row;
  const { output, reasoning, costPicoUsd, ...rest } = row;
  return {
    id: rest.id,
    entryId: rest.entryId,
    sessionId: rest.sessionId,
    responseId: rest.responseId,
    family: rest.family,
    model: rest.model,
    startedAt: rest.startedAt,
    firstTokenMs: rest.firstTokenMs,
    durationMs: rest.durationMs,
    stopReason: rest.stopReason,
    usageState: rest.usageState,
    tokens: {
      fresh,
      cacheRead,
      cacheWrite5m,
      cacheWrite1h,
      cacheWrite30m,
      cacheWrite12h,
      cacheWriteUnknown,
      output,
      reasoning,
    },
    serverTools: rest.serverTools,
    rawUsage: rest.rawUsage,
    prefixFingerprint: rest.prefixFingerprint,
    marks: rest.marks,
    costPicoUsd: costPicoUsd === null ? null : BigInt(costPicoUsd),
  };
}

export function snapshotFromRow(row: SnapshotRow): Snapshot {
  const { id, entryId, sessionId, createdAt, turnCount, messageCount, silentTurnCount, promptPreview } = row;
  const { input, output, reasoning, cacheRead, cacheWrite } = row;
  const tokenSnapshot = { input, output, reasoning, cacheRead, cacheWrite };
  return {
    id,
    entryId,
    sessionId,
    createdAt,
    turnCount,
    messageCount,
    silentTurnCount,
    promptPreview,
    tokenSnapshot,
  };
}

/** The ledger row of a commit. Throws on a number the columns would silently change. */
export function turnToRow(turn: TurnCommit['turn'], owner: { entryId: EntryId; sessionId: string }): TurnRowInsert {
  const { tokens, ...rest } = turn;
  requireCounts(tokens, `The tokens of turn '${turn.id}'`);
  requireCounts({ startedAt: turn.startedAt }, `Turn '${turn.id}'`);
  requirePicoUsd(turn);
  return {
    id: rest.id,
    ...owner,
    responseId: rest.responseId,
    family: rest.family,
    model: rest.model,
    startedAt: rest.startedAt,
    firstTokenMs: rest.firstTokenMs,
    durationMs: rest.durationMs,
    stopReason: rest.stopReason,
    usageState: rest.usageState,
    fresh: tokens.fresh,
    cacheRead: tokens.cacheRead,
    cacheWrite5m: tokens.cacheWrite5m,
    cacheWrite1h: tokens.cacheWrite1h,
    cacheWrite30m: tokens.cacheWrite30m,
    cacheWrite12h: tokens.cacheWrite12h,
    cacheWriteUnknown: tokens.cacheWriteUnknown,
    output: tokens.output,
    reasoning: tokens.reasoning,
    serverTools: rest.serverTools,
    rawUsage: rest.rawUsage,
    prefixFingerprint: rest.prefixFingerprint,
    marks: rest.marks,
    costPicoUsd: rest.costPicoUsd,
  };
}

/** The row of a snapshot. Throws on a number the columns would silently change. */
export function snapshotToRow(snapshot: Snapshot): SnapshotRow {
  const { id, entryId, sessionId, createdAt, turnCount, messageCount, silentTurnCount, promptPreview } = snapshot;
  const { input, output, reasoning, cacheRead, cacheWrite } = snapshot.tokenSnapshot;
  const counts = { turnCount, messageCount, silentTurnCount, input, output, reasoning, cacheRead, cacheWrite };
  requireCounts(counts, `Snapshot '${id}'`);
  return { id, entryId, sessionId, createdAt, promptPreview, ...counts };
}

/** Throws unless every value is `null` or an integer of at least 0. SQLite would turn a NaN into NULL, "not reported". */
export function requireCounts(counts: object, owner: string): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value !== null && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new CheckpointError(
        'checkpoint/invalid-write',
        `${owner}: ${name} is ${value}, but an integer of at least 0 is expected. Nothing was written.`,
      );
    }
  }
}

/** Throws unless UTF-8 can hold the text: a lone surrogate would come back as another character. */
export function requireUnicode(text: string, what: string): void {
  if (typeof text !== 'string' || !text.isWellFormed()) {
    throw new CheckpointError(
      'checkpoint/invalid-write',
      `${what} is not well-formed Unicode text. Nothing was written.`,
    );
  }
}

/** The type of the column is a promise of the compiler alone. */
function requireUsageState({ id, entryId, usageState }: TurnRowRead): void {
  if (usageState !== 'final' && usageState !== 'partial' && usageState !== 'none') {
    throw new CheckpointError(
      'checkpoint/corrupt',
      `Turn '${id}' of entry ${entryId} is unreadable: usageState is '${usageState}'.`,
    );
  }
}

function requirePicoUsd({ id, costPicoUsd }: TurnCommit['turn']): void {
  if (costPicoUsd !== null && (costPicoUsd > MAX_PICO_USD || costPicoUsd < -MAX_PICO_USD)) {
    throw new CheckpointError(
      'checkpoint/invalid-write',
      `Turn '${id}': costPicoUsd is ${costPicoUsd}, more than 64 bits hold. Nothing was written.`,
    );
  }
}
