import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grantLease, isLive, type LeaseState, renewedLease, requireRightToWrite } from '../src/lease.ts';

const held: LeaseState = { sessionId: 'a', holder: 'one', fence: 3, expiresAt: 1000, interruptRequested: false };
const givenBack: LeaseState = { ...held, holder: null };

function codeOf(call: () => unknown): unknown {
  try {
    call();
    return 'fine';
  } catch (error) {
    return Reflect.get(Object(error), 'code');
  }
}

describe('the right to write (C6)', () => {
  test.each([
    ['nobody ever held the lease', undefined, undefined, 0, 'fine'],
    ['nobody ever held the lease', undefined, 1, 0, 'checkpoint/lease-lost'],
    ['the lease is live', held, 3, 999, 'fine'],
    ['the lease is live', held, undefined, 999, 'checkpoint/session-busy'],
    ['the lease is live', held, 2, 999, 'checkpoint/lease-lost'],
    ['the lease is live', held, 4, 999, 'checkpoint/lease-lost'],
    ['the lease has run out', held, 3, 1000, 'fine'],
    ['the lease has run out', held, undefined, 1000, 'fine'],
    ['the lease was given back', givenBack, 3, 0, 'checkpoint/lease-lost'],
    ['the lease was given back', givenBack, undefined, 0, 'fine'],
  ])('when %s (%j), a write with fence %j at %d is %s', (_, current, fence, now, outcome) => {
    expect(codeOf(() => requireRightToWrite(current, { sessionId: 'a', fence }, now))).toBe(outcome);
  });

  test('a refusal says who has the session until when, or which fence has come since', () => {
    const write = (fence?: number) => () => requireRightToWrite(held, { sessionId: 'a', fence }, 0);
    expect(write()).toThrow("Session 'a' is held by one until 1970-01-01T00:00:01.000Z");
    expect(write(2)).toThrow(/'a' with fence 2 .* fence 3 has been given out since/);
  });
});

describe('who gets a lease', () => {
  const request = { sessionId: 'a', holder: 'two', ttlMs: 500 };

  test('a takeover needs the fence of the live lease, and nothing once it has run out', () => {
    expect(codeOf(() => grantLease(held, request, 999))).toBe('checkpoint/session-busy');
    expect(codeOf(() => grantLease(held, { ...request, takeOverFence: 2 }, 999))).toBe('checkpoint/session-busy');
    expect(grantLease(held, { ...request, takeOverFence: 3 }, 999)).toMatchObject({
      holder: 'two',
      fence: 4,
      expiresAt: 1499,
    });
    expect(grantLease(held, { ...request, takeOverFence: 2 }, 1000)).toMatchObject({ fence: 4 });
  });

  test('a new holder starts without a request to stop; a renewal carries it', () => {
    const asked = { ...held, holder: 'one', interruptRequested: true };
    expect(grantLease(asked, request, 1000).interruptRequested).toBe(false);
    expect(renewedLease(asked, { ...asked, interruptRequested: false }, 500, 10)).toEqual({ ...asked, expiresAt: 510 });
  });
});

interface Step {
  /** Milliseconds since the step before. */
  readonly after: number;
  readonly kind: 'acquire' | 'take-over' | 'renew' | 'release' | 'write';
  /** Which of the fences given out so far is used. */
  readonly pick: number;
}

const kind = fc.constantFrom<Step['kind'][]>('acquire', 'take-over', 'renew', 'release', 'write');
const steps = fc.array(fc.record({ after: fc.nat(40), kind, pick: fc.nat(5) }), { maxLength: 60 });

/** What is left of the lease after a step. */
function leaseAfter(
  state: LeaseState | undefined,
  { kind, fence, now }: { kind: Step['kind']; fence: number; now: number },
) {
  const request = { sessionId: 'a', holder: 'two', ttlMs: 30 };
  switch (kind) {
    case 'acquire':
      return grantLease(state, request, now);
    case 'take-over':
      return grantLease(state, { ...request, takeOverFence: fence }, now);
    case 'renew':
      return renewedLease(state, { ...held, holder: 'two', fence }, 30, now);
    case 'release':
      return state?.fence === fence ? { ...state, holder: null } : state;
    case 'write':
      requireRightToWrite(state, { sessionId: 'a', fence }, now);
      return state;
  }
}

test('L1 L2 L3 in any sequence of holders fences grow, a live lease is taken by its fence alone, and the last one writes', () => {
  fc.assert(
    fc.property(steps, (played) => {
      let state: LeaseState | undefined;
      let now = 0;
      for (const { after, kind, pick } of played) {
        now += after;
        const before = state;
        const fence = pick % ((before?.fence ?? 0) + 1);
        const isLast = before?.fence === fence && before.holder !== null;
        const isFree = before === undefined || !isLive(before, now);
        const outcome = codeOf(() => {
          state = leaseAfter(before, { kind, fence, now });
        });
        if (kind === 'acquire') expect(outcome).toBe(isFree ? 'fine' : 'checkpoint/session-busy');
        if (kind === 'take-over') expect(outcome).toBe(isFree || isLast ? 'fine' : 'checkpoint/session-busy');
        if (kind === 'write' || kind === 'renew') expect(outcome).toBe(isLast ? 'fine' : 'checkpoint/lease-lost');
        const isGranted = (kind === 'acquire' || kind === 'take-over') && outcome === 'fine';
        expect(state?.fence).toBe(isGranted ? (before?.fence ?? 0) + 1 : before?.fence);
        if (outcome !== 'fine') expect(state).toBe(before);
      }
    }),
  );
});
