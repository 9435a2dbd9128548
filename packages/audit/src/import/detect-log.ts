import { createReadStream } from 'node:fs';
import { asObject } from '@reprise/providers';
import { readLines } from './file/read-lines.ts';
import { readCall } from './response/logged-call.ts';

/** What a file is: a store of this project, a log that can be imported, or none of them. */
export type LogKind = 'store' | 'claude-code' | 'json-lines' | 'cassette' | 'other';

/** So many lines may say nothing of what a log is. */
const MAX_LINES = 50;

/**
 * What a log is, by its content: of a file, or of lines. A file is read no further than its first line that tells, at most fifty. Rejects
 * as the file system does.
 *
 * A store that this process has open must not be asked about: closing a file of one's own drops the locks that SQLite holds on it
 * (sqlite.org/howtocorrupt.html, section 2.2). `findLogs` passes those by.
 */
export async function detectLog(pathOrLines: string | readonly string[]): Promise<LogKind> {
  if (typeof pathOrLines !== 'string') return kindOfLines(pathOrLines);
  const head = await readHead(pathOrLines);
  if (head.subarray(0, SQLITE_MAGIC.length).equals(SQLITE_MAGIC)) return isStore(head) ? 'store' : 'other';
  return startsObject(head) ? detectLines(pathOrLines) : 'other';
}

const SQLITE_MAGIC = Buffer.from('SQLite format 3\0');
/** Where SQLite keeps the mark of the program that a file belongs to (sqlite.org/fileformat.html, section 1.3). */
const APPLICATION_ID_OFFSET = 68;
/** The mark of our stores: 'Rprs'. */
const APPLICATION_ID = 0x52707273;
const HEAD_BYTES = 4096;

async function readHead(path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of createReadStream(path, { end: HEAD_BYTES - 1 })) pieces.push(piece);
  return Buffer.concat(pieces);
}

function isStore(head: Buffer): boolean {
  return head.length >= APPLICATION_ID_OFFSET + 4 && head.readUInt32BE(APPLICATION_ID_OFFSET) === APPLICATION_ID;
}

/** Every log here is lines of JSON objects. */
function startsObject(head: Buffer): boolean {
  return head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
    .startsWith('{');
}

async function detectLines(path: string): Promise<LogKind> {
  let seen = 0;
  for await (const { lines } of readLines(path)) {
    for (const { bytes } of lines) {
      const kind = bytes === undefined ? 'other' : kindOfLine(bytes.toString('utf8'));
      seen += 1;
      if (kind !== 'other' || seen === MAX_LINES) return kind;
    }
  }
  return 'other';
}

function kindOfLines(lines: readonly string[]): LogKind {
  return (
    lines
      .slice(0, MAX_LINES)
      .map(kindOfLine)
      .find((kind) => kind !== 'other') ?? 'other'
  );
}

function kindOfLine(line: string): LogKind {
  const fields = parse(line);
  if (!fields) return 'other';
  if (isTranscriptLine(fields)) return 'claude-code';
  if (typeof fields['key'] === 'string' && typeof fields['response'] === 'string') return 'cassette';
  return readCall(fields) === undefined ? 'other' : 'json-lines';
}

/** Lines of a conversation name its session and the line before them; the other kinds are few and have a word of their own. */
function isTranscriptLine(fields: Readonly<Record<string, unknown>>): boolean {
  const { type, sessionId, uuid, leafUuid } = fields;
  if (typeof sessionId === 'string' && typeof uuid === 'string' && 'parentUuid' in fields) return true;
  if (type === 'summary') return typeof leafUuid === 'string';
  return type === 'file-history-snapshot' || (type === 'queue-operation' && typeof sessionId === 'string');
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}
