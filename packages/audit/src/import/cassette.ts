import { stat } from 'node:fs/promises';
import { asObject } from '@reprise/providers';
import { type CassetteContents, type RecordedExchange, readCassette } from '@reprise/providers/cassette';
import type { LedgerRow } from '../ledger.ts';
import type { MalformedReason, SkipReason } from './import-report.ts';
import type { ContentOptions } from './json-lines.ts';
import { createLogImport, type FileImport, isReadError, type LogImport } from './log-import.ts';
import { callRow } from './response/call-row.ts';
import type { LoggedCall } from './response/logged-call.ts';
import { readTime } from './response/read-time.ts';
import { familyOfStream, readRecorded } from './response/recorded-answer.ts';
import { familyOfResponse, type ReadResponse, readResponse } from './response/response-row.ts';

/**
 * Reads cassettes: files, or folders with `.jsonl` files below them. Every recorded response is a row, those that a later recording took the
 * place of included, for each was paid. A row's start is known to the millisecond. In a `prefix`, fields are in the order of their names and
 * texts of more than 16,384 characters are a beginning and a digest, as cassettes keep them.
 */
export function importCassette(paths: readonly string[], options: ContentOptions = {}): LogImport {
  return createLogImport(paths, (file) => readExchanges(file, options));
}

async function* readExchanges(
  { path, tally, counted }: FileImport,
  { withPrefix = false }: ContentOptions,
): AsyncGenerator<LedgerRow, void, undefined> {
  const contents = await readContents({ path, tally });
  if (!contents) return;
  const { exchanges, malformed } = contents;
  tally.addLines(exchanges.length + malformed.length);
  for (const { line, problem } of malformed) {
    tally.addMalformed(path, line, problem === 'unknown-version' ? 'no-record' : problem);
  }
  for (const exchange of exchanges) {
    const row = await readRow(exchange, path, withPrefix);
    if ('skipped' in row) tally.addSkipped(row.skipped);
    else if ('malformed' in row) tally.addMalformed(path, exchange.line, row.malformed);
    else if (counted.isNew(row, 1)) yield row;
  }
}

/** A cassette is read whole, by the package that wrote it. */
async function readContents({
  path,
  tally,
}: Pick<FileImport, 'path' | 'tally'>): Promise<CassetteContents | undefined> {
  try {
    const contents = await readCassette(path);
    tally.addBytes((await stat(path)).size);
    tally.addFile();
    return contents;
  } catch (error) {
    if (!isReadError(error)) throw error;
    tally.addUnreadable(path, error);
    return undefined;
  }
}

type NoRow = { readonly skipped: SkipReason } | { readonly malformed: MalformedReason };

async function readRow(exchange: RecordedExchange, path: string, withPrefix: boolean): Promise<LedgerRow | NoRow> {
  const { status, isBase64 } = exchange.response;
  if (status < 200 || status > 299) return { skipped: 'failed' };
  if (isBase64) return { skipped: 'not-a-response' };
  const response = await readAnswer(exchange);
  if (response === undefined || typeof response === 'string') return { skipped: response ?? 'no-usage' };
  const source = { path, line: exchange.line };
  const row = callRow(callOf(exchange), response, { source, fileTime: undefined, withPrefix });
  if (typeof row === 'string') return { malformed: row };
  return withTimes(row, exchange);
}

function callOf({ request, recordedAt }: RecordedExchange): LoggedCall {
  return {
    response: {},
    request: asObject(request?.body),
    at: readTime(recordedAt),
    sessionId: undefined,
    requestId: undefined,
    project: undefined,
    tags: undefined,
  };
}

/** What the recorded body says: by the adapter that read it first, for a stream and wherever hosts count things their own way. */
async function readAnswer({ request, response }: RecordedExchange): Promise<ReadResponse | SkipReason | undefined> {
  const answer = parseObject(response.body);
  const family = answer ? familyOfResponse(answer) : familyOfStream(response.body);
  if (family === undefined) return answer && asObject(answer['error']) ? 'failed' : 'not-a-response';
  if (answer && (family === 'anthropic' || family === 'ollama')) return readResponse(family, answer);
  return readRecorded(family, { body: response.body, request, isStream: answer === undefined });
}

/** A recording says when the answer had arrived, and how long that took. */
function withTimes(row: LedgerRow, { response }: RecordedExchange): LedgerRow {
  const tookMs = response.chunks.at(-1)?.atMs;
  if (tookMs === undefined) return row;
  const { timeBasis: _logged, startedAt: endedAt, ...others } = row;
  return { ...others, startedAt: endedAt - Math.round(tookMs), endedAt };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}
