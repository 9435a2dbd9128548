import { expect, test } from 'vitest';
import type { Lease } from '../../lease.ts';
import { createSession, expectRefusal, type StoreSuite } from './suite.ts';

export function describeLeases({ store, open, clock }: StoreSuite): void {
  const acquire = (holder: string, given: { takeOverFence?: number; ttlMs?: number } = {}) =>
    store().acquireLease({ sessionId: 'a', holder, ttlMs: 1000, ...given });

  test('I7 a lease is granted once, and the second who asks is told who has it (N-11)', async () => {
    await createSession(store(), 'a');
    const lease = await acquire('one');
    const expiresAt = clock.now + 1000;
    expect(lease).toEqual({ sessionId: 'a', holder: 'one', fence: 1, expiresAt, interruptRequested: false });
    await expectRefusal(acquire('two'), 'checkpoint/session-busy');
    await expectRefusal(acquire('one'), 'checkpoint/session-busy');
    await expect(acquire('two')).rejects.toThrow(/'a'.*one/);
    const other = await open();
    await expectRefusal(other.acquireLease({ sessionId: 'a', holder: 'two', ttlMs: 1 }), 'checkpoint/session-busy');
    expect(await other.readLease('a')).toEqual(lease);
  });

  test('L1 of many who ask at once one gets the lease (N-11)', async () => {
    await createSession(store(), 'a');
    const other = await open();
    const asks = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? store() : other).acquireLease({ sessionId: 'a', holder: `${index}`, ttlMs: 1000 }),
    );
    const outcomes = await Promise.allSettled(asks);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(19).fill('checkpoint/session-busy'));
    expect(await store().readLease('a')).toMatchObject({ fence: 1 });
  });

  test('L2 the fence grows with every holder, whether the one before gave it back or ran out of time', async () => {
    await createSession(store(), 'a');
    await store().releaseLease(await acquire('one'));
    expect(await acquire('two')).toMatchObject({ holder: 'two', fence: 2 });
    clock.now += 1000;
    expect(await acquire('three')).toMatchObject({ holder: 'three', fence: 3, expiresAt: clock.now + 1000 });
  });

  test('a lease is live to its last millisecond', async () => {
    await createSession(store(), 'a');
    await acquire('one');
    clock.now += 999;
    await expectRefusal(acquire('two'), 'checkpoint/session-busy');
    clock.now += 1;
    expect(await acquire('two')).toMatchObject({ fence: 2 });
  });

  test('leases of two sessions have nothing to do with each other', async () => {
    await createSession(store(), 'a');
    await createSession(store(), 'b');
    await acquire('one');
    expect(await store().acquireLease({ sessionId: 'b', holder: 'two', ttlMs: 1 })).toMatchObject({ fence: 1 });
  });

  test('a renewal lasts from now on, from another process as well', async () => {
    await createSession(store(), 'a');
    const lease = await acquire('one');
    clock.now += 900;
    const renewed = await (await open()).renewLease(lease, 500);
    expect(renewed).toEqual({ ...lease, expiresAt: clock.now + 500 });
    expect(await store().readLease('a')).toEqual(renewed);
    clock.now += 499;
    await expectRefusal(acquire('two'), 'checkpoint/session-busy');
  });

  test('L3 a lease that has run out is renewed unless it was taken over', async () => {
    await createSession(store(), 'a');
    const lease = await acquire('one');
    clock.now += 5000;
    const renewed = await store().renewLease(lease, 1000);
    expect(renewed).toMatchObject({ fence: 1, expiresAt: clock.now + 1000 });
    clock.now += 1000;
    const taken = await acquire('two');
    await expectRefusal(store().renewLease(renewed, 1000), 'checkpoint/lease-lost');
    expect(await store().readLease('a')).toEqual(taken);
  });

  test('a lease that was given back is not renewed, and is given back twice without harm', async () => {
    await createSession(store(), 'a');
    const lease = await acquire('one');
    await store().releaseLease(lease);
    await store().releaseLease(lease);
    expect(await store().readLease('a')).toMatchObject({ holder: null, fence: 1, interruptRequested: false });
    await expectRefusal(store().renewLease(lease, 1000), 'checkpoint/lease-lost');
  });

  test('giving back a lease that was taken over leaves the one who has it alone', async () => {
    await createSession(store(), 'a');
    const lease = await acquire('one');
    clock.now += 1000;
    const taken = await acquire('two');
    await store().releaseLease(lease);
    expect(await store().readLease('a')).toEqual(taken);
  });

  test('a lease whose holder is known to be gone is taken over by its fence, once', async () => {
    await createSession(store(), 'a');
    const gone = await acquire('gone');
    await expectRefusal(acquire('two', { takeOverFence: gone.fence + 1 }), 'checkpoint/session-busy');
    const taken = await acquire('two', { takeOverFence: gone.fence });
    expect(taken).toMatchObject({ holder: 'two', fence: 2 });
    // A third who saw the same holder gone comes too late.
    await expectRefusal(acquire('three', { takeOverFence: gone.fence }), 'checkpoint/session-busy');
    await expectRefusal(store().renewLease(gone, 1000), 'checkpoint/lease-lost');
    expect(await store().readLease('a')).toEqual(taken);
  });

  test('a request to stop reaches the holder with its next renewal, and not the holder after it', async () => {
    await createSession(store(), 'a');
    expect(await store().requestInterrupt('a')).toBe(false);
    const lease = await acquire('one');
    expect(await (await open()).requestInterrupt('a')).toBe(true);
    expect(await store().readLease('a')).toEqual({ ...lease, interruptRequested: true });
    const renewed: Lease = await store().renewLease(lease, 1000);
    expect(renewed.interruptRequested).toBe(true);
    expect(await store().readLease('a')).toMatchObject({ interruptRequested: true });
    await store().releaseLease(renewed);
    expect(await store().requestInterrupt('a')).toBe(false);
    expect(await acquire('two')).toMatchObject({ interruptRequested: false });
  });

  test('nobody is asked to stop whose time is up', async () => {
    await createSession(store(), 'a');
    const lease = await acquire('one');
    clock.now += 1000;
    expect(await store().requestInterrupt('a')).toBe(false);
    expect(await store().readLease('a')).toEqual(lease);
  });

  test('C3 a lease outlives the store it was taken from', async () => {
    await createSession(store(), 'a');
    const lease = await acquire('one');
    await store().close();
    const reopened = await open();
    expect(await reopened.readLease('a')).toEqual(lease);
    await expectRefusal(reopened.acquireLease({ sessionId: 'a', holder: 'two', ttlMs: 1 }), 'checkpoint/session-busy');
  });

  test.each([
    { ttlMs: 0.5 },
    { ttlMs: -1 },
    { ttlMs: Number.MAX_SAFE_INTEGER },
    { ttlMs: Number.POSITIVE_INFINITY },
    { holder: '\0' },
  ])('a lease with %j is refused', async (given) => {
    await createSession(store(), 'a');
    const request = { sessionId: 'a', holder: 'one', ttlMs: 1000, ...given };
    await expectRefusal(store().acquireLease(request), 'checkpoint/invalid-write');
    expect(await store().readLease('a')).toBeUndefined();
  });
}
