/**
 * The records of one file.
 *
 * Owns: the file's lines, and the index over them.
 * Leaves to `record.ts`: what a line says.
 *
 * F1. The file is read once. A later line replaces an earlier one of the same key, unless it is the answer to asking again after
 *     that one, an error: then both stay, in order.
 * F2. Lines are appended under a lock, so that processes that record at once lose nothing.
 * F3. A last line that was cut is ignored, and removed by the next to write. Any other line that cannot be read is an error.
 * F4. Rewriting is atomic: a reader sees the file as it was, or as it is.
 */

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { parseExactJson } from '../../json.ts';
import { CassetteError } from '../cassette-error.ts';
import { isSameRequest, type KeyedRequest } from '../key/request-key.ts';
import { withFileLock } from './file-lock.ts';
import { type CassetteLine, readLines } from './read-lines.ts';
import { type CassetteRecord, encodeRecord, type LineProblem } from './record.ts';

export class RecordFile {
  readonly path: string;
  /** Number of a last line that was cut when the file was read. */
  readonly cutLine: number | undefined;
  readonly #attempts = new Map<string, readonly CassetteRecord[]>();
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
    const { lines, cutLine } = existsSync(path) ? readWhole(readFileSync(path, 'utf8'), path) : { lines: [] };
    for (const { record } of lines) keepAttempt(this.#attempts, record, record);
    this.cutLine = cutLine;
  }

  get records(): Iterable<CassetteRecord> {
    return [...this.#attempts.values()].flat();
  }

  /**
   * The records that answer a request, each but the last an error after which it was asked again: by its own key, and only for the
   * very same request; else by one of cachy's. Empty if there is none.
   */
  find({ key, cachyKeys, summary }: KeyedRequest): readonly CassetteRecord[] {
    const attempts = this.#attempts.get(key) ?? [];
    const request = attempts.at(-1)?.request;
    if (request !== undefined) return isSameRequest(request, summary) ? attempts : [];
    const old = cachyKeys.flatMap((cachyKey) => this.#attempts.get(cachyKey)?.slice(-1) ?? []);
    return old.filter((record) => record.request === undefined && suits(record, summary.stream)).slice(0, 1);
  }

  /** Keeps a record: at once for `find`, and in the file when the promise settles. */
  add(record: CassetteRecord): Promise<void> {
    keepAttempt(this.#attempts, record, record);
    const written = this.#writing.then(() => withFileLock(this.path, () => append(this.path, encodeRecord(record))));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Rewrites the file with the newest answer to each key and the errors just before it, sorted by response, so that a change shows as a small difference. */
  compact(): Promise<void> {
    const written = this.#writing.then(() => withFileLock(this.path, () => rewrite(this.path)));
    this.#writing = written.catch(() => undefined);
    return written;
  }
}

/** Adds what belongs to a record to its key: behind the attempts it goes on from, and in the place of any other (F1). */
function keepAttempt<T>(kept: Map<string, readonly T[]>, item: T, { key, attempt }: CassetteRecord): void {
  const earlier = kept.get(key) ?? [];
  kept.set(key, attempt === earlier.length + 1 ? [...earlier, item] : [item]);
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

interface WholeLines {
  readonly lines: readonly Extract<CassetteLine, { record: unknown }>[];
  /** Number of a last line that was cut. */
  readonly cutLine?: number;
}

/** The lines of a file in which each is a record, but for a last one that was cut. */
function readWhole(text: string, path: string): WholeLines {
  if (text.startsWith('\uFEFF')) {
    throw new CassetteError('cassette/malformed', `${path} begins with a byte order mark; save it without one.`);
  }
  const lines: Extract<CassetteLine, { record: unknown }>[] = [];
  for (const line of readLines(text)) {
    if ('record' in line) lines.push(line);
    else if (line.problem === 'cut') return { lines, cutLine: line.line };
    else throw malformed(line.line, line.problem, path);
  }
  return { lines };
}

const PROBLEMS: Readonly<Record<LineProblem, string>> = {
  'no-json': 'not JSON',
  'no-record': 'no record',
  'unknown-version': 'of a format this version does not know',
};

function malformed(line: number, problem: LineProblem, path: string): CassetteError {
  return new CassetteError('cassette/malformed', `Line ${line} of ${path} cannot be read: it is ${PROBLEMS[problem]}.`);
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
  // The file itself, where the path is a link to it.
  const target = await realpath(path);
  const { lines } = readWhole(await readFile(target, 'utf8'), path);
  const newest = new Map<string, readonly (typeof lines)[number][]>();
  for (const line of lines) keepAttempt(newest, line, line.record);
  const answer = (attempts: readonly (typeof lines)[number][]): string => attempts.at(-1)?.record.response ?? '';
  const sorted = [...newest]
    .sort(([key, a], [otherKey, b]) => order(answer(a), answer(b)) || order(key, otherKey))
    .flatMap(([, attempts]) => attempts);
  const { mode } = await stat(target);
  const aside = `${target}.${randomUUID()}`;
  try {
    await writeWhole(aside, sorted.map(({ text }) => `${text}\n`).join(''), mode);
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
