import { resolve } from 'node:path';
import type { LedgerRow } from '../ledger.ts';
import { type FileLine, readLines } from './file/read-lines.ts';
import { walkFiles } from './file/walk-files.ts';
import { type ImportReport, ImportTally, type MalformedReason } from './import-report.ts';
import { CountedResponses } from './response/counted-responses.ts';

/** The rows of logs, read once and as they are asked for; what an import meets never ends it. */
export interface LogImport extends AsyncIterable<LedgerRow> {
  /** What was met so far; all of it when the rows have ended. */
  report(): ImportReport;
}

/** One file of an import, and what all its files share. */
export interface FileImport {
  readonly path: string;
  readonly tally: ImportTally;
  readonly counted: CountedResponses;
  /** Its lines, counted. Where it cannot be read to its end it is listed, and what was read of it stands. */
  lines(): AsyncIterable<readonly FileLine[]>;
}

/** An import over files, and over every `.jsonl` file below folders. A file that is met twice is read once. */
export function createLogImport(
  paths: readonly string[],
  read: (file: FileImport) => AsyncIterable<LedgerRow>,
): LogImport {
  const tally = new ImportTally();
  const rows = readFiles(paths, tally, read);
  return { [Symbol.asyncIterator]: () => rows, report: () => tally.report() };
}

async function* readFiles(
  paths: readonly string[],
  tally: ImportTally,
  read: (file: FileImport) => AsyncIterable<LedgerRow>,
): AsyncGenerator<LedgerRow, void, undefined> {
  const counted = new CountedResponses(tally);
  for await (const path of findPaths(paths, tally)) {
    for await (const row of read({ path, tally, counted, lines: () => countedLines(path, tally) })) {
      tally.addRow();
      yield row;
    }
  }
}

async function* findPaths(paths: readonly string[], tally: ImportTally): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>();
  for (const given of paths) {
    for await (const found of walkFiles(given)) {
      const { path } = found;
      const name = resolve(path);
      if (seen.has(name)) continue;
      seen.add(name);
      if ('error' in found) tally.addUnreadable(path, found.error);
      else if (path === given || path.endsWith('.jsonl')) yield path;
    }
  }
}

async function* countedLines(path: string, tally: ImportTally): AsyncGenerator<readonly FileLine[], void, undefined> {
  try {
    for await (const { lines, byteCount } of readLines(path)) {
      tally.addBytes(byteCount);
      tally.addLines(lines.length);
      yield lines;
    }
    tally.addFile();
  } catch (error) {
    if (!isReadError(error)) throw error;
    tally.addUnreadable(path, error);
  }
}

/** Whether a file could not be read, and not this code is to blame. */
export function isReadError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** The JSON object of a line, or why it has none. */
export function parseLine({ bytes, isEnded }: FileLine): Readonly<Record<string, unknown>> | MalformedReason {
  if (bytes === undefined) return 'too-long';
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return isEnded ? 'no-json' : 'cut';
  }
  return isObject(value) ? value : 'no-object';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
