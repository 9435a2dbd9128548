import { createHash } from 'node:crypto';
import type { SessionId } from '../session.ts';
import type { SessionDump } from '../session-dump.ts';
import type { CheckpointStore } from '../store.ts';
import { type ExportRecords, FORMAT, HEADER, LINES, VERSION } from './export-format.ts';

/**
 * A session with everything that makes it up as JSON Lines, one line after the other, each with its line feed; see `export-format.ts`. A
 * session has one export: whichever store holds it, the bytes are the same. Rejects as `CheckpointStore.dumpSession` does.
 */
export async function* exportSession(
  store: Pick<CheckpointStore, 'dumpSession'>,
  sessionId: SessionId,
): AsyncGenerator<string> {
  const hash = createHash('sha256');
  for (const line of recordLines(await store.dumpSession(sessionId))) {
    hash.update(line, 'utf8');
    yield line;
  }
  yield encodeLine({ end: `sha256:${hash.digest('hex')}` });
}

function* recordLines(dump: SessionDump): Generator<string> {
  const { session, blobs, entries, turns, snapshots, toolCalls, fileBackups } = dump;
  const pendingTurns = dump.pendingTurn === null ? [] : [dump.pendingTurn];
  const counts = {
    blobs: blobs.length,
    entries: entries.length,
    turns: turns.length,
    snapshots: snapshots.length,
    toolCalls: toolCalls.length,
    fileBackups: fileBackups.length,
    pendingTurns: pendingTurns.length,
  };
  yield encodeLine(HEADER.encode({ format: FORMAT, version: VERSION, session, counts }));
  yield* linesOf('blobs', blobs);
  yield* linesOf('entries', entries);
  yield* linesOf('turns', turns);
  yield* linesOf('snapshots', snapshots);
  yield* linesOf('toolCalls', toolCalls);
  yield* linesOf('fileBackups', fileBackups);
  yield* linesOf('pendingTurns', pendingTurns);
}

function* linesOf<Kind extends keyof ExportRecords>(
  kind: Kind,
  records: readonly ExportRecords[Kind][],
): Generator<string> {
  const { word, record } = LINES[kind];
  for (const each of records) yield encodeLine({ [word]: record.encode(each) });
}

/** Two characters that JSON takes as they are end a line for some readers. */
function encodeLine(json: unknown): string {
  const line = JSON.stringify(json).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return `${line}\n`;
}
