import { type Message, toolCallBlock, userMessage } from '@reprise/providers';
import type { SnapshotBody } from '@reprise/service/client';
import { describe, expect, it } from 'vitest';
import {
  isKnownToItsRoot,
  NO_TREE,
  withSnapshots,
  withTurns,
} from '../../src/dashboard/views/session/tree/known-tree.ts';
import { messageLine } from '../../src/dashboard/views/session/tree/message-lines.ts';
import { edgesBetween, edgesOf, sharedTurns, treeOf } from '../../src/dashboard/views/session/tree/tree-graph.ts';

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
      ['a'],
      ['a', 'b'],
      [],
    ]);
  });

  it('draws the lines that are in sight, also those that run past what stands between', () => {
    // The newest first: d, rewind-c, c, b, a; d goes on from a.
    const edges = edgesOf(nodes.toReversed());
    const drawn = (first: number, last: number) =>
      edgesBetween(edges, first, last).map(({ from, to }) => `${from}-${to}`);
    expect(drawn(0, 4).toSorted()).toEqual(['0-4', '1-2', '2-3', '3-4']);
    expect(drawn(2, 2).toSorted()).toEqual(['0-4', '1-2', '2-3']);
    expect(drawn(4, 4).toSorted()).toEqual(['0-4', '3-4']);
  });
});

describe('what is known of a tree', () => {
  it('grows by what is new, and knows whether it reaches back to the beginning', () => {
    const own = withTurns(NO_TREE, [{ id: 'd', parentId: 'c' }], 1);
    expect(isKnownToItsRoot({ ...own, tip: 'd' })).toBe(false);
    const whole = withTurns(own, [
      { id: 'c', parentId: 'b' },
      { id: 'b', parentId: null },
    ]);
    expect(isKnownToItsRoot({ ...whole, tip: 'd' })).toBe(true);
    expect(whole.committed).toBe(1);
    expect(isKnownToItsRoot(NO_TREE)).toBe(true);
  });

  it('takes the last name of a snapshot', () => {
    const tree = withSnapshots(NO_TREE, [snapshot('a', 1)]);
    const named = withSnapshots(tree, [{ ...snapshot('a', 1), label: 'here' }]);
    expect([...named.snapshots.values()].map(({ label }) => label)).toEqual(['here']);
  });
});

describe('a message in few words', () => {
  it.each([
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'image', mediaType: 'image/png', data: '' },
        ],
      },
      'Said',
      'Hi\n[picture]',
    ],
    [{ role: 'assistant', content: [toolCallBlock('c', 'look', '{"at":1}')] }, 'Answer', 'look({"at":1})'],
    [
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'c',
            toolName: 'look',
            isError: true,
            content: [{ type: 'text', text: 'dark' }],
          },
        ],
      },
      'Results',
      'look failed: dark',
    ],
  ] satisfies [Message, string, string][])('is %j', (message, who, text) => {
    expect(messageLine({ index: 3, message })).toEqual({ index: 3, who, text });
  });

  it('is cut where it is long, between characters', () => {
    const { text } = messageLine({ index: 0, message: userMessage(`a${'😀'.repeat(600)}`) });
    expect([text.length < 700, text.isWellFormed(), text.endsWith(' …')]).toEqual([true, true, true]);
  });
});
