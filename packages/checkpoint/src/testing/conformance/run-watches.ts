import { expect, test, vi } from 'vitest';
import { append, createRun, takeUp } from './run-writes.ts';
import { createSession, type StoreSuite } from './suite.ts';

export function describeRunWatches({ store, open }: StoreSuite): void {
  const newWatcher = () => vi.fn((_runId: string | undefined): void => undefined);

  /** Watches from this store and from another in the same place. */
  const watchBoth = async (ending = new AbortController()) => {
    const watchers = [newWatcher(), newWatcher()] as const;
    const { signal } = ending;
    await store().watchRuns({ onChange: watchers[0], signal });
    await (await open()).watchRuns({ onChange: watchers[1], signal });
    return { watchers, end: () => ending.abort() };
  };

  /** A watcher that does not know which run it was names none. */
  const told = (watcher: ReturnType<typeof newWatcher>, runId: string) =>
    vi.waitFor(() => expect(watcher.mock.calls.some(([id]) => id === runId || id === undefined)).toBe(true), {
      timeout: 10_000,
      interval: 10,
    });

  const expectTold = async (runId: string, change: () => Promise<unknown>) => {
    const { watchers, end } = await watchBoth();
    await change();
    await Promise.all(watchers.map((watcher) => told(watcher, runId)));
    end();
  };

  test('who watches is told that a run was asked for, in another store, too (N-15)', async () => {
    await createSession(store(), 'a');
    await expectTold('r', () => createRun(store(), 'r'));
  });

  test('who watches is told of events, of the end and of a stop (N-15)', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    await takeUp(store(), 'r');
    await expectTold('r', () => store().appendRunEvents([append('r', { events: ['1'] })]));
    await expectTold('r', () => store().requestRunStop('r'));
    await expectTold('r', () => store().appendRunEvents([append('r', { after: 1, end: { outcome: '1' } })]));
  });

  test('who watches is told that a run went with its session', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    await expectTold('r', () => store().deleteSession({ sessionId: 'a' }));
  });

  test('who watches is told of each of the runs that one append wrote to', async () => {
    await createSession(store(), 'a');
    const ids = Array.from({ length: 300 }, (_, index) => `a run with a long name, as some have, number ${index}`);
    for (const id of ids) await createRun(store(), id);
    const { watchers, end } = await watchBoth();
    await store().appendRunEvents(ids.map((id) => append(id, { attempt: 0, events: ['1'] })));
    await Promise.all(watchers.flatMap((watcher) => ids.map((id) => told(watcher, id))));
    end();
  });

  test('who is told of events can read them', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    const other = await open();
    const ending = new AbortController();
    const counts: Promise<number>[] = [];
    const onChange = () => void counts.push(other.readRunEvents('r').then(({ length }) => length));
    await other.watchRuns({ onChange, signal: ending.signal });
    await store().appendRunEvents([append('r', { attempt: 0, events: ['1', '2'] })]);
    await vi.waitFor(() => expect(counts.length).toBeGreaterThan(0), { timeout: 10_000, interval: 10 });
    expect(await counts[0]).toBe(2);
    ending.abort();
  });

  test('a watch ends with its signal, and one that has ended never begins', async () => {
    await createSession(store(), 'a');
    const ended = await watchBoth();
    ended.end();
    const late = newWatcher();
    await store().watchRuns({ onChange: late, signal: AbortSignal.abort() });
    const atOnce = await watchBoth();
    const going = await watchBoth();
    const creating = createRun(store(), 'r');
    atOnce.end();
    await creating;
    // Once these have been told, the others would have been.
    await Promise.all(going.watchers.map((watcher) => told(watcher, 'r')));
    for (const watcher of [...ended.watchers, ...atOnce.watchers, late]) expect(watcher).not.toHaveBeenCalled();
    going.end();
  });

  test('a store closes while somebody watches', async () => {
    await createSession(store(), 'a');
    const { watchers } = await watchBoth();
    const other = await open();
    await store().close();
    await createRun(other, 'r');
    await told(watchers[1], 'r');
    expect(watchers[0]).not.toHaveBeenCalled();
  });
}
