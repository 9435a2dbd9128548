import type { SqliteContext } from '../context.ts';
import { blobRows } from './blobs.ts';
import { entryRows } from './entries.ts';
import { fileBackupRows } from './file-backups.ts';
import { pendingTurnRows } from './pending-turns.ts';
import { runEventRows } from './run-events.ts';
import { runRows } from './runs.ts';
import { sessionLists } from './session-lists.ts';
import { sessionRows } from './sessions.ts';
import { snapshotRows } from './snapshots.ts';
import { toolCallRows } from './tool-calls.ts';
import { turnRows } from './turns.ts';

/** The rows of every table: how they are written, found and checked. To be called within a transaction. */
export type Rows = ReturnType<typeof createRows>;

export function createRows(context: SqliteContext) {
  return {
    blobs: blobRows(context),
    entries: entryRows(context),
    fileBackups: fileBackupRows(context),
    pendingTurns: pendingTurnRows(context),
    runEvents: runEventRows(context),
    runs: runRows(context),
    sessionLists: sessionLists(context),
    sessions: sessionRows(context),
    snapshots: snapshotRows(context),
    toolCalls: toolCallRows(context),
    turns: turnRows(context),
  };
}
