import { describe, expect, test } from 'vitest';
import type { CheckpointStore } from '../../store.ts';
import type { Fenced } from '../../writes.ts';
import { turnCommit, userEntry } from '../builders.ts';
import { toolIntent } from './every-call.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, leaving, type StoreSuite, tipOf } from './suite.ts';

type Write = (store: CheckpointStore, expectedTip: string, fenced: Fenced) => Promise<unknown>;

/** Every method that needs the right to write, in a session that has two turns and a call that was started. */
const writes: Readonly<Record<string, Write>> = {
  appendEntries: (store, expectedTip, fenced) =>
    store.appendEntries({ sessionId: 'a', expectedTip, entries: [userEntry('hi')], at: 1, ...fenced }),
  beginTurn: (store, expectedTip, fenced) => {
    const { turn } = turnCommit({ sessionId: 'a', expectedTip }, { name: '4' });
    return store.beginTurn({ sessionId: 'a', expectedTip, turn, ...fenced });
  },
  commitTurn: (store, expectedTip, fenced) =>
    store.commitTurn({ ...turnCommit({ sessionId: 'a', expectedTip }, { name: '3' }), ...fenced }),
  abandonTurn: (store, _, fenced) => store.abandonTurn({ sessionId: 'a', ...fenced }),
  rewindSession: (store, _, fenced) =>
    store.rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 1, ...fenced }),
  deleteSession: (store, _, fenced) => store.deleteSession({ sessionId: 'a', ...fenced }),
  deleteSnapshots: (store, _, fenced) =>
    store.deleteSnapshots({ sessionId: 'a', snapshotIds: ['snapshot-1'], ...fenced }),
  startToolCall: (store, _, fenced) => store.startToolCall({ ...toolIntent('turn-2', 1), ...fenced }),
  finishToolCall: (store, _, fenced) =>
    store.finishToolCall({ sessionId: 'a', turnId: 'turn-2', position: 0, outcome: '1', at: 1, ...fenced }),
  recordFileBackups: (store, _, fenced) => {
    const files = [{ path: 'f', blobHash: null, mode: null, state: 'absent' as const }];
    return store.recordFileBackups({ sessionId: 'a', snapshotId: 'snapshot-2', files, blobs: [], at: 1, ...fenced });
  },
};

export function describeFences({ store, open, clock }: StoreSuite): void {
  const acquire = (given: { takeOverFence?: number } = {}) =>
    store().acquireLease({ sessionId: 'a', holder: 'one', ttlMs: 1000, ...given });

  describe.each(Object.entries(writes))('C6 I7 %s (N-11)', (_, write) => {
    /** The session, and the note that `abandonTurn` takes away. */
    const createHeldSession = async () => {
      await createSession(store(), 'a');
      await commitTurns(store(), 'a', ['1', '2']);
      await store().startToolCall(toolIntent('turn-2', 0));
      const expectedTip = await tipOf(store(), 'a');
      const { turn } = turnCommit({ sessionId: 'a', expectedTip }, { name: 'pending' });
      await store().beginTurn({ sessionId: 'a', expectedTip, turn });
      return expectedTip;
    };
    const state = async () => [
      await everythingIn(store(), 'a'),
      await store().readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1' }),
    ];
    /** Refused by this code, with nothing written. */
    const expectNothingWritten = async (expectedTip: string, fenced: Fenced, code: 'session-busy' | 'lease-lost') => {
      const before = await state();
      await expectRefusal(write(await open(), expectedTip, fenced), `checkpoint/${code}`);
      expect(await state()).toEqual(before);
    };

    test('goes ahead with the fence of the lease', async () => {
      const expectedTip = await createHeldSession();
      const { fence } = await acquire();
      await write(await open(), expectedTip, { fence });
    });

    test('goes ahead without a fence while nobody holds the lease', async () => {
      await write(store(), await createHeldSession(), {});
    });

    test('goes ahead without a fence once the lease is given back, or has run out', async () => {
      const expectedTip = await createHeldSession();
      await store().releaseLease(await acquire());
      await acquire();
      clock.now += 1000;
      await write(store(), expectedTip, {});
    });

    test('is refused without a fence while somebody holds the lease, and with any fence but that', async () => {
      const expectedTip = await createHeldSession();
      await expectNothingWritten(expectedTip, { fence: 1 }, 'lease-lost');
      const first = await acquire();
      await expectNothingWritten(expectedTip, {}, 'session-busy');
      await expectNothingWritten(expectedTip, { fence: undefined }, 'session-busy');
      await expectNothingWritten(expectedTip, { fence: first.fence + 1 }, 'lease-lost');
      const second = await acquire({ takeOverFence: first.fence });
      await expectNothingWritten(expectedTip, { fence: first.fence }, 'lease-lost');
      clock.now += 5000;
      await expectNothingWritten(expectedTip, { fence: first.fence }, 'lease-lost');
      await store().releaseLease(second);
      await expectNothingWritten(expectedTip, { fence: second.fence }, 'lease-lost');
    });

    test('L3 goes ahead with the fence of a lease that has run out, as long as nobody took it over', async () => {
      const expectedTip = await createHeldSession();
      const { fence } = await acquire();
      clock.now += 60_000;
      await write(store(), expectedTip, { fence });
    });
  });
}
