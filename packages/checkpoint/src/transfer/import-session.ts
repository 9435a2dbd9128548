import type { SessionId, SessionRecord } from '../session.ts';
import type { CheckpointStore } from '../store.ts';
import { forkOfDump } from './fork-of-dump.ts';
import { readExport } from './read-export.ts';

export interface ImportOptions {
  /** Another id than the session had: what comes is a fork of it, made at its tip. For a store that has the session itself. */
  readonly id?: SessionId;
}

/**
 * Writes an exported session to a store: all of it, or nothing. `content` is the export's text in pieces of any size, such as a file's
 * read stream or what `exportSession` yields. Everything is checked before anything is written.
 *
 * Rejects with `checkpoint/invalid-import`, naming the line, for what is no export, not a whole one, or not what it was;
 * `checkpoint/newer-format` for one of a newer release; `checkpoint/session-exists` if the store has a session of that id.
 */
export async function importSession(
  store: Pick<CheckpointStore, 'restoreSession'>,
  content: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options: ImportOptions = {},
): Promise<SessionRecord> {
  const dump = await readExport(content);
  const { id = dump.session.id } = options;
  return store.restoreSession(id === dump.session.id ? dump : forkOfDump(dump, id));
}
