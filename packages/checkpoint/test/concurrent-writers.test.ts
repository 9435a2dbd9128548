import { expect, test } from 'vitest';
import { openSqliteStore } from '../src/index.ts';
import { startProcess } from './support/child-process.ts';
import { tempStorePath } from './support/temp-folder.ts';

test('C2 two processes that append to one session are told of each other, and of nothing else', {
  timeout: 60_000,
}, async () => {
  const path = tempStorePath();
  const store = openSqliteStore(path);
  await store.createSession({ id: 'a', createdAt: 1 });
  const names = ['one', 'other'];
  const children = names.map((name) => startProcess('append-in-turns-process.ts', path, name));
  for (const { lines } of children) expect((await lines.next()).value).toBe('ready');
  for (const { input } of children) input.write('go\n');
  for (const { ended } of children) expect(await ended).toEqual({ code: 0, errors: '' });

  const texts = (await store.readEntries('a')).map(({ payload }) => String(JSON.parse(payload).text));
  for (const name of names) {
    const own = texts.filter((text) => text.startsWith(`${name} `));
    expect(own).toEqual(Array.from({ length: 100 }, (_, index) => `${name} ${index + 1}`));
  }
  expect(texts).toHaveLength(200);
  await store.close();
});
