import { createHolderName } from '@reprise/agent';
import type { CheckpointStore } from '@reprise/checkpoint';
import { recoverRuns } from '@reprise/service';
import { describe, expect, it } from 'vitest';
import type { QueuedRun } from '../src/queue/run-queue.ts';
import { askRun, OUTCOME, storeWithSession } from './support/run-rows.ts';

const NOW = 1_000_000;

/** What would stand in line. */
async function recovered(store: CheckpointStore, now = NOW) {
  const line: QueuedRun[] = [];
  const enqueue = async (run: QueuedRun) => void line.push(run);
  const leftAlone = await recoverRuns(store, { enqueue }, { clock: () => now });
  return { line, ids: line.map(({ runId }) => runId), leftAlone };
}

async function takenUp(store: CheckpointStore, id: string, holder: string, sessionId?: string): Promise<void> {
  await askRun(store, id, sessionId === undefined ? {} : { sessionId });
  await store.takeUpRun({ runId: id, holder, at: 1 });
}

/** A process of this machine that has ended: its number is beyond those that are given out. */
const gone = createHolderName().replace(/\/\d+\//, '/99999999/');

describe('runs that are not over when a process begins', () => {
  it('stand in line again in the order in which they were asked for, more than a page of them', async () => {
    const store = await storeWithSession();
    const ids = Array.from({ length: 120 }, (_, index) => `run-${index}`);
    for (const id of ids) await askRun(store, id);
    const { line, ids: found } = await recovered(store);
    expect(found).toEqual(ids);
    expect(line[0]).toEqual({ runId: 'run-0', sessionId: 'acme/s' });
  });

  it('stand in line again whose process is gone, and not those that are over or whose process runs', async () => {
    const store = await storeWithSession();
    await takenUp(store, 'dead', gone);
    await takenUp(store, 'alive', createHolderName());
    await takenUp(store, 'over', gone);
    await store.appendRunEvents([
      { runId: 'over', attempt: 1, after: 0, events: [], end: { outcome: JSON.stringify(OUTCOME) }, at: 2 },
    ]);
    await askRun(store, 'waiting');
    expect(await recovered(store)).toMatchObject({ ids: ['dead', 'waiting'], leftAlone: 1 });
  });

  it('of another machine are left alone as long as their session is held', async () => {
    let now = NOW;
    const store = await storeWithSession();
    await store.createSession({ id: 'acme/other', createdAt: 1 });
    await takenUp(store, 'held', 'elsewhere/12/abc');
    await takenUp(store, 'dropped', 'elsewhere/12/abc', 'acme/other');
    const lease = await store.acquireLease({ sessionId: 'acme/s', holder: 'elsewhere/12/def', ttlMs: 30_000 });
    now = lease.expiresAt - 1;
    expect(await recovered(store, now)).toMatchObject({ ids: ['dropped'], leftAlone: 1 });
    expect(await recovered(store, now + 1)).toMatchObject({ ids: ['held', 'dropped'], leftAlone: 0 });
    await store.releaseLease(lease);
    expect(await recovered(store, now)).toMatchObject({ ids: ['held', 'dropped'] });
  });

  it('stand beside their session again if they are to go into another run, or to end one', async () => {
    const store = await storeWithSession();
    for (const onBusy of ['queue', 'reject', 'steer', 'interrupt'] as const) await askRun(store, onBusy, { onBusy });
    const { line } = await recovered(store);
    expect(line.map(({ isBeside = false }) => isBeside)).toEqual([false, false, true, true]);
  });
});
