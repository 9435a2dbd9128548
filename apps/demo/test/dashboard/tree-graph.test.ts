import type { SnapshotBody } from '@reprise/service/client';
import { describe, expect, it } from 'vitest';
import { sharedTurns, treeOf } from '../../src/dashboard/views/session/tree/tree-graph.ts';

const snapshot = (turnId: string, turnCount: number, reason: SnapshotBody['reason'] = 'turn'): SnapshotBody =>
  ({ id: `${reason}-${turnId}`, turnId, turnCount, reason }) as SnapshotBody;

/** a → b → c, left by a rewind to a; then a → d. */
const snapshots = [snapshot('a', 1), snapshot('b', 2), snapshot('c', 3), snapshot('c', 3, 'rewind'), snapshot('d', 2)];
const parents = new Map([
  ['a', null],
  ['b', 'a'],
  ['c', 'b'],
  ['d', 'a'],
]);

describe('the tree of snapshots', () => {
  const nodes = treeOf(snapshots, parents, new Set(['a', 'd']));
  const nodeOf = (id: string) => nodes.find(({ snapshot: each }) => each.id === id);

  it('hangs each turn on the turn that it follows, and a rewind on the turn that it left', () => {
    const hung = nodes.map(({ snapshot: each, parent }) => `${each.id}<${parent?.snapshot.id ?? ''}`);
    expect(hung).toEqual(['turn-a<', 'turn-b<turn-a', 'turn-c<turn-b', 'rewind-c<turn-c', 'turn-d<turn-a']);
  });

  it('gives a branch a lane of its own where it parts', () => {
    expect(nodes.map(({ lane }) => lane)).toEqual([0, 0, 0, 0, 1]);
  });

  it('knows which turns the session is on', () => {
    expect([nodeOf('turn-a')?.isOnBranch, nodeOf('turn-b')?.isOnBranch, nodeOf('turn-d')?.isOnBranch]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('knows how much two branches have in common', () => {
    expect([sharedTurns('c', 'd', parents), sharedTurns('b', 'c', parents), sharedTurns('c', 'x', parents)]).toEqual([
      1, 2, 0,
    ]);
  });
});
