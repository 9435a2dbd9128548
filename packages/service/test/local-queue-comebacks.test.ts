import { createLocalQueue } from '@reprise/service';
import { expect, it, vi } from 'vitest';
import { virtualTimers } from './support/virtual-timers.ts';

const RUN = { runId: 'a', sessionId: 's' };

it('Q2 gives a run that fails again and again to work later each time, and never later than half a minute', async () => {
  const timers = virtualTimers();
  const queue = createLocalQueue(timers);
  const startedAt: number[] = [];
  const work = async () => {
    startedAt.push(timers.clock());
    throw new Error('away');
  };
  await queue.enqueue(RUN);
  await queue.work({ concurrency: 1, work, onError: vi.fn() });
  await timers.pass(200_000);
  const waits = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
  expect(waits.slice(0, 7)).toEqual([100, 500, 2000, 10_000, 30_000, 30_000, 30_000]);
  await queue.close();
  expect(timers.waiting).toBe(0);
});

it('refuses what comes after it was closed, and lets go of what is under way', async () => {
  const queue = createLocalQueue();
  const signals: AbortSignal[] = [];
  const work = (_run: unknown, signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  };
  await queue.enqueue(RUN);
  await queue.work({ concurrency: 1, work, onError: vi.fn() });
  await queue.close();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  await expect(queue.enqueue(RUN)).rejects.toMatchObject({ code: 'service/unavailable' });
});
