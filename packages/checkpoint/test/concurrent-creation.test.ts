import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../src/index.ts';
import { startProcess } from './support/child-process.ts';
import { tempFolder } from './support/temp-folder.ts';

const ROUNDS = 20;

// Three processes start, which a busy machine takes its time for.
test('processes that create the same store at once all succeed', { timeout: 60_000 }, async () => {
  const folder = tempFolder();
  const names = ['a', 'b', 'c'];
  const children = names.map((name) => startProcess('open-stores-process.ts', name));
  const nextLines = () => Promise.all(children.map(async ({ lines }) => (await lines.next()).value));
  expect(await nextLines()).toEqual(names.map(() => 'ready'));
  for (let round = 1; round <= ROUNDS; round++) {
    const path = join(folder, `${round}.db`);
    for (const { input } of children) {
      input.write(`${path}\n`);
    }
    expect(await nextLines()).toEqual(names.map(() => 'created'));
    const store = openSqliteStore(path);
    expect((await store.listSessions()).items.map(({ id }) => id).toSorted()).toEqual(names);
    await store.close();
  }
});
