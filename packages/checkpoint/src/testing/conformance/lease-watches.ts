import { expect, test, vi } from 'vitest';
import { createSession, type StoreSuite } from './suite.ts';

export function describeLeaseWatches({ store, open, clock }: StoreSuite): void {
  const acquire = (given: { sessionId?: string; takeOverFence?: number } = {}) =>
    store().acquireLease({ sessionId: 'a', holder: 'one', ttlMs: 1000, ...given });
  const called = (onChange: () => void) =>
    vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 10_000, interval: 10 });

  /** Watches from this store and from another in the same place. */
  const watchBoth = async (sessionId = 'a') => {
    const ending = new AbortController();
    const watchers = [vi.fn(), vi.fn()] as const;
    const { signal } = ending;
    await store().watchLease({ sessionId, onChange: watchers[0], signal });
    await (await open()).watchLease({ sessionId, onChange: watchers[1], signal });
    return { watchers, end: () => ending.abort() };
  };

  test('who watches a lease is told that it was given back, in another store, too (N-11)', async () => {
    await createSession(store(), 'a');
    const lease = await acquire();
    const { watchers, end } = await watchBoth();
    await store().releaseLease(lease);
    await Promise.all(watchers.map(called));
    end();
  });

  test('who watches a lease is told that its holder was asked to stop (N-11)', async () => {
    await createSession(store(), 'a');
    await acquire();
    const { watchers, end } = await watchBoth();
    await store().requestInterrupt('a');
    await Promise.all(watchers.map(called));
    end();
  });

  test('who watches a lease is told that it was taken over (N-11)', async () => {
    await createSession(store(), 'a');
    const { fence } = await acquire();
    const { watchers, end } = await watchBoth();
    await acquire({ takeOverFence: fence });
    await Promise.all(watchers.map(called));
    for (const watcher of watchers) watcher.mockClear();
    clock.now += 1000;
    await acquire();
    await Promise.all(watchers.map(called));
    end();
  });

  test('who watches a lease is told that its session was deleted', async () => {
    await createSession(store(), 'a');
    const { fence } = await acquire();
    const { watchers, end } = await watchBoth();
    await store().deleteSession({ sessionId: 'a', fence });
    await Promise.all(watchers.map(called));
    end();
  });

  test('a watch tells of its own session, until it ends', async () => {
    await createSession(store(), 'a');
    await createSession(store(), 'b');
    const ended = await watchBoth();
    const ofOther = await watchBoth('b');
    ended.end();
    const late = vi.fn();
    await store().watchLease({ sessionId: 'a', onChange: late, signal: AbortSignal.abort() });
    const atOnce = await watchBoth();
    const going = await watchBoth();
    const lease = await acquire();
    const releasing = store().releaseLease(lease);
    atOnce.end();
    await releasing;
    // Once these have been told, the others would have been.
    await Promise.all(going.watchers.map(called));
    for (const watcher of [...ended.watchers, ...atOnce.watchers, ...ofOther.watchers, late])
      expect(watcher).not.toHaveBeenCalled();
    going.end();
    ofOther.end();
  });

  test('a store closes while somebody watches', async () => {
    await createSession(store(), 'a');
    await watchBoth();
    await store().close();
  });
}
