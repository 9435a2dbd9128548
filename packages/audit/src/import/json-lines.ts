import { stat } from 'node:fs/promises';
import type { LedgerRow, LogPlace } from '../ledger.ts';
import type { FileLine } from './file/read-lines.ts';
import type { MalformedReason, SkipReason } from './import-report.ts';
import { createLogImport, type FileImport, type LogImport, parseLine } from './log-import.ts';
import { callRow } from './response/call-row.ts';
import { readCall } from './response/logged-call.ts';
import { familyOfResponse, isStreamChunk, readResponse } from './response/response-row.ts';

export interface ContentOptions {
  /**
   * Whether rows have their request's `prefix`, `parameters` and `marks`, where the log holds the request: each is as large as its request.
   * Default false.
   */
  readonly withPrefix?: boolean;
}

/**
 * Reads logs of OpenAI's, Anthropic's and Ollama's responses, one a line, alone or beside their requests: see `readCall`. Files, or folders
 * with `.jsonl` files below them. A response with an id is one row however often it is met. Without a time in the line a row has its
 * file's, and says so.
 */
export function importJsonLines(paths: readonly string[], options: ContentOptions = {}): LogImport {
  return createLogImport(paths, (file) => readLog(file, options));
}

async function* readLog(file: FileImport, options: ContentOptions): AsyncGenerator<LedgerRow, void, undefined> {
  const { path, tally, counted } = file;
  const fileTime = await readFileTime(path);
  for await (const lines of file.lines()) {
    for (const line of lines) {
      const row = readRow(line, { path, line: line.number }, { ...options, fileTime });
      if ('skipped' in row) tally.addSkipped(row.skipped);
      else if ('malformed' in row) tally.addMalformed(path, line.number, row.malformed);
      else if (counted.isNew(row, 1)) yield row;
    }
  }
}

/** `undefined` for a file that cannot be read, which its lines will tell. */
async function readFileTime(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats && Math.round(stats.mtimeMs);
}

type NoRow = { readonly skipped: SkipReason } | { readonly malformed: MalformedReason };

function readRow(
  line: FileLine,
  source: LogPlace,
  { withPrefix = false, fileTime }: ContentOptions & { readonly fileTime: number | undefined },
): LedgerRow | NoRow {
  const fields = parseLine(line);
  if (typeof fields === 'string') return { malformed: fields };
  const call = readCall(fields);
  if (call === undefined) return { skipped: 'not-a-response' };
  if (call === 'failed') return { skipped: 'failed' };
  if (isStreamChunk(call.response)) return { skipped: 'stream-chunk' };
  const family = familyOfResponse(call.response);
  const response = family === undefined ? undefined : readResponse(family, call.response);
  if (!response) return { skipped: 'no-usage' };
  const row = callRow(call, response, { source, fileTime, withPrefix });
  return typeof row === 'string' ? { malformed: row } : row;
}
