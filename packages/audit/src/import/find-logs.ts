import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { detectLog, type LogKind } from './detect-log.ts';
import { walkFiles } from './file/walk-files.ts';
import { reasonOf, type UnreadableFile } from './import-report.ts';
import { isReadError } from './log-import.ts';

/** A file that can be audited. */
export interface FoundLog {
  readonly path: string;
  readonly kind: Exclude<LogKind, 'other'>;
  readonly bytes: number;
  /**
   * Of a store: whether it is only taken for one, because it has a log of SQLite's beside it. Somebody may have it open, this process even,
   * and then it may only be looked at through SQLite. Opening it tells, with `checkpoint/not-a-store`.
   */
  readonly isAssumed: boolean;
}

export interface FoundLogs {
  /** By path within each root. */
  readonly logs: readonly FoundLog[];
  readonly unreadable: readonly UnreadableFile[];
  /** Files that are neither stores nor logs. */
  readonly otherFiles: number;
}

/**
 * The stores and logs at or below each path, told by their content. Links to folders are not followed; `node_modules` and `.git` are passed
 * by. Without paths it looks where Claude Code keeps its transcripts: those folders may be missing, a path that was given may not.
 */
export async function findLogs(paths?: readonly string[]): Promise<FoundLogs> {
  const logs: FoundLog[] = [];
  const unreadable: UnreadableFile[] = [];
  let otherFiles = 0;
  const seen = new Set<string>();
  for (const root of paths ?? defaultLogFolders().filter((folder) => existsSync(folder))) {
    for await (const found of walkFiles(root)) {
      const { path } = found;
      if (seen.has(resolve(path))) continue;
      seen.add(resolve(path));
      const log = 'error' in found ? found : await lookAt(path);
      if ('error' in log) unreadable.push({ path, reason: reasonOf(log.error) });
      else if (log.kind === 'other') otherFiles += 1;
      else logs.push({ ...log, kind: log.kind });
    }
  }
  return { logs, unreadable, otherFiles };
}

/** Where Claude Code keeps its transcripts: below `CLAUDE_CONFIG_DIR`, a list with commas, or else in the home folder. */
export function defaultLogFolders(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): readonly string[] {
  const told = (env['CLAUDE_CONFIG_DIR'] ?? '').split(',').filter((folder) => folder.trim() !== '');
  const folders = told.length > 0 ? told : [join(home, '.config', 'claude'), join(home, '.claude')];
  return folders.map((folder) => join(folder.trim(), 'projects'));
}

/** What SQLite keeps beside a database that is in use, and locks. */
const SQLITE_COMPANION = /-(shm|wal|journal)$/;

type Look = Omit<FoundLog, 'kind'> & { readonly kind: LogKind };

async function lookAt(path: string): Promise<Look | { readonly error: unknown }> {
  try {
    const { size: bytes } = await stat(path);
    const isAssumed = existsSync(`${path}-shm`) || existsSync(`${path}-wal`);
    const base = path.replace(SQLITE_COMPANION, '');
    if (base !== path && existsSync(base)) return { path, kind: 'other', bytes, isAssumed: false };
    return { path, kind: isAssumed ? 'store' : await detectLog(path), bytes, isAssumed };
  } catch (error) {
    if (!isReadError(error)) throw error;
    return { error };
  }
}
