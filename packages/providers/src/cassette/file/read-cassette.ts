import { readFile } from 'node:fs/promises';
import { asObject } from '../../json.ts';
import { CassetteError } from '../cassette-error.ts';
import type { RequestSummary } from '../key/request-key.ts';
import { type CassetteLine, readLines } from './read-lines.ts';
import type { CassetteRecord, LineProblem } from './record.ts';

/** What a cassette file holds. */
export interface CassetteContents {
  /** In the order of the file. */
  readonly exchanges: readonly RecordedExchange[];
  /** The lines that are no record. Empty for a sound file. */
  readonly malformed: readonly MalformedLine[];
}

/** A request and its answer as they were recorded, without secrets. */
export interface RecordedExchange {
  /** 32 hex digits; 8 in a line of cachy's. */
  readonly key: string;
  /** Line of the file, from 1. */
  readonly line: number;
  /** Whether no later line has the same key: this is what a cassette answers with, after the errors it came after if it was asked again. */
  readonly isNewest: boolean;
  /** Absent in a line of cachy's, which keeps the answer alone. */
  readonly request?: RequestSummary;
  readonly response: RecordedResponse;
  /** ISO 8601, when the answer had arrived. Absent in a line of cachy's. */
  readonly recordedAt?: string;
}

export interface RecordedResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body: text, or base64 where `isBase64`. */
  readonly body: string;
  /** Whether the body is not valid UTF-8. */
  readonly isBase64: boolean;
  /** The pieces the body came in. Empty in a line of cachy's, and for an empty body. */
  readonly chunks: readonly RecordedChunk[];
}

export interface RecordedChunk {
  /** Length in bytes. Boundaries fall anywhere, inside a character of the text too. */
  readonly bytes: number;
  /** Milliseconds from sending the request to the arrival of this piece. */
  readonly atMs: number;
}

/** A line that is no record: `cut` is a last one that stops halfway, as a crash leaves it. */
export interface MalformedLine {
  /** From 1. */
  readonly line: number;
  readonly problem: LineProblem | 'cut';
}

/**
 * Reads a cassette file for a tool: to seed a server that answers as the vendor did, or to import what was used. Every line is
 * accounted for, as an exchange or as malformed; blank lines do not count. Rejects with `cassette/no-file` if there is none.
 */
export async function readCassette(path: string): Promise<CassetteContents> {
  const lines = readLines(await readText(path));
  const newest = new Map(lines.flatMap((line) => ('record' in line ? [[line.record.key, line.line]] : [])));
  return {
    exchanges: lines.flatMap((line) =>
      'record' in line ? [toExchange(line.record, line.line, newest.get(line.record.key) === line.line)] : [],
    ),
    malformed: lines.filter((line): line is Extract<CassetteLine, { problem: unknown }> => 'problem' in line),
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (asObject(error)?.['code'] !== 'ENOENT') throw error;
    throw new CassetteError('cassette/no-file', `There is no cassette ${path} to read.`, { cause: error });
  }
}

function toExchange(record: CassetteRecord, line: number, isNewest: boolean): RecordedExchange {
  const { key, status, headers, request, recordedAt } = record;
  const chunks = record.chunks.map(([bytes, atMs]) => ({ bytes, atMs }));
  return {
    key,
    line,
    isNewest,
    response: { status, headers, body: record.response, isBase64: record.binary, chunks },
    ...(request === undefined ? {} : { request }),
    ...(recordedAt === undefined ? {} : { recordedAt }),
  };
}
