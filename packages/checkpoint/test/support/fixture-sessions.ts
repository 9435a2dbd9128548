import { type Blob, type CheckpointStore, hashBlob } from '../../src/index.ts';
import { ledgerRow, tokenColumns, turnCommit, userEntry } from '../../src/testing/builders.ts';

/** Fills an empty store with something in every table. */
export async function writeSessions(store: CheckpointStore): Promise<void> {
  await store.createSession({ id: 'a', createdAt: 1, metadata: '{ "title": "Wie spät? 🕰️" }' });
  await ask(store, 'a', 2);
  await commitTurn(store, 'a', 1);
  await commitTurn(store, 'a', 2);
  await startTools(store);
  await backUp(store);
  await store.forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 40 });
  await commitTurn(store, 'fork', 3);
  const { snapshot } = turnCommit({ sessionId: 'a', expectedTip: '' }, { name: 'left', turnNumber: 2 });
  await store.rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: snapshot, at: 50 });
  await commitTurn(store, 'a', 4);
  await commitTurn(store, 'a', 5);
  await store.labelSnapshot({ snapshotId: 'snapshot-5', label: 'the “good” one' });
  await store.deleteSnapshots({ sessionId: 'a', snapshotIds: ['snapshot-4'] });
  await begin(store);
  await store.acquireLease({ sessionId: 'a', holder: 'process 1', ttlMs: 60_000 });
  await store.requestInterrupt('a');
  await store.releaseLease(await store.acquireLease({ sessionId: 'fork', holder: 'process 2', ttlMs: 60_000 }));
  await store.createSession({ id: 'empty', createdAt: 60 });
  await writeRuns(store);
}

async function ask(store: CheckpointStore, sessionId: string, at: number): Promise<void> {
  const image = blob('an image');
  const entries = [userEntry('Wie spät ist es?'), { ...userEntry('look'), blobs: [image.hash] }];
  await store.appendEntries({ ...(await place(store, sessionId)), entries, blobs: [image], at });
}

async function commitTurn(store: CheckpointStore, sessionId: string, turnNumber: number): Promise<void> {
  const [system, tools] = [blob('system'), blob('tools')];
  const isSilent = turnNumber === 2;
  const turn = {
    ...{ systemHash: system.hash, toolsHash: tools.hash, serviceTier: isSilent ? null : 'flex' },
    tokens: isSilent
      ? tokenColumns()
      : tokenColumns({ fresh: 0, cacheRead: 2048, cacheWrite1h: 7, output: 2 ** 53 - 1 }),
    costPicoUsd: isSilent ? null : 2n ** 63n - BigInt(turnNumber),
  };
  const commit = turnCommit(await place(store, sessionId), { name: `${turnNumber}`, turnNumber, turn });
  await store.commitTurn({ ...commit, blobs: [system, tools], at: 100 + turnNumber });
}

async function startTools(store: CheckpointStore): Promise<void> {
  const call = { sessionId: 'a', turnId: 'turn-2', toolName: 'send', startedAt: 20 };
  await store.startToolCall({ ...call, position: 0, toolCallId: 'c0', effect: 'idempotent', idempotencyKey: 'k0' });
  await store.startToolCall({ ...call, position: 1, toolCallId: 'c1', effect: 'effect', idempotencyKey: 'k1' });
  await store.finishToolCall({ sessionId: 'a', turnId: 'turn-2', position: 0, outcome: '{ "n": 1e400 }', at: 30 });
}

async function backUp(store: CheckpointStore): Promise<void> {
  const content = blob('before');
  const kept = { path: 'src/ä.ts', blobHash: content.hash, mode: 0o755, state: 'kept' } as const;
  const absent = { path: 'new.ts', blobHash: null, mode: null, state: 'absent' } as const;
  const backup = { sessionId: 'a', snapshotId: 'snapshot-2', blobs: [content], at: 35 };
  await store.recordFileBackups({ ...backup, files: [kept, absent] });
}

async function begin(store: CheckpointStore): Promise<void> {
  const tools = blob('pending tools');
  const { responseId, tokens, costPicoUsd, ...turn } = ledgerRow('turn-pending', { toolsHash: tools.hash });
  await store.beginTurn({ ...(await place(store, 'a')), turn, blobs: [tools] });
}

/** A run of each state, with events of more than one append. */
async function writeRuns(store: CheckpointStore): Promise<void> {
  const request = '{ "text":\t"Wie spät ist es? 🕰️" }';
  await store.createRun({ id: 'run-ended', sessionId: 'a', request, at: 70 });
  await store.createRun({ id: 'run-going', sessionId: 'a', request: '{}', at: 71 });
  await store.createRun({ id: 'run-waiting', sessionId: 'fork', request: '{}', at: 72 });
  for (const runId of ['run-ended', 'run-going']) await store.takeUpRun({ runId, holder: 'process 1', at: 73 });
  await store.appendRunEvents([
    { runId: 'run-ended', attempt: 1, after: 0, events: ['{ "text":  "é" }', '"2"'], at: 74 },
    { runId: 'run-going', attempt: 1, after: 0, events: ['"1"'], at: 74 },
  ]);
  await store.takeUpRun({ runId: 'run-going', holder: 'process 2', at: 75 });
  await store.requestRunStop('run-going');
  await store.appendRunEvents([
    { runId: 'run-ended', attempt: 1, after: 2, events: ['"3"'], end: { outcome: '{ "turns": 1 }' }, at: 76 },
    { runId: 'run-going', attempt: 2, after: 1, events: ['"2"', '"3"', '"4"'], at: 76 },
  ]);
}

async function place(store: CheckpointStore, sessionId: string) {
  return { sessionId, expectedTip: (await store.readSession(sessionId))?.tip ?? '' };
}

function blob(text: string): Blob {
  const bytes = new TextEncoder().encode(text);
  return { hash: hashBlob(bytes), bytes };
}
