/**
 * From the text of an export to the dump it was made of.
 *
 * Owns: what is refused, and which line is named.
 * Leaves to `check-dump.ts`: what contradicts itself. To the stores: what they hold already.
 *
 * R1. Nothing leaves here but a whole dump: every line was read, and the last one's hash is theirs.
 * R2. Each refusal is one error that names the line at fault.
 */

import { type Contradiction, findContradictions } from '../check-dump.ts';
import { CheckpointError } from '../errors.ts';
import type { SessionDump } from '../session-dump.ts';
import {
  type ExportCounts,
  type ExportHeader,
  type ExportRecords,
  FORMAT,
  HEADER,
  LINES,
  VERSION,
} from './export-format.ts';
import { type ExportLine, type ExportLines, openExportLines, refusal } from './export-lines.ts';
import { type Field, isObject, MisfitError } from './json-fields.ts';

/** Throws `checkpoint/invalid-import`, or `checkpoint/newer-format` for an export of a newer release. */
export async function readExport(
  content: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): Promise<SessionDump> {
  const lines = openExportLines(content);
  try {
    const { session, counts } = readHeader(await lines.next('the header'));
    const blobs = await readRecords(lines, 'blobs', counts);
    const entries = await readRecords(lines, 'entries', counts);
    const turns = await readRecords(lines, 'turns', counts);
    const snapshots = await readRecords(lines, 'snapshots', counts);
    const toolCalls = await readRecords(lines, 'toolCalls', counts);
    const fileBackups = await readRecords(lines, 'fileBackups', counts);
    const [pendingTurn = null] = await readRecords(lines, 'pendingTurns', counts);
    const dump = { session, blobs, entries, turns, snapshots, toolCalls, fileBackups, pendingTurn };
    await finish(lines, dump, counts);
    return dump;
  } finally {
    await lines.close();
  }
}

function readHeader({ json, number }: ExportLine): ExportHeader {
  if (!isObject(json) || json['format'] !== FORMAT) {
    throw refusal(number, `is not the header of an exported session, which begins with {"format":"${FORMAT}"`);
  }
  const { version } = json;
  if (Number.isSafeInteger(version) && Number(version) > VERSION) {
    throw new CheckpointError(
      'checkpoint/newer-format',
      `The exported session has format ${version}, and this release reads formats up to ${VERSION}. Nothing was written; import it with the release that wrote it, or a later one.`,
    );
  }
  if (version !== VERSION) throw refusal(number, `says it has format ${version}, which no release ever wrote`);
  const header = decode(HEADER, json, number, 'the header');
  if (header.counts.pendingTurns > 1) throw refusal(number, 'announces more than one pending turn');
  return header;
}

async function readRecords<Kind extends keyof ExportRecords>(
  lines: ExportLines,
  kind: Kind,
  counts: ExportCounts,
): Promise<ExportRecords[Kind][]> {
  const { word, record } = LINES[kind];
  const records: ExportRecords[Kind][] = [];
  while (records.length < counts[kind]) {
    const expected = `${word} ${records.length + 1} of ${counts[kind]}`;
    const { json, number } = await lines.next(expected);
    records.push(decode(record, unwrap(json, word, number, expected), number, `the ${word}`));
  }
  return records;
}

/** What a line holds under its one word. */
function unwrap(json: unknown, word: string, number: number, expected: string): unknown {
  const words = isObject(json) ? Object.keys(json) : [];
  if (!isObject(json) || words.length !== 1 || words[0] !== word) {
    throw refusal(
      number,
      `holds ${words.length === 1 ? `'${words[0]}'` : 'something else'} where ${expected} is expected`,
    );
  }
  return json[word];
}

function decode<Value>(field: Field<Value>, json: unknown, number: number, name: string): Value {
  try {
    return field.decode(json, name);
  } catch (error) {
    if (error instanceof MisfitError) throw refusal(number, `cannot be read: ${error.message}`);
    throw error;
  }
}

/** The last line, and what only the whole can say. A contradiction comes first: it names a line, the hash only says that there is one. */
async function finish(lines: ExportLines, dump: SessionDump, counts: ExportCounts): Promise<void> {
  const hash = lines.hashSoFar();
  const { json, number } = await lines.next('the end mark');
  const stored = unwrap(json, 'end', number, 'the end mark');
  for (const contradiction of findContradictions(dump)) {
    throw refusal(lineOf(contradiction, counts), `contradicts the others: ${contradiction.problem}`);
  }
  if (stored !== hash)
    throw refusal(number, 'has the hash of other lines than those before it: one of them was changed');
  await lines.requireEnd();
}

function lineOf({ list, index }: Contradiction, counts: ExportCounts): number {
  if (list === 'session') return 1;
  const kind = list === 'pendingTurn' ? 'pendingTurns' : list;
  const kinds = Object.keys(LINES) as (keyof ExportCounts)[];
  const before = kinds.slice(0, kinds.indexOf(kind)).reduce((sum, each) => sum + counts[each], 0);
  return 2 + before + index;
}
