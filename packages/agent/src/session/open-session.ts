import type { CheckpointStore, SessionRecord, Snapshot } from '@reprise/checkpoint';
import type { Ports } from '../ports.ts';
import { type AgentState, initialState } from '../state.ts';
import { decodeMessage } from './record.ts';

export interface SessionOptions {
  /** The session to create, or to resume if it exists. Default: a new id. With `snapshotId`: the new session's id, which must be free. */
  readonly id?: string;
  /** Resumes at that snapshot, in a new session that shares everything before it. */
  readonly snapshotId?: string;
}

/** A session as the store has it. */
export interface LoadedSession {
  readonly record: SessionRecord;
  readonly state: AgentState;
}

/** Creates, forks or resumes a session. Rejects with the store's `CheckpointError`, or `agent/unreadable-entry`. */
export async function loadSession(
  store: CheckpointStore,
  options: SessionOptions,
  ports: Ports,
): Promise<LoadedSession> {
  const record = await findOrCreate(store, options, ports);
  const [entries, snapshot] = await Promise.all([store.readEntries(record.id), store.readLastSnapshot(record.id)]);
  return { record, state: { ...totals(snapshot), messages: entries.map(decodeMessage) } };
}

async function findOrCreate(store: CheckpointStore, options: SessionOptions, ports: Ports): Promise<SessionRecord> {
  const { id = ports.createId(), snapshotId } = options;
  const createdAt = ports.clock();
  if (snapshotId !== undefined) return store.forkSession({ id, snapshotId, createdAt });
  return (await store.readSession(id)) ?? store.createSession({ id, createdAt });
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
