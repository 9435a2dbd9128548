import { findContradictions } from '../check-dump.ts';
import { storeClosed } from '../refusals.ts';
import type { SessionId } from '../session.ts';
import type { CheckpointStore, Damage } from '../store.ts';
import { readBlobs } from './blobs.ts';
import * as branch from './branch.ts';
import * as backups from './file-backups.ts';
import * as leases from './leases.ts';
import { createMemoryData, type MemoryData } from './memory-data.ts';
import * as runs from './runs.ts';
import * as sessions from './sessions.ts';
import { readSnapshot } from './snapshot-records.ts';
import * as snapshots from './snapshots.ts';
import { countStandings, readStandings } from './standings.ts';
import * as journal from './tool-journal.ts';
import { deleteSession, dumpSession, restoreSession } from './transfer.ts';
import { streamTurns, sumTurns } from './turn-sums.ts';

const dataOf: unique symbol = Symbol('data');

/** Where memory stores keep their data: those that are opened with the same one see the same sessions. */
export interface MemoryPlace {
  readonly [dataOf]: MemoryData;
}

export interface MemoryStoreOptions {
  /** The time by which leases run out, in epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
  /** Default a place of its own, which is gone with the store. */
  readonly place?: MemoryPlace;
}

export function createMemoryPlace(): MemoryPlace {
  return { [dataOf]: createMemoryData() };
}

/** Opens a store whose sessions live as long as its place does, and no longer than the process. */
export function openMemoryStore({
  clock = Date.now,
  place = createMemoryPlace(),
}: MemoryStoreOptions = {}): CheckpointStore {
  const closing = new AbortController();
  const open = () => {
    if (closing.signal.aborted) throw storeClosed('The memory store');
    return place[dataOf];
  };

  return {
    createSession: async (session) => sessions.createSession(open(), session),
    readSession: async (sessionId) => open().sessions.get(sessionId)?.item,
    listSessions: async (query) => sessions.listSessions(open(), query),
    countSessions: async (query) => sessions.countSessions(open(), query),
    readStandings: async (query) => readStandings(open(), query),
    countStandings: async (query) => countStandings(open(), query),
    setMetadata: async (change) => sessions.setMetadata(open(), change),
    forkSession: async (fork) => sessions.forkSession(open(), fork),
    rewindSession: async (rewind) => sessions.rewindSession(open(), rewind, clock()),
    deleteSession: async (deletion) => deleteSession(open(), deletion, clock()),

    appendEntries: async (append) => branch.appendEntries(open(), append, clock()),
    beginTurn: async (begin) => branch.beginTurn(open(), begin, clock()),
    commitTurn: async (commit) => branch.commitTurn(open(), commit, clock()),
    abandonTurn: async (abandon) => branch.abandonTurn(open(), abandon, clock()),
    readPendingTurn: async (sessionId) => branch.readPendingTurn(open(), sessionId),
    readEntries: async (sessionId) => branch.readEntries(open(), sessionId),
    readEntriesTo: async (snapshotId) => branch.readEntriesTo(open(), snapshotId),
    readTurns: async (sessionId) => branch.readTurns(open(), sessionId),
    readLastTurn: async (sessionId) => branch.readLastTurn(open(), sessionId),
    readLedger: async (sessionId) => branch.readLedger(open(), sessionId),

    sumTurns: async (query) => sumTurns(open(), query),
    streamTurns: (range = {}) => streamTurns(open, range),

    readSnapshots: async (sessionId) => snapshots.readSnapshots(open(), sessionId),
    readLastSnapshot: async (sessionId) => snapshots.readLastSnapshot(open(), sessionId),
    readSnapshot: async (snapshotId) => readSnapshot(open(), snapshotId),
    listSnapshots: async (sessionId, query) => snapshots.listSnapshots(open(), sessionId, query),
    labelSnapshot: async (change) => snapshots.labelSnapshot(open(), change),
    deleteSnapshots: async (deletion) => snapshots.deleteSnapshots(open(), deletion, clock()),

    startToolCall: async (start) => journal.startToolCall(open(), start, clock()),
    finishToolCall: async (finish) => journal.finishToolCall(open(), finish, clock()),
    readToolCalls: async (turnId) => journal.readToolCalls(open(), turnId),

    acquireLease: async (request) => leases.acquireLease(open(), request, clock()),
    renewLease: async (lease, ttlMs) => leases.renewLease(open(), lease, ttlMs, clock()),
    releaseLease: async (lease) => leases.releaseLease(open(), lease),
    readLease: async (sessionId) => leases.readLease(open(), sessionId),
    requestInterrupt: async (sessionId) => leases.requestInterrupt(open(), sessionId, clock()),
    watchLease: async ({ signal, ...watch }) =>
      leases.watchLease(open(), { ...watch, signal: AbortSignal.any([signal, closing.signal]) }),

    readBlobs: async (hashes) => readBlobs(open(), hashes),
    recordFileBackups: async (record) => backups.recordFileBackups(open(), record, clock()),
    readFileBackups: async (since) => backups.readFileBackups(open(), since),

    createRun: async (run) => runs.createRun(open(), run),
    readRun: async (runId) => open().runs.get(runId)?.item,
    listRuns: async (query) => runs.listRuns(open(), query),
    countRuns: async (range) => runs.countRuns(open(), range),
    takeUpRun: async (taking) => runs.takeUpRun(open(), taking),
    appendRunEvents: async (appends) => runs.appendRunEvents(open(), appends),
    readRunEvents: async (runId, range) => runs.readRunEvents(open(), runId, range),
    requestRunStop: async (runId) => runs.requestRunStop(open(), runId),
    deleteRuns: async (deletion) => runs.deleteRuns(open(), deletion),
    watchRuns: async ({ signal, onChange }) =>
      runs.watchRuns(open(), { onChange, signal: AbortSignal.any([signal, closing.signal]) }),

    dumpSession: async (sessionId) => dumpSession(open(), sessionId),
    restoreSession: async (dump) => restoreSession(open(), dump),
    findDamage: ({ onSession } = {}) => findDamage(open, onSession),
    close: async () => closing.abort(),
  };
}

/** What is kept cannot change, so this finds nothing but an error of ours. */
async function* findDamage(open: () => MemoryData, onSession?: (sessionId: SessionId) => void): AsyncGenerator<Damage> {
  for (const sessionId of [...open().sessions.keys()]) {
    if (!open().sessions.has(sessionId)) continue;
    onSession?.(sessionId);
    for (const { problem } of findContradictions(dumpSession(open(), sessionId))) yield { message: problem, sessionId };
  }
}
