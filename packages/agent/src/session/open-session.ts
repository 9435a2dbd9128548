import {
  type BlobHash,
  CheckpointError,
  type CheckpointStore,
  type Entry,
  type FileCheckpointer,
  type SessionId,
  type SessionRecord,
  type Snapshot,
  type TurnRow,
} from '@reprise/checkpoint';
import type { ApprovalLog } from '../approval/approval.ts';
import { describe } from '../content-blocks.ts';
import { AgentError } from '../errors.ts';
import type { LeaseOptions } from '../lease/lease-options.ts';
import type { Ports } from '../ports.ts';
import { type AgentState, initialState } from '../state.ts';
import type { KeyedPlaces } from './keyed-places.ts';
import { decodeHistory, EDIT_KIND } from './record.ts';

export interface SessionOptions extends LeaseOptions {
  /** The session to create, or to resume if it exists. Default: a new id. With `snapshotId`: the new session's id, which must be free. */
  readonly id?: string;
  /** Resumes at that snapshot, in a new session that shares everything before it. */
  readonly snapshotId?: string;
  /** Rejects with `checkpoint/session-missing` where there is no session `id`, instead of creating it. Default false. */
  readonly mustExist?: boolean;
  /** Keeps the files that tools touch in this session. Default: the agent's. */
  readonly files?: FileCheckpointer;
}

/** A session as the store has it, all of it of one moment. */
export interface LoadedSession {
  readonly record: SessionRecord;
  readonly state: AgentState;
  /** The last ledger row of the branch; `undefined` before the first turn. */
  readonly lastTurn: TurnRow | undefined;
  /** Whether the history was edited after that turn, so that the next request does not go on from its prefix. */
  readonly isEdited: boolean;
  /** What the branch holds of approvals. */
  readonly approvals: ApprovalLog;
  /** Where the messages stand that were sent with a key. */
  readonly keyedPlaces: KeyedPlaces;
  /** The blobs that the session names, so far as it was read: they stay as long as it does. */
  readonly blobs: readonly BlobHash[];
}

/**
 * Creates, forks or resumes a session. Rejects with the store's `CheckpointError`, `agent/unreadable-entry`, `agent/session-busy`, or
 * `agent/invalid-option` for an id that is none.
 */
export async function loadSession(
  store: CheckpointStore,
  options: SessionOptions,
  ports: Ports,
): Promise<LoadedSession> {
  return readRecord(store, await findOrCreate(store, options, ports));
}

/** The session as it is now. Rejects with `checkpoint/session-missing`, and like `loadSession`. */
export async function reloadSession(
  store: CheckpointStore,
  sessionId: SessionId,
  attempts: number = MAX_ATTEMPTS,
): Promise<LoadedSession> {
  const record = await store.readSession(sessionId);
  if (record) return readRecord(store, record, attempts);
  throw sessionMissing(sessionId, 'any more');
}

function sessionMissing(id: SessionId, where: string): CheckpointError {
  return new CheckpointError('checkpoint/session-missing', `There is no session '${id}' ${where}.`);
}

const MAX_ATTEMPTS = 10;

/** What is read with several calls is of one moment if each tells of the same tip; another process may be going on meanwhile. */
async function readRecord(
  store: CheckpointStore,
  record: SessionRecord,
  attempts = MAX_ATTEMPTS,
): Promise<LoadedSession> {
  const [entries, snapshot, lastTurn] = await Promise.all([
    store.readEntries(record.id),
    store.readLastSnapshot(record.id),
    store.readLastTurn(record.id),
  ]);
  const tip = entries.at(-1)?.id ?? record.tip;
  const tipTurn = lastTurn?.id ?? null;
  const isOneMoment = tip === record.tip && tipTurn === record.tipTurn && (snapshot?.turnId ?? null) === tipTurn;
  if (!isOneMoment && attempts > 1) return reloadSession(store, record.id, attempts - 1);
  if (!isOneMoment) throw neverAtRest(record.id);
  const { messages, approvals, keyedPlaces, blobs } = await decodeHistory(store, entries);
  const named = [...blobs, lastTurn?.systemHash, lastTurn?.toolsHash];
  return {
    record,
    state: { ...totals(snapshot), messages },
    approvals,
    keyedPlaces,
    lastTurn,
    isEdited: isEdited(entries, lastTurn),
    blobs: named.filter((hash) => hash !== null && hash !== undefined),
  };
}

function isEdited(entries: readonly Entry[], lastTurn: TurnRow | undefined): boolean {
  const after = entries.slice(entries.findIndex(({ id }) => id === lastTurn?.entryId) + 1);
  return after.some(({ kind }) => kind === EDIT_KIND);
}

function neverAtRest(id: SessionId): AgentError {
  return new AgentError(
    'agent/session-busy',
    `Session ${id} could not be read: ${MAX_ATTEMPTS} times its tip, its last turn and its totals were of different moments. Try again while nobody goes on with it.`,
  );
}

async function findOrCreate(store: CheckpointStore, options: SessionOptions, ports: Ports): Promise<SessionRecord> {
  checkNames(options);
  const { id = ports.createId(), snapshotId } = options;
  const createdAt = ports.clock();
  if (snapshotId !== undefined) return store.forkSession({ id, snapshotId, createdAt });
  const found = await store.readSession(id);
  if (!found && options.mustExist) throw sessionMissing(id, 'in this store');
  return found ?? store.createSession({ id, createdAt });
}

/** An id that is empty or no text is a mistake, and would be everybody's who makes the same. */
function checkNames({ id, snapshotId }: SessionOptions): void {
  for (const [name, value] of Object.entries({ id, snapshotId })) {
    if (value === undefined || (typeof value === 'string' && value !== '')) continue;
    const told = value === '' ? "''" : describe(value);
    throw new AgentError(
      'agent/invalid-option',
      `${name} is ${told}; it must be a text that is not empty, or left out.`,
    );
  }
}

/** The totals of a branch are those of its last snapshot: it was committed with the last turn, and only turns count. */
function totals(snapshot: Snapshot | undefined): AgentState {
  if (!snapshot) return initialState();
  const { tokenSnapshot, turnCount, silentTurnCount } = snapshot;
  return {
    ...initialState(),
    turnCount,
    silentTurnCount,
    totalInputTokens: tokenSnapshot.input,
    totalOutputTokens: tokenSnapshot.output,
    totalReasoningTokens: tokenSnapshot.reasoning,
    totalCacheReadTokens: tokenSnapshot.cacheRead,
    totalCacheWriteTokens: tokenSnapshot.cacheWrite,
  };
}
