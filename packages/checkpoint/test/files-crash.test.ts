import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type FileFaultPoint, openSqliteStore } from '../src/index.ts';
import { startProcess } from './support/child-process.ts';
import { type FolderContent, fileSession, folderContent } from './support/file-session.ts';
import { tempFolder } from './support/temp-folder.ts';

const OLD: FolderContent = { changed: ['old', 0o644], 'deep/deleted': ['old', 0o644], mode: ['old', 0o644] };
const NEW: FolderContent = { changed: ['new', 0o600], created: ['new', 0o600], mode: ['old', 0o755] };

/** Where the process is killed, and how often it has passed there; four files are swapped. */
const DEATHS: readonly (readonly [FileFaultPoint, number])[] = [
  ['files/kept', 1],
  ['files/staged', 1],
  ['files/leaving-kept', 1],
  ...[1, 2, 3, 4].flatMap(
    (passage) =>
      [
        ['files/set-aside', passage],
        ['files/swapped', passage],
      ] as const,
  ),
];

async function crash(root: string, database: string, ...[point, passage]: (typeof DEATHS)[number]): Promise<void> {
  const { lines, ended } = startProcess('crash-in-rewind-process.ts', root, database, point, String(passage));
  const [printed, { code, errors }] = await Promise.all([lines.next(), ended]);
  expect([printed.done, code, errors]).toEqual([true, null, '']);
}

/** The folder without what a crash may leave beside the files until the rewind is done again. */
function withoutTemporary(content: FolderContent): FolderContent {
  return Object.fromEntries(Object.entries(content).filter(([path]) => !path.includes('.reprise-rewind-')));
}

for (const death of DEATHS) {
  it(`a process killed at ${death.join(' ')} has lost no file, and doing the rewind again completes it`, async () => {
    const root = tempFolder();
    const database = join(tempFolder(), 'sessions.db');
    await crash(root, database, ...death);
    const store = openSqliteStore(database);
    onTestFinished(() => store.close());

    // Each file is what it was before the rewind or what it is after it.
    const between = withoutTemporary(folderContent(root));
    if (death[0] !== 'files/kept') {
      for (const path of ['changed', 'mode']) expect([OLD[path], NEW[path]]).toContainEqual(between[path]);
      expect([undefined, OLD['deep/deleted']]).toContainEqual(between['deep/deleted']);
      expect([undefined, NEW['created']]).toContainEqual(between['created']);
    }

    const { items } = await store.listSnapshots('session');
    const session = await fileSession({ root, store, resume: 'session' });
    const before = withoutTemporary(folderContent(root));
    const { left } = await session.rewind(items.at(-1)?.id ?? '');
    expect(folderContent(root)).toEqual(OLD);

    // The rewind that was killed can still be undone, if it got so far as to change anything; so can this one.
    const marker = items.find(({ reason }) => reason === 'rewind');
    await session.rewind(marker?.id ?? left);
    expect(folderContent(root)).toEqual(death[0] === 'files/kept' ? OLD : marker ? NEW : before);
    await session.rewind(left);
    expect(folderContent(root)).toEqual(before);
  });
}
