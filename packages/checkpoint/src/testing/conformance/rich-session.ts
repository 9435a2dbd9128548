import { type Blob, hashBlob } from '../../blob.ts';
import type { CheckpointStore } from '../../store.ts';
import { ledgerRow, pendingTurn, tokenColumns, turnCommit, userEntry } from '../builders.ts';
import { toolIntent } from './every-call.ts';
import { commitTurns, createSession, leaving, tipOf } from './suite.ts';

/** Bytes with their name. */
export function textBlob(text: string): Blob {
  const bytes = new Uint8Array(Buffer.from(text));
  return { hash: hashBlob(bytes), bytes };
}

/**
 * A session with something in every list of its dump, on two branches: `a`, with turns 1, 2 and 3, the last after a rewind to the first.
 * It was forked at turn 2 by `fork`, which went on, and at turn 3 by `late`, which did not.
 */
export async function createRichSession(store: CheckpointStore): Promise<void> {
  await createSession(store, 'a', { metadata: '{ "title": "é\u{1F600}" }' });
  await commitWithBlobs(store);
  await commitTurns(store, 'a', ['2']);
  await store.startToolCall(toolIntent('turn-2', 1, 'effect'));
  await store.startToolCall(toolIntent('turn-2', 0, 'idempotent'));
  await store.startToolCall(toolIntent('turn-2', 0, 'idempotent'));
  await store.finishToolCall({ sessionId: 'a', turnId: 'turn-2', position: 0, outcome: '{ "n": 1e400 }', at: 30 });
  await recordBackups(store, 'snapshot-2', 'before');
  await store.forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 4 });
  await commitTurns(store, 'fork', ['fork']);
  await append(store, 'and now?');
  await store.rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 50 });
  await recordBackups(store, 'snapshot-left', 'between');
  await append(store, 'rather this');
  await commitTurns(store, 'a', ['3']);
  await store.labelSnapshot({ snapshotId: 'snapshot-3', label: 'the "good" one' });
  await store.forkSession({ id: 'late', snapshotId: 'snapshot-3', createdAt: 5 });
  await append(store, 'still there?');
  const toolsBlob = textBlob('pending tools');
  const note = { sessionId: 'a', expectedTip: await tipOf(store, 'a') };
  const turn = pendingTurn('turn-pending', { toolsHash: toolsBlob.hash });
  await store.beginTurn({ ...note, turn, blobs: [toolsBlob] });
}

async function commitWithBlobs(store: CheckpointStore): Promise<void> {
  const images = [textBlob('image one'), textBlob('image two')];
  const texts = [textBlob('system'), textBlob('tools')];
  const [systemHash = null, toolsHash = null] = texts.map(({ hash }) => hash);
  const entries = [{ ...userEntry('look'), blobs: images.map(({ hash }) => hash) }];
  const place = { sessionId: 'a', expectedTip: await tipOf(store, 'a') };
  const { tip } = await store.appendEntries({ ...place, entries, blobs: images, at: 3 });
  const turn = ledgerRow('turn-1', {
    systemHash,
    toolsHash,
    serviceTier: 'flex',
    tokens: tokenColumns({ fresh: 0, output: Number.MAX_SAFE_INTEGER }),
    costPicoUsd: 2n ** 63n - 1n,
    rawUsage: '{ "é": 12345678901234567890 }',
  });
  await store.commitTurn({ ...turnCommit({ ...place, expectedTip: tip }, { name: '1', turn }), blobs: texts });
}

async function append(store: CheckpointStore, text: string): Promise<void> {
  const expectedTip = await tipOf(store, 'a');
  await store.appendEntries({ sessionId: 'a', expectedTip, entries: [userEntry(text)], at: 40 });
}

async function recordBackups(store: CheckpointStore, snapshotId: string, content: string): Promise<void> {
  const blob = textBlob(content);
  const files = [
    { path: 'src/é.ts', blobHash: blob.hash, mode: 0o755, state: 'kept' as const },
    { path: content, blobHash: null, mode: null, state: 'absent' as const },
  ];
  await store.recordFileBackups({ sessionId: 'a', snapshotId, files, blobs: [blob], at: 45 });
}
