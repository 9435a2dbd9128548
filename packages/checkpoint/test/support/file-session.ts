import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  createFileCheckpointer,
  type FileCheckpointerOptions,
  type FileRewind,
} from '../../src/files/file-checkpointer.ts';
import type { FileReport } from '../../src/files/prepare-rewind.ts';
import { openMemoryStore } from '../../src/memory/memory-store.ts';
import type { SnapshotId } from '../../src/session.ts';
import type { CheckpointStore } from '../../src/store.ts';
import { turnCommit } from '../../src/testing/builders.ts';
import { tempFolder } from './temp-folder.ts';

/** What a file of a folder holds, as text, and its permission bits. */
export type FolderContent = Readonly<Record<string, readonly [text: string, mode: number]>>;

/** A session whose tools change the files of a folder. Times grow by one with each call. */
export async function fileSession({
  store = openMemoryStore(),
  root = tempFolder(),
  resume,
  ...options
}: Partial<FileCheckpointerOptions> & { readonly store?: CheckpointStore; readonly resume?: string } = {}) {
  const files = createFileCheckpointer({ root, ...options });
  let sessionId = resume ?? 'session';
  let { tip } = (await store.readSession(sessionId)) ?? (await store.createSession({ id: sessionId, createdAt: 1 }));
  let at = resume ? 1000 : 1;
  let newest: SnapshotId = '';

  async function mark(snapshotId: SnapshotId): Promise<SnapshotId> {
    at += 1;
    const leaving = { ...turnCommit({ sessionId, expectedTip: tip }, { name: '' }).snapshot, id: `marker-${at}` };
    const { session, left } = await store.rewindSession({ sessionId, snapshotId, leaving, at });
    tip = session.tip;
    newest = left.id;
    return left.id;
  }

  return {
    root,
    store,
    files,
    get sessionId() {
      return sessionId;
    },

    /** Commits a turn; its snapshot is the last before the changes that follow. */
    async turn(): Promise<SnapshotId> {
      at += 1;
      const commit = turnCommit({ sessionId, expectedTip: tip }, { name: String(at), turnNumber: at });
      const committed = await store.commitTurn({ ...commit, at });
      tip = committed.tip;
      newest = committed.snapshot.id;
      return newest;
    },

    /** What a run does before a tool runs. */
    async beforeChange(...paths: readonly string[]): Promise<readonly string[]> {
      at += 1;
      return files.beforeChange(store, { sessionId, snapshotId: newest, paths, at });
    },

    /** Rewinds the session and its files; resolves to the snapshot that undoes it. */
    async rewind(
      snapshotId: SnapshotId,
      rewind: Pick<FileRewind, 'skipUnavailable'> = {},
    ): Promise<{ readonly left: SnapshotId; readonly reports: readonly FileReport[] }> {
      const prepared = await files.prepareRewind(store, { sessionId, snapshotId, ...rewind });
      const left = await mark(snapshotId);
      return { left, reports: await prepared.apply({ snapshotId: left, at }) };
    },

    /** Rewinds the session and leaves its files as they are; resolves to the snapshot of the place it left. */
    rewindConversation: mark,

    /** Goes on in a new session that leaves this one at the snapshot. */
    async fork(snapshotId: SnapshotId): Promise<void> {
      at += 1;
      sessionId = `${sessionId}-${at}`;
      ({ tip } = await store.forkSession({ id: sessionId, snapshotId, createdAt: at }));
    },

    write(path: string, text: string | Uint8Array, mode?: number): void {
      writeFile(root, path, text, mode);
    },
  };
}

/** Writes a file and the folders around it. */
export function writeFile(root: string, path: string, text: string | Uint8Array, mode?: number): void {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
  if (mode !== undefined) chmodSync(place, mode);
}

/** Makes a named pipe, at which a reader waits for a writer. */
export function makePipe(path: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
}

/** Every file in the folder, temporary ones included. */
export function folderContent(root: string): FolderContent {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((place) => [
        place.slice(root.length + 1),
        [readFileSync(place, 'latin1'), statSync(place).mode & 0o7777] as const,
      ]),
  );
}
