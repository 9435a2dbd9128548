import { join } from 'node:path';
import { openSqliteStore, type RunAppend } from '@reprise/checkpoint';
import { elapsedMs, interleavedMedians } from './timing.ts';

const ROUNDS = 15;

/** How long it takes to keep ten events of each of so many runs, in milliseconds: all in one append, and each run in its own. */
export async function measureRunEvents(
  folder: string,
  runs: number,
): Promise<{ readonly atOnce: number; readonly oneByOne: number }> {
  const store = openSqliteStore({ path: join(folder, 'runs.db') });
  await store.createSession({ id: 'a', createdAt: 1 });
  const ids = Array.from({ length: runs }, (_, index) => `run-${index}`);
  for (const id of ids) {
    await store.createRun({ id, sessionId: 'a', request: '{"text":"How do I get there by train?"}', at: 1 });
    await store.takeUpRun({ runId: id, holder: 'bench', at: 1 });
  }
  const events = Array.from({ length: 10 }, (_, index) => JSON.stringify({ type: 'text-delta', index, text: WORDS }));
  let after = 0;
  const next = (): readonly RunAppend[] => {
    const appends = ids.map((runId) => ({ runId, attempt: 1, after, events, at: 1 }));
    after += events.length;
    return appends;
  };
  const [atOnce = Number.NaN, oneByOne = Number.NaN] = await interleavedMedians(ROUNDS, [
    () => elapsedMs(() => store.appendRunEvents(next())),
    () =>
      elapsedMs(async () => {
        for (const append of next()) await store.appendRunEvents([append]);
      }),
  ]);
  await store.close();
  return { atOnce, oneByOne };
}

const WORDS = 'some words, as many as a model says in a tenth of a second';
