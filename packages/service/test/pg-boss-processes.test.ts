import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { heldWork, run } from './support/run-queue-suite.ts';
import { tempLine } from './support/temp-line.ts';
import { untilEqual } from './support/until.ts';

const TIMEOUT_MS = 30_000;

describe('a line of runs that several processes work on', { timeout: TIMEOUT_MS }, () => {
  it('Q1 gives each run to one of them, and those of a session in order', async () => {
    const line = await tempLine();
    const [front, ...workers] = await Promise.all([line.open(), line.open(), line.open()]);
    const begun: string[] = [];
    const work = async ({ runId }: { readonly runId: string }) => void begun.push(runId);
    for (const worker of workers) await worker.work({ concurrency: 2, work, onError: vi.fn() });
    const runs = Array.from({ length: 20 }, (_, index) => run(`r${index}`, `s${index % 4}`));
    for (const each of runs) await front.enqueue(each);
    await untilEqual(() => begun.length, runs.length);
    await untilEqual(() => front.depth(), 0);
    for (const session of [0, 1, 2, 3]) {
      const mine = runs.map(({ runId }) => runId).filter((_, index) => index % 4 === session);
      expect(begun.filter((id) => mine.includes(id))).toEqual(mine);
    }
  });

  it('Q2 hands a run on whose worker is silent, and tells that worker to let go', async () => {
    const line = await tempLine();
    const [silent, other] = await Promise.all([line.open(), line.open()]);
    await silent.enqueue(run('a'));
    const letGo = vi.fn();
    const held = Promise.withResolvers<void>();
    await silent.work({
      concurrency: 1,
      onError: vi.fn(),
      work: async (_run, signal) => {
        signal.addEventListener('abort', letGo);
        await held.promise;
      },
    });
    await untilEqual(() => silent.depth(), 0);
    const [begun] = await line.query(`SELECT started_on::text FROM ${line.schema}.job`);
    const taken = heldWork();
    await other.work({ concurrency: 1, work: taken, onError: vi.fn() });
    await untilEqual(async () => {
      // As it looks when a worker has not been heard of for a minute; in truth it goes on telling that it is there.
      await line.query(
        `UPDATE ${line.schema}.job SET heartbeat_on = now() - interval '1 minute', heartbeat_seconds = 30
        WHERE started_on::text = $1`,
        [begun?.['started_on']],
      );
      return taken.going();
    }, ['a']);
    await untilEqual(() => letGo.mock.calls.length, 1);
    held.resolve();
    await silent.close();
    // What the first worker says of the run is not heard any more.
    expect(taken.going()).toEqual(['a']);
    taken.end('a');
    await untilEqual(async () => (await line.query(`SELECT 1 FROM ${line.schema}.job`)).length, 0);
  });

  it('goes on when its connections are cut', async () => {
    const line = await tempLine();
    const onError = vi.fn();
    const queue = await line.open({ onError });
    const work = heldWork();
    await queue.work({ concurrency: 1, work, onError });
    await queue.enqueue(run('a'));
    await untilEqual(work.going, ['a']);
    await line.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      line.schema,
    ]);
    // Its end may be lost with the connection: then it is worked on again.
    await untilEqual(async () => {
      work.end('a');
      await queue.enqueue(run('b')).catch(() => undefined);
      return work.going();
    }, ['b']);
    work.end('b');
  });

  it('leaves no connection behind when it is closed', async () => {
    const line = await tempLine();
    const queue = await line.open();
    const work = heldWork();
    await queue.work({ concurrency: 3, work, onError: vi.fn() });
    await queue.enqueue(run('a'));
    await untilEqual(work.going, ['a']);
    expect(await line.connections()).toBeGreaterThan(0);
    work.end('a');
    await queue.close();
    await untilEqual(() => line.connections(), 0);
    await expect(queue.enqueue(run('b'))).rejects.toMatchObject({ code: 'service/unavailable' });
  });

  it('gives back what does not let go', async () => {
    const line = await tempLine();
    const queue = await line.open();
    await queue.enqueue(run('a'));
    const worker = await queue.work({ concurrency: 1, work: () => new Promise(() => {}), onError: vi.fn() });
    await untilEqual(() => queue.depth(), 0);
    await worker.stop({ deadlineMs: 0 });
    expect(await queue.depth()).toBe(1);
  });
});

describe('opening a line of runs', () => {
  it.each([
    ['a server that is not there', 'postgres://reprise:secret-word@127.0.0.1:1/postgres'],
    ['a text that is no address', 'postgres://reprise:secret-word@127.0.0.1:port/postgres'],
  ])('is refused for %s, without its password', async (_what, connectionString) => {
    const line = await tempLine();
    const error = await line.open({ connectionString }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'service/unavailable' });
    expect(inspectAll(error)).not.toContain('secret-word');
  });

  it('is refused for a schema that is no plain name', async () => {
    const line = await tempLine();
    const opening = line.open({ schema: 'jobs; DROP SCHEMA public' });
    await expect(opening).rejects.toMatchObject({ code: 'service/invalid-option' });
  });

  it('names the package to install where that is missing', () => {
    const file = fileURLToPath(new URL('support/open-without-pg-boss-process.ts', import.meta.url));
    const told = execFileSync(process.execPath, ['--conditions=reprise-source', file], { encoding: 'utf8' });
    expect(JSON.parse(told)).toEqual({
      code: 'service/missing-package',
      message: expect.stringContaining('npm install pg-boss'),
    });
  });

  it('may be done by several processes at once', async () => {
    const line = await tempLine();
    const queues = await Promise.all([line.open(), line.open(), line.open(), line.open()]);
    await queues[0]?.enqueue(run('a'));
    expect(await queues[3]?.depth()).toBe(1);
  });
});

function inspectAll(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true });
}
