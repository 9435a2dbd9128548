/**
 * The records of one file.
 *
 * Owns: the file's lines, and the index over them.
 * Leaves to `record.ts`: what a line says.
 *
 * F1. The file is read once. A later line replaces an earlier one of the same key.
 * F2. Lines are appended under a lock, so that processes that record at once lose nothing.
 * F3. A last line that was cut is ignored, and removed by the next to write. Any other line that cannot be read is an error.
 * F4. Rewriting is atomic: a reader sees the file as it was, or as it is.
 */

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { parseExactJson } from '../json.ts';
import { CassetteError } from './cassette-error.ts';
import { withFileLock } from './file-lock.ts';
import { type CassetteRecord, decodeRecord, encodeRecord } from './record.ts';
import { isSameRequest, type KeyedRequest } from './request-key.ts';

interface Line {
  readonly record: CassetteRecord;
  readonly text: string;
}

interface ReadLines {
  readonly lines: readonly Line[];
  /** Number of a last line that was cut. */
  readonly cutLine?: number;
}

export class RecordFile {
  readonly path: string;
  /** Number of a last line that was cut when the file was read. */
  readonly cutLine: number | undefined;
  readonly #records = new Map<string, CassetteRecord>();
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
    const { lines, cutLine } = existsSync(path) ? readLines(readFileSync(path, 'utf8'), path) : { lines: [] };
    for (const { record } of lines) this.#records.set(record.key, record);
    this.cutLine = cutLine;
  }

  get records(): Iterable<CassetteRecord> {
    return this.#records.values();
  }

  /** The record that answers a request: by its own key, and only for the very same request; else by one of cachy's. */
  find({ key, cachyKeys, summary }: KeyedRequest): CassetteRecord | undefined {
    const record = this.#records.get(key);
    if (record?.request !== undefined) return isSameRequest(record.request, summary) ? record : undefined;
    return cachyKeys
      .map((cachyKey) => this.#records.get(cachyKey))
      .find((old) => old !== undefined && old.request === undefined && suits(old, summary.stream));
  }

  /** Keeps a record: at once for `find`, and in the file when the promise settles. */
  add(record: CassetteRecord): Promise<void> {
    this.#records.set(record.key, record);
    const written = this.#writing.then(() => withFileLock(this.path, () => append(this.path, encodeRecord(record))));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Rewrites the file with the newest line of each key, sorted by response, so that a change shows as a small difference. */
  compact(): Promise<void> {
    const written = this.#writing.then(() => withFileLock(this.path, () => rewrite(this.path)));
    this.#writing = written.catch(() => undefined);
    return written;
  }
}

/**
 * cachy never put the stream flag into its key, and in its oldest files not the path either. A stream is not an answer to a
 * plain request, nor a JSON object one to a request for a stream.
 */
function suits({ response }: CassetteRecord, stream: boolean): boolean {
  return stream ? !isJsonObject(response) : !/^(event|data|:)/.test(response);
}

function isJsonObject(text: string): boolean {
  return text.trimStart().startsWith('{') && isJson(text);
}

function isJson(text: string): boolean {
  return parseExactJson(text) !== undefined;
}

function readLines(text: string, path: string): ReadLines {
  const texts = text.split('\n');
  const last = texts.length - 1;
  const lines: Line[] = [];
  for (const [index, lineText] of texts.entries()) {
    if (lineText.trim() === '') continue;
    const record = decodeRecord(lineText, index + 1);
    if (record !== undefined) lines.push({ record, text: lineText });
    // What follows the last line end is a line that somebody is writing, or died while writing.
    else if (index === last && !isJson(lineText)) return { lines, cutLine: last + 1 };
    else
      throw new CassetteError('cassette/malformed', `Line ${index + 1} of ${path} is not a record that can be read.`);
  }
  return { lines };
}

async function append(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+');
  try {
    await endLastLine(file);
    await file.appendFile(line);
  } finally {
    await file.close();
  }
}

const LINE_END = 0x0a;

/** Makes the file end in a whole line: one that only lacks its end gets it, one that was cut goes. */
async function endLastLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] === LINE_END) return;
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, 0);
  const start = bytes.lastIndexOf(LINE_END) + 1;
  if (isJson(bytes.toString('utf8', start))) await file.appendFile('\n');
  else await file.truncate(start);
}

async function rewrite(path: string): Promise<void> {
  const { lines } = readLines(await readFile(path, 'utf8'), path);
  const newest = new Map(lines.map((line) => [line.record.key, line]));
  const sorted = [...newest.values()].sort(
    (a, b) => order(a.record.response, b.record.response) || order(a.record.key, b.record.key),
  );
  const aside = `${path}.${randomUUID()}`;
  const file = await open(aside, 'wx');
  try {
    await file.writeFile(sorted.map(({ text }) => `${text}\n`).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
