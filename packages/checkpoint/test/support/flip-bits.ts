import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CheckpointError, type CheckpointStore, openSqliteStore } from '../../src/index.ts';
import { plain } from './read-everything.ts';

/** Everything that can be asked of a store, call by call: what each resolves to, as plain JSON. */
export type Answers = ReadonlyMap<string, unknown>;

/** Asks everything about these sessions. A call that is refused answers with its error. */
async function askEverything(store: CheckpointStore, known: Known): Promise<Answers> {
  const calls: [string, Promise<unknown>][] = [
    ['listSessions', store.listSessions({ limit: 100 })],
    ['listSessions of a prefix', store.listSessions({ limit: 100, prefix: 'fo' })],
    ['countSessions', store.countSessions()],
    ['countSessions of a prefix', store.countSessions({ prefix: 'fo' })],
    ['listRuns', store.listRuns()],
    ['listRuns of a session', store.listRuns({ sessionId: 'a' })],
    ['listRuns of a prefix', store.listRuns({ sessionPrefix: 'a' })],
    ['listRuns that wait', store.listRuns({ states: ['waiting'] })],
    ['countRuns', store.countRuns()],
    ['countRuns of a prefix', store.countRuns({ sessionPrefix: 'a' })],
  ];
  for (const id of known.sessions) {
    calls.push(
      [`readSession ${id}`, store.readSession(id)],
      [`readEntries ${id}`, store.readEntries(id)],
      [`readTurns ${id}`, store.readTurns(id)],
      [`readLastTurn ${id}`, store.readLastTurn(id)],
      [`readLedger ${id}`, store.readLedger(id)],
      [`readSnapshots ${id}`, store.readSnapshots(id)],
      [`readLastSnapshot ${id}`, store.readLastSnapshot(id)],
      [`listSnapshots ${id}`, store.listSnapshots(id, { limit: 100 })],
      [`readPendingTurn ${id}`, store.readPendingTurn(id)],
      [`readLease ${id}`, store.readLease(id)],
      [`dumpSession ${id}`, store.dumpSession(id)],
    );
  }
  for (const id of known.turns) calls.push([`readToolCalls ${id}`, store.readToolCalls(id)]);
  for (const id of known.snapshots) {
    calls.push([`readSnapshot ${id}`, store.readSnapshot(id)], [`readEntriesTo ${id}`, store.readEntriesTo(id)]);
  }
  for (const id of known.runs) {
    calls.push(
      [`readRun ${id}`, store.readRun(id)],
      [`readRunEvents ${id}`, store.readRunEvents(id)],
      [`readRunEvents ${id} from 2 on`, store.readRunEvents(id, { after: 1, limit: 2 })],
    );
  }
  for (const { sessionId, snapshotId } of known.backups) {
    calls.push([`readFileBackups ${sessionId} ${snapshotId}`, store.readFileBackups({ sessionId, snapshotId })]);
  }
  const answers = await Promise.all(calls.map(([, call]) => call.then(plain, (error: unknown) => error)));
  return new Map(calls.map(([name], index) => [name, answers[index]]));
}

/** The names of what a store holds. */
export interface Known {
  readonly sessions: readonly string[];
  readonly turns: readonly string[];
  readonly snapshots: readonly string[];
  readonly runs: readonly string[];
  readonly backups: readonly { readonly sessionId: string; readonly snapshotId: string }[];
}

/** Opens the store and asks everything; an error if it is refused. */
export async function openAndAsk(path: string, known: Known): Promise<Answers | CheckpointError> {
  let store: CheckpointStore;
  try {
    store = openSqliteStore({ path, busyTimeoutMs: 1 });
  } catch (error) {
    if (error instanceof CheckpointError) return error;
    throw error;
  }
  try {
    return await askEverything(store, known);
  } finally {
    await store.close();
  }
}

/** A store's file, and the log beside it if there is one. */
export interface StoreFiles {
  readonly main: Uint8Array;
  readonly log: Uint8Array | undefined;
}

export function readFiles(path: string): StoreFiles {
  const log = `${path}-wal`;
  return { main: readFileSync(path), log: existsSync(log) ? readFileSync(log) : undefined };
}

export function writeFiles(path: string, { main, log }: StoreFiles): void {
  writeFileSync(path, main);
  if (log !== undefined) writeFileSync(`${path}-wal`, log);
}

/** The bytes with one bit the other way at each of the places, which are counted in bits. */
export function flipped(bytes: Uint8Array, places: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const place of places) {
    const index = (place >> 3) % copy.length;
    copy[index] = (copy[index] ?? 0) ^ (1 << (place & 7));
  }
  return copy;
}
