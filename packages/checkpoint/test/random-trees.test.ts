import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CheckpointStore, type NewEntry, openSqliteStore } from '../src/index.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { expectRefusal } from '../src/testing/store-conformance.ts';
import { tempStorePath } from './support/temp-folder.ts';

/** What a branch is, written the obvious way: a fork copies everything. */
interface ModelSession {
  readonly id: string;
  readonly tips: readonly string[];
  readonly entries: readonly NewEntry[];
  readonly turns: readonly string[];
  readonly snapshots: readonly string[];
}

type Step =
  | { readonly kind: 'create' | 'fork'; readonly pick: number }
  | { readonly kind: 'append'; readonly pick: number; readonly texts: readonly string[] }
  | { readonly kind: 'commit' | 'stale'; readonly pick: number; readonly answer: number };

// Few sessions and few texts, so that forks of the same place often say the same.
const pick = fc.nat(7);
const answer = fc.nat(1);
const texts = fc.array(fc.constantFrom('yes', 'no'), { maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('create' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fork' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), pick, texts }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('commit' as const), pick, answer }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stale' as const), pick, answer }) },
);

/** Does each step to the store and to the model, and returns the model. */
async function play(store: CheckpointStore, steps: readonly Step[]): Promise<readonly ModelSession[]> {
  const sessions: ModelSession[] = [];
  const snapshots: { readonly id: string; readonly at: ModelSession }[] = [];
  for (const [index, current] of steps.entries()) {
    const session = sessions[current.pick % Math.max(1, sessions.length)];
    const name = `${index}`;
    if (session === undefined || current.kind === 'create') {
      const { tip } = await store.createSession({ id: name, createdAt: index });
      sessions.push({ id: name, tips: [tip], entries: [], turns: [], snapshots: [] });
      continue;
    }
    const place = { sessionId: session.id, expectedTip: session.tips.at(-1) ?? '' };
    const replace = (changed: ModelSession) => sessions.splice(sessions.indexOf(session), 1, changed);
    switch (current.kind) {
      case 'fork': {
        const origin = snapshots[current.pick % Math.max(1, snapshots.length)];
        if (origin !== undefined) {
          await store.forkSession({ id: name, snapshotId: origin.id, createdAt: index });
          sessions.push({ ...origin.at, id: name });
        }
        break;
      }
      case 'append': {
        const entries = current.texts.map(userEntry);
        const { tip } = await store.appendEntries({ ...place, entries, at: index });
        replace({ ...session, tips: [...session.tips, tip], entries: [...session.entries, ...entries] });
        break;
      }
      case 'commit': {
        const commit = turnCommit(place, { name, turnNumber: current.answer });
        const { tip } = await store.commitTurn(commit);
        const changed: ModelSession = {
          ...session,
          tips: [...session.tips, tip],
          entries: [...session.entries, commit.entry],
          turns: [...session.turns, commit.turn.id],
          snapshots: [...session.snapshots, commit.snapshot.id],
        };
        replace(changed);
        snapshots.push({ id: commit.snapshot.id, at: changed });
        break;
      }
      case 'stale': {
        const old = session.tips.find((tip) => tip !== place.expectedTip) ?? 'sha256:00';
        const commit = turnCommit({ ...place, expectedTip: old }, { name, turnNumber: current.answer });
        await expectRefusal(store.commitTurn(commit), 'checkpoint/tip-moved');
        break;
      }
    }
  }
  return sessions;
}

async function branchOf(store: CheckpointStore, id: string): Promise<Omit<ModelSession, 'tips'> & { tip?: string }> {
  const tip = (await store.readSession(id))?.tip;
  const snapshots = (await store.readSnapshots(id)).map((snapshot) => snapshot.id);
  expect((await store.readLastSnapshot(id))?.id).toBe(snapshots.at(-1));
  return {
    id,
    ...(tip !== undefined && { tip }),
    entries: (await store.readEntries(id)).map(({ kind, payload }) => ({ kind, payload })),
    turns: (await store.readTurns(id)).map((turn) => turn.id),
    snapshots,
  };
}

test('any tree of sessions reads back, branch by branch, as if every fork had copied its origin', async () => {
  const path = tempStorePath();
  await fc.assert(
    fc
      .asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const store = openSqliteStore({ path, synchronous: 'normal' });
        try {
          for (const { tips, ...branch } of await play(store, steps)) {
            expect(await branchOf(store, branch.id)).toEqual({ ...branch, tip: tips.at(-1) });
          }
        } finally {
          await store.close();
        }
      })
      .afterEach(() => rmSync(path, { force: true })),
    { numRuns: 60 },
  );
});
