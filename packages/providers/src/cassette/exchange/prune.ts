/**
 * What is left out of a recorded answer, where the caller asks for it.
 *
 * Owns: finding the JSON in a body, and putting it back smaller.
 * Leaves to `prune-steps.ts`: what goes; to `counters.ts`: what must stay.
 *
 * P1. Each JSON value is pruned on its own: the whole body, a line of it, or the `data` line of an event. Bytes that are none, and
 *     values that no step changes, stay to the byte.
 * P2. A step that would change, drop or add a vendor's counter is refused.
 * P3. A boundary between chunks stays where it was between values; inside a value that shrank, it moves to its end at most.
 */

import { type JsonValue, parseExactJson } from '../../json.ts';
import type { Chunk, RecordedBody } from '../file/record.ts';
import { decodeUtf8 } from '../key/request-key.ts';
import { findCounters, firstChange } from './counters.ts';
import { applyStep, countPrunedError, type PruneStep } from './prune-steps.ts';

/** Bytes from `start` to `end` that become others. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** The body without what the steps take out; the very same where they change nothing. Throws `cassette/count-pruned` (P2). */
export function pruneBody(body: RecordedBody, steps: readonly PruneStep[]): RecordedBody {
  const text = steps.length === 0 ? undefined : decodeUtf8(body.bytes);
  const edits = text === undefined ? [] : findEdits(text, steps);
  return edits.length === 0 ? body : { bytes: applyEdits(body.bytes, edits), chunks: moveChunks(body.chunks, edits) };
}

function findEdits(text: string, steps: readonly PruneStep[]): readonly Edit[] {
  const edits: Edit[] = [];
  let end = 0;
  let endCharacter = 0;
  for (const { at, source, value } of findJson(text)) {
    const pruned = pruneValue(value, steps);
    if (pruned === undefined) continue;
    const start = end + Buffer.byteLength(text.slice(endCharacter, at));
    end = start + Buffer.byteLength(source);
    endCharacter = at + source.length;
    edits.push({ start, end, bytes: Buffer.from(pruned) });
  }
  return edits;
}

interface FoundJson {
  /** Index of its first character. */
  readonly at: number;
  readonly source: string;
  readonly value: JsonValue;
}

/** The objects and lists of a body: itself, or its lines, those of event streams with `data:` before them. */
function* findJson(text: string): Generator<FoundJson> {
  const source = text.trim();
  const whole = parseExactJson(source);
  if (whole !== undefined) {
    yield { at: text.indexOf(source), source, value: whole };
    return;
  }
  // Not `^` and `.`, which stop at the line separators that may stand in a JSON text.
  for (const { 0: line, 1: json = '', index } of text.matchAll(/(?<=^|[\r\n])(?:data: ?)?([[{][^\r\n]*)/g)) {
    const value = parseExactJson(json);
    if (value !== undefined) yield { at: index + line.length - json.length, source: json, value };
  }
}

/** The pruned value as JSON; nothing if it stays as it is. */
function pruneValue(value: JsonValue, steps: readonly PruneStep[]): string | undefined {
  const before = JSON.stringify(value);
  const counters = findCounters(value);
  const pruned = steps.reduce(applyStep, value);
  const after: string | undefined = JSON.stringify(pruned);
  if (after === undefined) throw new TypeError('A function of prune returned nothing; expected JSON.');
  if (after === before) return undefined;
  const changed = firstChange(counters, findCounters(parseExactJson(after) ?? null));
  if (changed !== undefined) throw countPrunedError(changed);
  return after;
}

function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const pieces = edits.flatMap((edit, index) => [bytes.subarray(edits[index - 1]?.end ?? 0, edit.start), edit.bytes]);
  return Buffer.concat([...pieces, bytes.subarray(edits.at(-1)?.end ?? 0)]);
}

/** The chunks of the edited bytes. One that nothing is left of goes. */
function moveChunks(chunks: readonly Chunk[], edits: readonly Edit[]): readonly Chunk[] {
  const moved: Chunk[] = [];
  let next = 0;
  let grownBy = 0;
  let end = 0;
  let movedEnd = 0;
  for (const [length, atMs] of chunks) {
    end += length;
    for (let edit = edits[next]; edit !== undefined && edit.end <= end; edit = edits[next]) {
      grownBy += edit.bytes.length - (edit.end - edit.start);
      next += 1;
    }
    const inside = edits[next];
    const before =
      inside !== undefined && inside.start < end
        ? inside.start + Math.min(end - inside.start, inside.bytes.length)
        : end;
    if (before + grownBy > movedEnd) moved.push([before + grownBy - movedEnd, atMs]);
    movedEnd = Math.max(movedEnd, before + grownBy);
  }
  return moved;
}
