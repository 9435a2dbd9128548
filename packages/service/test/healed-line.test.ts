import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHolderName } from '@reprise/agent';
import type { NewRun } from '@reprise/checkpoint';
import { describe, expect, it, vi } from 'vitest';
import { heldWork, run } from './support/run-queue-suite.ts';
import { type TempLine, tempLine } from './support/temp-line.ts';
import { untilEqual } from './support/until.ts';

const TIMEOUT_MS = 30_000;

/** A place for a line whose store knows these runs, none of which is in line. */
async function lineWith(...runs: readonly Pick<NewRun, 'id' | 'at'>[]): Promise<TempLine> {
  const line = await tempLine();
  await line.store.createSession({ id: 's', metadata: '{}', createdAt: 0 });
  for (const { id, at } of runs) await line.store.createRun({ id, sessionId: 's', request: '{}', at });
  return line;
}

/** The name of a holder that was a process on this machine. */
async function goneHolder(): Promise<string> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'close');
  return createHolderName().replace(/\/\d+\//, `/${child.pid}/`);
}

describe('a line that is healed', { timeout: TIMEOUT_MS }, () => {
  it('H1 gets the runs that were created and never put in line, the oldest first', async () => {
    const line = await lineWith({ id: 'a', at: 1 }, { id: 'b', at: 2 });
    const work = heldWork();
    await (await line.open()).work({ concurrency: 2, work, onError: vi.fn() });
    await untilEqual(work.going, ['a']);
    work.end('a');
    await untilEqual(work.going, ['b']);
    work.end('b');
  });

  it('H1 gets a run again that an operator has cancelled in pg-boss', async () => {
    const line = await lineWith({ id: 'a', at: 1 });
    const queue = await line.open({ healMs: 100 });
    await queue.enqueue(run('a', 's'));
    await line.query(`UPDATE ${line.schema}.job SET state = 'cancelled', completed_on = now()`);
    const work = heldWork();
    await queue.work({ concurrency: 1, work, onError: vi.fn() });
    await untilEqual(work.going, ['a']);
    work.end('a');
  });

  it('H1 puts a run beside its session that is to go beside it', async () => {
    const line = await lineWith({ id: 'a', at: 1 });
    await line.store.createRun({
      id: 'b',
      sessionId: 's',
      request: JSON.stringify({ agent: 'x', onBusy: 'steer' }),
      at: 2,
    });
    const work = heldWork();
    await (await line.open()).work({ concurrency: 2, work, onError: vi.fn() });
    await untilEqual(() => work.going().toSorted(), ['a', 'b']);
    for (const id of work.going()) work.end(id);
  });

  it('H1 leaves out the runs that have ended', async () => {
    const line = await lineWith({ id: 'a', at: 1 }, { id: 'b', at: 2 });
    await line.store.takeUpRun({ runId: 'a', holder: 'somebody', at: 3 });
    const end = { runId: 'a', attempt: 1, after: 0, events: ['{}'], end: { outcome: '{}' }, at: 4 };
    await line.store.appendRunEvents([end]);
    const work = heldWork();
    await (await line.open()).work({ concurrency: 2, work, onError: vi.fn() });
    await untilEqual(work.going, ['b']);
    expect(work.begun).toEqual(['b']);
    work.end('b');
  });

  it('H2 gives a run back at once whose worker was a process of this machine that is gone', async () => {
    const line = await lineWith({ id: 'a', at: 1 }, { id: 'b', at: 2 });
    const [dead, other] = await Promise.all([line.open(), line.open({ healMs: 500 })]);
    const untilLetGo = vi.fn(
      (_run: unknown, signal: AbortSignal) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    );
    await dead.enqueue(run('a', 's'));
    await dead.work({ concurrency: 1, work: untilLetGo, onError: vi.fn() });
    await untilEqual(() => untilLetGo.mock.calls.length, 1);
    await line.store.takeUpRun({ runId: 'a', holder: await goneHolder(), at: 3 });
    // It renews its claim all the while, as far as the line can see.
    const work = heldWork();
    await other.work({ concurrency: 1, work, onError: vi.fn() });
    await untilEqual(work.going, ['a']);
    work.end('a');
  });

  it('H2 lets a run be whose worker still runs', async () => {
    const line = await lineWith({ id: 'a', at: 1 });
    const [mine, other] = await Promise.all([line.open(), line.open({ healMs: 50 })]);
    await mine.enqueue(run('a', 's'));
    const work = heldWork();
    await mine.work({ concurrency: 1, work, onError: vi.fn() });
    await untilEqual(work.going, ['a']);
    await line.store.takeUpRun({ runId: 'a', holder: createHolderName(), at: 3 });
    await line.query(`UPDATE ${line.schema}.job SET started_on = now() - interval '1 minute'`);
    const [listed, theirs] = [vi.spyOn(line.store, 'listRuns'), heldWork()];
    await other.work({ concurrency: 1, work: theirs, onError: vi.fn() });
    await vi.waitFor(() => expect(listed.mock.calls.length).toBeGreaterThan(10), { timeout: 10_000 });
    expect(theirs.begun).toEqual([]);
    work.end('a');
  });
});
