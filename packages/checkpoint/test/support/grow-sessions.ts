import fc from 'fast-check';
import {
  type Blob,
  type CheckpointStore,
  hashBlob,
  type PendingTurn,
  type SessionId,
  type SnapshotId,
} from '../../src/index.ts';
import { turnCommit } from '../../src/testing/builders.ts';

/** One thing that happens to a session. Numbers choose among what there is; where there is nothing, nothing happens. */
export type Step = { readonly session: number; readonly text: string } & (
  | { readonly does: 'create' | 'append' | 'begin' | 'abandon' | 'journal' | 'describe' }
  | { readonly does: 'commit'; readonly cost: bigint | null; readonly bytes: Uint8Array }
  | { readonly does: 'fork' | 'rewind' | 'label'; readonly snapshot: number }
  | { readonly does: 'back-up'; readonly snapshot: number; readonly bytes: Uint8Array | null }
);

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }).filter((each) => !each.includes('\0')),
  fc.constantFrom('', '\u2028\u2029', '\ud83d\ude00', '"\\\n\r\t', '{"number":1.10,"big":12345678901234567890}'),
);
/** What may happen to a few sessions. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc
    .record({
      does: fc.constantFrom(
        ...(['commit', 'commit', 'append', 'fork', 'rewind', 'journal', 'back-up', 'label'] as const),
        ...(['create', 'begin', 'abandon', 'describe'] as const),
      ),
      session: fc.nat(9),
      snapshot: fc.nat(9),
      text,
      bytes: fc.uint8Array({ maxLength: 40 }),
      cost: fc.option(fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n)),
    })
    // A record with fields that its step does not have is still that step.
    .map((step) => step as Step),
  { maxLength: 40 },
);

/** Does the steps to sessions of a new store; resolves to their ids. Names and times come from the steps' places, so they repeat. */
export async function growSessions(store: CheckpointStore, steps: readonly Step[]): Promise<readonly SessionId[]> {
  const ids: SessionId[] = [await create(store, 'first', 1)];
  for (const [index, step] of steps.entries()) {
    const at = 1_000 + index;
    const name = `${index}`;
    const sessionId = ids[step.session % ids.length] ?? 'first';
    if (step.does === 'create') ids.push(await create(store, `session ${name} ${step.text}`, at));
    else if (step.does === 'fork') ids.push(...(await fork(store, sessionId, step.snapshot, { name, at })));
    else await change(store, sessionId, step, { name, at });
  }
  return ids;
}

interface Mark {
  readonly name: string;
  readonly at: number;
}

async function create(store: CheckpointStore, id: SessionId, createdAt: number): Promise<SessionId> {
  return (await store.createSession({ id, createdAt })).id;
}

async function fork(
  store: CheckpointStore,
  sessionId: SessionId,
  place: number,
  { name, at }: Mark,
): Promise<readonly SessionId[]> {
  const snapshotId = await someSnapshot(store, sessionId, place);
  if (snapshotId === undefined) return [];
  return [(await store.forkSession({ id: `fork ${name}`, createdAt: at, snapshotId })).id];
}

/** Of the snapshots that the session made, or else of its branch. */
async function someSnapshot(
  store: CheckpointStore,
  sessionId: SessionId,
  place: number,
): Promise<SnapshotId | undefined> {
  const own = (await store.listSnapshots(sessionId)).items;
  const snapshots = own.length > 0 ? own : await store.readSnapshots(sessionId);
  return snapshots[place % snapshots.length]?.id;
}

async function change(store: CheckpointStore, sessionId: SessionId, step: Step, { name, at }: Mark): Promise<void> {
  const expectedTip = (await store.readSession(sessionId))?.tip ?? '';
  const commit = turnCommit({ sessionId, expectedTip }, { name });
  const { text } = step;
  switch (step.does) {
    case 'append':
      await store.appendEntries({ sessionId, expectedTip, entries: [{ kind: 'note', payload: text }], at });
      return;
    case 'begin':
      await store.beginTurn({ sessionId, expectedTip, turn: pendingTurn(name, text, at) });
      return;
    case 'abandon':
      return store.abandonTurn({ sessionId });
    case 'describe':
      await store.setMetadata({ sessionId, metadata: JSON.stringify({ title: text }) });
      return;
    case 'commit': {
      const [system, media] = [blob(Buffer.from(text)), blob(step.bytes)];
      await store.commitTurn({
        ...commit,
        entry: { kind: 'answer', payload: text, blobs: [media.hash] },
        turn: { ...commit.turn, systemHash: system.hash, costPicoUsd: step.cost, durationMs: text.length + 0.125 },
        snapshot: { ...commit.snapshot, promptPreview: text.slice(0, 80).toWellFormed() },
        blobs: [system, media],
        at,
      });
      return;
    }
    case 'journal':
      return journal(store, sessionId, { name, at });
    case 'rewind':
    case 'label':
    case 'back-up':
      return changeAt(store, sessionId, step, { name, at });
  }
}

function pendingTurn(name: string, options: string, startedAt: number): PendingTurn {
  return {
    id: `pending ${name}`,
    family: 'anthropic',
    model: 'claude-opus-5',
    startedAt,
    prefixFingerprint: 'sha256:00',
    prefixBlocks: 3,
    systemHash: null,
    toolsHash: null,
    requestOptions: JSON.stringify({ options }),
    marks: '[]',
  };
}

/** Starts a call of the last turn, and finishes every other one. */
async function journal(store: CheckpointStore, sessionId: SessionId, { name, at }: Mark): Promise<void> {
  const turn = await store.readLastTurn(sessionId);
  if (turn === undefined) return;
  const position = (await store.readToolCalls(turn.id)).length;
  const place = { sessionId, turnId: turn.id, position };
  const call = { toolCallId: name, toolName: 'tool', effect: 'effect', idempotencyKey: `key ${name}` } as const;
  await store.startToolCall({ ...place, ...call, startedAt: at });
  if (position % 2 === 0) await store.finishToolCall({ ...place, outcome: `"${name}"`, at });
}

async function changeAt(
  store: CheckpointStore,
  sessionId: SessionId,
  step: Extract<Step, { readonly snapshot: number }>,
  { name, at }: Mark,
): Promise<void> {
  const snapshotId = await someSnapshot(store, sessionId, step.snapshot);
  if (snapshotId === undefined) return;
  if (step.does === 'label') {
    await store.labelSnapshot({ snapshotId, label: step.text === '' ? null : step.text });
  } else if (step.does === 'rewind') {
    const { snapshot } = turnCommit({ sessionId, expectedTip: '' }, { name: `left ${name}` });
    await store.rewindSession({ sessionId, snapshotId, leaving: snapshot, at });
  } else if (step.does === 'back-up' && (await store.readSnapshot(snapshotId))?.sessionId === sessionId) {
    const kept = step.bytes === null ? undefined : blob(step.bytes);
    const path = `folder/${step.text.replaceAll('/', '')}`;
    const file = kept
      ? ({ path, blobHash: kept.hash, mode: 0o644, state: 'kept' } as const)
      : ({ path, blobHash: null, mode: null, state: 'absent' } as const);
    await store.recordFileBackups({ sessionId, snapshotId, files: [file], blobs: kept ? [kept] : [], at });
  }
}

function blob(bytes: Uint8Array): Blob {
  return { hash: hashBlob(bytes), bytes };
}
