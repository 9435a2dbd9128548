import type { CheckpointStore } from '../../store.ts';
import { turnCommit, userEntry } from '../builders.ts';
import { leaving } from './suite.ts';

type Call = (store: CheckpointStore, sessionId: string) => Promise<unknown>;

const lease = { holder: 'h', fence: 1, expiresAt: 1, interruptRequested: false };

/** A call of every method that names a session, and is refused when there is none. */
export const callsOfSession = {
  setMetadata: (store, sessionId) => store.setMetadata({ sessionId, metadata: '{}' }),
  rewindSession: (store, sessionId) =>
    store.rewindSession({ sessionId, snapshotId: 'snapshot-1', leaving: leaving('left'), at: 1 }),
  deleteSession: (store, sessionId) => store.deleteSession({ sessionId }),
  appendEntries: (store, sessionId) =>
    store.appendEntries({ sessionId, expectedTip: 'sha256:00', entries: [userEntry('hi')], at: 1 }),
  beginTurn: (store, sessionId) => {
    const { turn } = turnCommit({ sessionId, expectedTip: 'sha256:00' }, { name: '1' });
    return store.beginTurn({ sessionId, expectedTip: 'sha256:00', turn });
  },
  commitTurn: (store, sessionId) =>
    store.commitTurn(turnCommit({ sessionId, expectedTip: 'sha256:00' }, { name: '1' })),
  abandonTurn: (store, sessionId) => store.abandonTurn({ sessionId }),
  readPendingTurn: (store, sessionId) => store.readPendingTurn(sessionId),
  readEntries: (store, sessionId) => store.readEntries(sessionId),
  readTurns: (store, sessionId) => store.readTurns(sessionId),
  readLastTurn: (store, sessionId) => store.readLastTurn(sessionId),
  readLedger: (store, sessionId) => store.readLedger(sessionId),
  readSnapshots: (store, sessionId) => store.readSnapshots(sessionId),
  readLastSnapshot: (store, sessionId) => store.readLastSnapshot(sessionId),
  listSnapshots: (store, sessionId) => store.listSnapshots(sessionId),
  deleteSnapshots: (store, sessionId) => store.deleteSnapshots({ sessionId, snapshotIds: [] }),
  startToolCall: (store, sessionId) => store.startToolCall({ ...toolIntent('turn-1', 0), sessionId }),
  finishToolCall: (store, sessionId) =>
    store.finishToolCall({ sessionId, turnId: 'turn-1', position: 0, outcome: '{}', at: 1 }),
  acquireLease: (store, sessionId) => store.acquireLease({ sessionId, holder: 'h', ttlMs: 1 }),
  renewLease: (store, sessionId) => store.renewLease({ ...lease, sessionId }, 1),
  readLease: (store, sessionId) => store.readLease(sessionId),
  requestInterrupt: (store, sessionId) => store.requestInterrupt(sessionId),
  watchLease: (store, sessionId) =>
    store.watchLease({ sessionId, onChange: () => undefined, signal: new AbortController().signal }),
  recordFileBackups: (store, sessionId) =>
    store.recordFileBackups({ sessionId, snapshotId: 'snapshot-1', files: [], blobs: [], at: 1 }),
  readFileBackups: (store, sessionId) => store.readFileBackups({ sessionId, snapshotId: 'snapshot-1' }),
  createRun: (store, sessionId) => store.createRun({ id: 'run', sessionId, request: '{}', at: 1 }),
  dumpSession: (store, sessionId) => store.dumpSession(sessionId),
} satisfies Partial<Record<keyof CheckpointStore, Call>>;

/** A call of every other method but `close`. */
export const otherCalls: Record<Exclude<keyof CheckpointStore, keyof typeof callsOfSession | 'close'>, Call> = {
  createSession: (store, id) => store.createSession({ id, createdAt: 1 }),
  readSession: (store, id) => store.readSession(id),
  listSessions: (store) => store.listSessions(),
  forkSession: (store, id) => store.forkSession({ id, snapshotId: 'snapshot-1', createdAt: 1 }),
  readEntriesTo: (store) => store.readEntriesTo('snapshot-1'),
  readSnapshot: (store) => store.readSnapshot('snapshot-1'),
  labelSnapshot: (store) => store.labelSnapshot({ snapshotId: 'snapshot-1', label: 'x' }),
  sumTurns: (store) => store.sumTurns({ by: [] }),
  streamTurns: (store) => Array.fromAsync(store.streamTurns()),
  readToolCalls: (store) => store.readToolCalls('turn-1'),
  releaseLease: (store, sessionId) => store.releaseLease({ ...lease, sessionId }),
  readBlobs: (store) => store.readBlobs([]),
  readRun: (store) => store.readRun('run'),
  listRuns: (store) => store.listRuns(),
  countRuns: (store) => store.countRuns(),
  countSessions: (store) => store.countSessions(),
  readStandings: (store, id) => store.readStandings({ sessionIds: [id], askingKinds: [], brokenOutcome: 'x' }),
  countStandings: (store) => store.countStandings({ askingKinds: [], brokenOutcome: 'x' }),
  takeUpRun: (store) => store.takeUpRun({ runId: 'run', holder: 'h', at: 1 }),
  appendRunEvents: (store) => store.appendRunEvents([{ runId: 'run', attempt: 1, after: 0, events: ['{}'], at: 1 }]),
  readRunEvents: (store) => store.readRunEvents('run'),
  requestRunStop: (store) => store.requestRunStop('run'),
  deleteRuns: (store) => store.deleteRuns({ endedBefore: 1 }),
  watchRuns: (store) => store.watchRuns({ onChange: () => undefined, signal: new AbortController().signal }),
  restoreSession: (store, id) => {
    const session = { id, tip: '', tipTurn: null, forkedFrom: null, createdAt: 1, updatedAt: 1, metadata: '{}' };
    const nothing = { entries: [], turns: [], snapshots: [], toolCalls: [], fileBackups: [], blobs: [] };
    return store.restoreSession({ session, ...nothing, pendingTurn: null });
  },
  findDamage: (store) => Array.fromAsync(store.findDamage()),
};

/** What is written before a tool of this effect class runs. */
export function toolIntent(turnId: string, position: number, effect: 'pure' | 'idempotent' | 'effect' = 'pure') {
  return {
    turnId,
    position,
    sessionId: 'a',
    toolCallId: `call-${position}`,
    toolName: 'tool',
    effect,
    idempotencyKey: `${turnId}/${position}`,
    startedAt: 10,
  } as const;
}
