import { type Blob, type CheckpointStore, hashBlob, type SessionDump } from '../../src/index.ts';
import { ledgerRow, turnCommit, userEntry } from '../../src/testing/builders.ts';

/** One write of each kind, to the sessions that `prepareSessions` has left. */
export type WriteName = keyof typeof writes;

export const writes = {
  createSession: async (store: CheckpointStore) => store.createSession({ id: 'new', createdAt: 9 }),
  forkSession: async (store: CheckpointStore) =>
    store.forkSession({ id: 'new', snapshotId: 'snapshot-1', createdAt: 9 }),
  setMetadata: async (store: CheckpointStore) => store.setMetadata({ sessionId: 'a', metadata: '{"new":true}' }),
  appendEntries: async (store: CheckpointStore) =>
    store.appendEntries({
      ...(await placeOf(store)),
      entries: [userEntry('one'), { ...userEntry('two'), blobs: [image.hash] }],
      ...{ blobs: [image], at: 9 },
    }),
  endRound: async (store: CheckpointStore) => {
    const { responseId, tokens, costPicoUsd, ...turn } = ledgerRow('turn-new', { toolsHash: image.hash });
    const ran = { ...intent(1), effect: 'pure', outcome: '"done"', finishedAt: 9 } as const;
    const place = await placeOf(store);
    return store.appendEntries({ ...place, entries: [userEntry('one')], ranCalls: [ran], turn, blobs: [image], at: 9 });
  },
  beginTurn: async (store: CheckpointStore) => {
    const { responseId, tokens, costPicoUsd, ...turn } = ledgerRow('turn-new', { toolsHash: image.hash });
    return store.beginTurn({ ...(await placeOf(store)), turn, blobs: [image] });
  },
  commitTurn: async (store: CheckpointStore) => {
    const commit = turnCommit(await placeOf(store), { name: 'new', turnNumber: 3, turn: { systemHash: image.hash } });
    return store.commitTurn({ ...commit, blobs: [image] });
  },
  abandonTurn: async (store: CheckpointStore) => store.abandonTurn({ sessionId: 'a' }),
  rewindSession: async (store: CheckpointStore) => {
    const { snapshot } = turnCommit(await placeOf(store), { name: 'left', turnNumber: 2 });
    return store.rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: snapshot, at: 9 });
  },
  labelSnapshot: async (store: CheckpointStore) => store.labelSnapshot({ snapshotId: 'snapshot-1', label: 'new' }),
  deleteSnapshots: async (store: CheckpointStore) =>
    store.deleteSnapshots({ sessionId: 'a', snapshotIds: ['snapshot-2'] }),
  startToolCall: async (store: CheckpointStore) => store.startToolCall(intent(1)),
  finishToolCall: async (store: CheckpointStore) =>
    store.finishToolCall({ sessionId: 'a', turnId: 'turn-3', position: 0, outcome: '"done"', at: 9 }),
  acquireLease: async (store: CheckpointStore) => store.acquireLease({ sessionId: 'a', holder: 'new', ttlMs: 1000 }),
  recordFileBackups: async (store: CheckpointStore) =>
    store.recordFileBackups({
      ...{ sessionId: 'a', snapshotId: 'snapshot-3', at: 9, blobs: [image] },
      files: [{ path: 'new.ts', blobHash: image.hash, mode: 0o644, state: 'kept' }],
    }),
  createRun: async (store: CheckpointStore) => store.createRun({ id: 'run-new', sessionId: 'a', request: '{}', at: 9 }),
  takeUpRun: async (store: CheckpointStore) => store.takeUpRun({ runId: 'run-waiting', holder: 'new', at: 9 }),
  appendRunEvents: async (store: CheckpointStore) =>
    store.appendRunEvents([
      { runId: 'run-going', attempt: 1, after: 1, events: ['"2"', '"3"'], at: 9 },
      { runId: 'run-waiting', attempt: 0, after: 0, events: ['"1"'], end: { outcome: '"stopped"' }, at: 9 },
    ]),
  requestRunStop: async (store: CheckpointStore) => store.requestRunStop('run-going'),
  deleteRuns: async (store: CheckpointStore) => store.deleteRuns({ endedBefore: 9 }),
  deleteSession: async (store: CheckpointStore) => store.deleteSession({ sessionId: 'a' }),
  restoreSession: async (store: CheckpointStore) => store.restoreSession(renamed(await store.dumpSession('lone'))),
};

const image: Blob = (() => {
  const bytes = new TextEncoder().encode('an image');
  return { hash: hashBlob(bytes), bytes };
})();

/** Session `a` with three turns, a pending one, a started tool, a backup and three runs; `fork`, which shares two of the turns; and `lone`. */
export async function prepareSessions(store: CheckpointStore): Promise<void> {
  await store.createSession({ id: 'a', createdAt: 1 });
  await store.createSession({ id: 'lone', createdAt: 2 });
  for (const turnNumber of [1, 2, 3]) {
    await store.commitTurn(turnCommit(await placeOf(store), { name: `${turnNumber}`, turnNumber }));
  }
  await store.forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 3 });
  await store.commitTurn(turnCommit(await placeOf(store, 'fork'), { name: 'fork', turnNumber: 3 }));
  await store.recordFileBackups({
    ...{ sessionId: 'a', snapshotId: 'snapshot-2', at: 4, blobs: [] },
    files: [{ path: 'old.ts', blobHash: null, mode: null, state: 'absent' }],
  });
  await store.startToolCall(intent(0));
  await prepareRuns(store);
  const { responseId, tokens, costPicoUsd, ...turn } = ledgerRow('turn-pending');
  await store.beginTurn({ ...(await placeOf(store)), turn });
}

async function prepareRuns(store: CheckpointStore): Promise<void> {
  for (const state of ['waiting', 'going', 'ended']) {
    await store.createRun({ id: `run-${state}`, sessionId: 'a', request: '{}', at: 5 });
  }
  for (const runId of ['run-going', 'run-ended']) {
    await store.takeUpRun({ runId, holder: 'old', at: 6 });
    const end = runId === 'run-ended' ? { outcome: '"done"' } : undefined;
    await store.appendRunEvents([{ runId, attempt: 1, after: 0, events: ['"1"'], end, at: 7 }]);
  }
}

function intent(position: number) {
  const call = {
    toolCallId: `call-${position}`,
    toolName: 'send',
    effect: 'effect',
    idempotencyKey: `key-${position}`,
  };
  return { ...call, effect: 'effect', sessionId: 'a', turnId: 'turn-3', position, startedAt: 5 } as const;
}

async function placeOf(store: CheckpointStore, sessionId = 'a') {
  return { sessionId, expectedTip: (await store.readSession(sessionId))?.tip ?? '' };
}

function renamed(dump: SessionDump): SessionDump {
  return { ...dump, session: { ...dump.session, id: 'new' } };
}
