import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { QueuedRun, RunQueue, WorkTerms } from '../../src/queue/run-queue.ts';
import { untilEqual } from './until.ts';

const TIMEOUT_MS = 30_000;

export function run(runId: string, sessionId = `session of ${runId}`): QueuedRun {
  return { runId, sessionId };
}

/** Work that is over when the test says so. */
export function heldWork(): WorkTerms['work'] & {
  /** Those under way, in the order in which they began. */
  readonly going: () => readonly string[];
  readonly begun: string[];
  readonly end: (runId: string, error?: Error) => void;
} {
  const open = new Map<string, PromiseWithResolvers<void>>();
  const begun: string[] = [];
  const work = async ({ runId }: QueuedRun) => {
    begun.push(runId);
    const held = Promise.withResolvers<void>();
    open.set(runId, held);
    await held.promise.finally(() => open.delete(runId));
  };
  return Object.assign(work, {
    begun,
    going: () => [...open.keys()],
    end(runId: string, error?: Error) {
      if (error) open.get(runId)?.reject(error);
      else open.get(runId)?.resolve();
    },
  });
}

/** The contract that every line of runs keeps. `openQueue` opens an empty one, which the test closes. */
export function runQueueSuite(name: string, openQueue: () => Promise<RunQueue>): void {
  async function open(): Promise<RunQueue> {
    const queue = await openQueue();
    onTestFinished(() => queue.close());
    return queue;
  }

  describe(`${name} as a line of runs`, { timeout: TIMEOUT_MS }, () => {
    it('Q1 works on runs of one session one after the other, and on others beside them', async () => {
      const queue = await open();
      const work = heldWork();
      for (const id of ['a1', 'a2']) await queue.enqueue(run(id, 'a'));
      await queue.enqueue(run('b1', 'b'));
      await queue.work({ concurrency: 4, work, onError: vi.fn() });
      await untilEqual(() => work.going().toSorted(), ['a1', 'b1']);
      work.end('a1');
      await untilEqual(() => work.going().toSorted(), ['a2', 'b1']);
      expect(work.begun.filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2']);
      for (const id of work.going()) work.end(id);
    });

    it('Q1 works beside its session on a run that says so', async () => {
      const queue = await open();
      const work = heldWork();
      await queue.work({ concurrency: 4, work, onError: vi.fn() });
      for (const id of ['a1', 'a2']) await queue.enqueue(run(id, 'a'));
      await untilEqual(work.going, ['a1']);
      await queue.enqueue({ ...run('a3', 'a'), isBeside: true });
      await untilEqual(() => work.going().toSorted(), ['a1', 'a3']);
      work.end('a3');
      await untilEqual(work.going, ['a1']);
      work.end('a1');
      await untilEqual(work.going, ['a2']);
      work.end('a2');
    });

    it('Q1 keeps the order of every session under load', async () => {
      const queue = await open();
      const ended: string[] = [];
      const going = new Set<string>();
      let overlaps = 0;
      const sessions = ['a', 'b', 'c', 'd', 'e'];
      const work = async ({ runId, sessionId }: QueuedRun) => {
        if (going.has(sessionId)) overlaps += 1;
        going.add(sessionId);
        await new Promise((resolve) => setImmediate(resolve));
        going.delete(sessionId);
        ended.push(runId);
      };
      await queue.work({ concurrency: 3, work, onError: vi.fn() });
      const numbers = [0, 1, 2, 3, 4, 5];
      for (const number of numbers) {
        await Promise.all(sessions.map((session) => queue.enqueue(run(`${session}${number}`, session))));
      }
      await untilEqual(() => ended.length, sessions.length * numbers.length);
      for (const session of sessions) {
        expect(ended.filter((id) => id.startsWith(session))).toEqual(numbers.map((number) => `${session}${number}`));
      }
      expect(overlaps).toBe(0);
    });

    it('Q2 gives a run whose work is rejected to work again, before the next of its session', async () => {
      const queue = await open();
      const work = heldWork();
      const onError = vi.fn();
      await queue.enqueue(run('a1', 'a'));
      await queue.enqueue(run('a2', 'a'));
      await queue.work({ concurrency: 2, work, onError });
      await untilEqual(work.going, ['a1']);
      const error = new Error('the store is away');
      work.end('a1', error);
      await untilEqual(() => [...work.begun], ['a1', 'a1']);
      expect(onError).toHaveBeenCalledWith(error, expect.objectContaining({ runId: 'a1' }));
      work.end('a1');
      await untilEqual(work.going, ['a2']);
      work.end('a2');
    });

    it('works on a run once that was put in line twice', async () => {
      const queue = await open();
      const work = heldWork();
      await queue.enqueue(run('a1', 'a'));
      await queue.enqueue(run('a1', 'a'));
      expect(await queue.depth()).toBe(1);
      await queue.work({ concurrency: 2, work, onError: vi.fn() });
      await untilEqual(work.going, ['a1']);
      await queue.enqueue(run('a1', 'a'));
      await queue.enqueue(run('a2', 'a'));
      work.end('a1');
      await untilEqual(work.going, ['a2']);
      work.end('a2');
      await untilEqual(() => queue.depth(), 0);
      expect(work.begun).toEqual(['a1', 'a2']);
    });

    it('takes a run again that was in line before', async () => {
      const queue = await open();
      const work = heldWork();
      await queue.work({ concurrency: 1, work, onError: vi.fn() });
      for (const times of [1, 2]) {
        await queue.enqueue(run('a1'));
        await untilEqual(() => work.begun.length, times);
        work.end('a1');
        // The next one begins when this one is out of line.
        await queue.enqueue(run(`b${times}`, 'session of a1'));
        await untilEqual(work.going, [`b${times}`]);
        work.begun.pop();
        work.end(`b${times}`);
      }
    });

    it('has no more under way than it was told, and counts those that wait', async () => {
      const queue = await open();
      const work = heldWork();
      for (const id of ['a', 'b', 'c', 'd']) await queue.enqueue(run(id));
      expect(await queue.depth()).toBe(4);
      await queue.work({ concurrency: 2, work, onError: vi.fn() });
      await untilEqual(() => work.going().length, 2);
      expect(await queue.depth()).toBe(2);
      for (const expected of [3, 4]) {
        work.end(work.going()[0] ?? '');
        await untilEqual(() => work.begun.length, expected);
        expect(work.going().length).toBeLessThanOrEqual(2);
      }
      for (const id of work.going()) work.end(id);
      await untilEqual(() => queue.depth(), 0);
    });

    it('finishes what is under way when it is stopped, and takes nothing more', async () => {
      const queue = await open();
      const work = heldWork();
      for (const id of ['a', 'b']) await queue.enqueue(run(id));
      const worker = await queue.work({ concurrency: 1, work, onError: vi.fn() });
      await untilEqual(() => work.going().length, 1);
      const stopped = worker.stop({ deadlineMs: 20_000 });
      work.end(work.going()[0] ?? '');
      await stopped;
      expect([work.begun.length, await queue.depth()]).toEqual([1, 1]);
    });

    it('Q2 lets go after the deadline, and the run is worked on again', async () => {
      const queue = await open();
      const seen: string[] = [];
      const work: WorkTerms['work'] = async ({ runId }, signal) => {
        seen.push(runId);
        await new Promise<void>((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('let go')), { once: true });
        });
      };
      await queue.enqueue(run('a'));
      const worker = await queue.work({ concurrency: 1, work, onError: vi.fn() });
      await untilEqual(() => [...seen], ['a']);
      await worker.stop({ deadlineMs: 0 });
      await untilEqual(() => queue.depth(), 1);
      const again = heldWork();
      await queue.work({ concurrency: 1, work: again, onError: vi.fn() });
      await untilEqual(again.going, ['a']);
      again.end('a');
    });
  });
}
