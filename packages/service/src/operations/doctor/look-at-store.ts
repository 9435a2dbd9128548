import { randomUUID } from 'node:crypto';
import type { CheckpointStore } from '@reprise/checkpoint';
import type { RunQueue } from '../../queue/run-queue.ts';
import { Finding, type Look } from './check.ts';
import { MAX_APART_MS, type Machine } from './look-at-machine.ts';

/** What the store is opened with has told its format by then: a newer one is refused, an older one is brought up. */
export function lookAtContent(store: CheckpointStore): Look {
  return {
    name: 'store',
    advice: 'See that the database is there and lets this process in.',
    async look() {
      const [sessions, runs] = [await store.countSessions(), await store.countRuns()];
      return `${sessions} sessions; runs: ${runs.waiting} waiting, ${runs.going} going, ${runs.ended} ended`;
    },
  };
}

const LEASE_MS = 60_000;

/**
 * Writes a session of its own, and takes it away again. Its lease, which goes by the store's clock, tells how far that is from this
 * machine's, with half of what the question took allowed for.
 */
export function lookAtWriting(store: CheckpointStore, { clock }: Pick<Machine, 'clock'>): Look {
  return {
    name: 'writing',
    advice: 'See that the disk has room, and that this process may write to the database.',
    async look() {
      // No tenant is called so.
      const sessionId = `:doctor/${randomUUID()}`;
      await store.createSession({ id: sessionId, createdAt: clock() });
      try {
        const askedAt = clock();
        const lease = await store.acquireLease({ sessionId, holder: 'doctor', ttlMs: LEASE_MS });
        const apartMs = Math.round(lease.expiresAt - LEASE_MS - (askedAt + clock()) / 2);
        await store.releaseLease(lease);
        if (Math.abs(apartMs) <= MAX_APART_MS)
          return `it can be written; its clock is ${apartMs} ms from this machine's`;
        throw new Finding(`its clock is ${apartMs} ms from this machine's`, 'Keep both clocks with NTP.');
      } finally {
        await store.deleteSession({ sessionId });
      }
    },
  };
}

/** Reads for so long, or to the end. */
export function lookForDamage(store: CheckpointStore, lookMs: number): Look {
  const advice = 'Read the whole store with `reprise-checkpoint doctor`, and restore a backup of what is damaged.';
  return {
    name: 'damage',
    advice,
    async look(signal) {
      const endsAt = performance.now() + lookMs;
      let sessions = 0;
      const onSession = () => {
        // Thrown into the search, which ends by it.
        if (signal.aborted || performance.now() >= endsAt) throw new TimeIsOver();
        sessions += 1;
      };
      try {
        for await (const { message } of store.findDamage({ onSession })) throw new Finding(message, advice);
      } catch (error) {
        if (error instanceof TimeIsOver) return `none in what was read in ${lookMs / 1000} s: ${sessions} sessions`;
        throw error;
      }
      return `none: ${sessions} sessions, all that there is`;
    },
  };
}

class TimeIsOver extends Error {
  override readonly name = 'TimeIsOver';
}

export function lookAtLine(queue: RunQueue): Look {
  return {
    name: 'line of runs',
    advice: 'See that the database has the schema of pg-boss, and lets this process in.',
    look: async () => `${await queue.depth()} waiting`,
  };
}
