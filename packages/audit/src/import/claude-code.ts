/**
 * Claude Code's transcripts as ledger rows.
 *
 * Owns: which lines are one response, and which of them counts.
 * Leaves to `claude-code-line.ts`: what a line says.
 *
 * K1. A response is one row, whatever the number of its lines, their order, and how often files repeat them: `message.id` and `requestId`
 *     name it.
 * K2. Its usage grows from line to line, and the last report counts: the final one, else the one with most output.
 * K3. A file's rows come when the file has been read, in the order of their times. In memory are a file's responses without their content,
 *     and the names of all.
 */

import { billingFromUsage, tokensFromAnthropic } from '@reprise/providers';
import type { LedgerRow } from '../ledger.ts';
import { decodeTranscriptLine, type TranscriptResponse } from './claude-code-line.ts';
import { createLogImport, type FileImport, type LogImport } from './log-import.ts';

/**
 * Reads transcripts: files, or folders with `.jsonl` files below them, sub-agents' among them. Two times of a row are those at which the
 * first and the last of its content had arrived, as the log has no other. A response of which only the stream's first usage report was
 * written down is `partial`: it was billed for more output. Rows have no `prefix`: a transcript holds neither the system prompt nor the
 * tools.
 */
export function importClaudeCode(paths: readonly string[]): LogImport {
  return createLogImport(paths, readTranscript);
}

/** A response as its lines so far tell it. */
interface MergedResponse {
  /** The line that counts. */
  readonly best: TranscriptResponse;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly firstLine: number;
  readonly lineCount: number;
}

async function* readTranscript(file: FileImport): AsyncGenerator<LedgerRow, void, undefined> {
  for (const [name, response] of [...(await mergeLines(file))].toSorted(inOrder)) {
    const { lineCount } = response;
    const row = toRow(name, response, file.path);
    if (!file.counted.isNew(row, lineCount)) continue;
    file.tally.addSkipped('same-response', lineCount - 1);
    yield row;
  }
}

async function mergeLines(file: FileImport): Promise<ReadonlyMap<string, MergedResponse>> {
  const { path, tally } = file;
  const merged = new Map<string, MergedResponse>();
  for await (const lines of file.lines()) {
    for (const line of lines) {
      const decoded = decodeTranscriptLine(line);
      if (decoded.kind === 'response') {
        const name = nameOf(decoded.response) ?? `${path}:${line.number}`;
        merged.set(name, merge(merged.get(name), decoded.response, line.number));
      } else if (decoded.kind === 'compaction') {
        tally.addCompaction(decoded.compaction);
        tally.addSkipped('not-a-response');
      } else if (decoded.kind === 'skipped') tally.addSkipped(decoded.reason);
      else tally.addMalformed(path, line.number, decoded.reason);
    }
  }
  return merged;
}

/** Requests of proxies have no id, and a response without any is told by its line. */
function nameOf({ responseId, requestId, lineId }: TranscriptResponse): string | undefined {
  const id = responseId ?? lineId;
  return id === undefined || requestId === undefined ? id : `${id}/${requestId}`;
}

function merge(before: MergedResponse | undefined, next: TranscriptResponse, line: number): MergedResponse {
  if (!before) return { best: next, firstAt: next.at, lastAt: next.at, firstLine: line, lineCount: 1 };
  return {
    best: comesAfter(next, before.best) ? next : before.best,
    firstAt: Math.min(before.firstAt, next.at),
    lastAt: Math.max(before.lastAt, next.at),
    firstLine: before.firstLine,
    lineCount: before.lineCount + 1,
  };
}

/** Whether the report of `one` comes after that of `other` (K2); of two that tell the same, whichever, but in any order the same one. */
function comesAfter(one: TranscriptResponse, other: TranscriptResponse): boolean {
  if (one.isFinal !== other.isFinal) return one.isFinal;
  const output = outputOf(one) - outputOf(other);
  if (output !== 0) return output > 0;
  if (one.at !== other.at) return one.at > other.at;
  return JSON.stringify(one) > JSON.stringify(other);
}

function outputOf({ usage }: TranscriptResponse): number {
  const { output } = tokensFromAnthropic(usage);
  return output === 'not-reported' ? -1 : output;
}

function inOrder(
  [oneName, one]: readonly [string, MergedResponse],
  [otherName, other]: readonly [string, MergedResponse],
): number {
  return one.firstAt - other.firstAt || (oneName < otherName ? -1 : 1);
}

function toRow(id: string, { best, firstAt, lastAt, firstLine }: MergedResponse, path: string): LedgerRow {
  const { responseId, requestId, model, usage, isFinal, sessionId, conversationId, project, tags } = best;
  return {
    id,
    family: 'anthropic',
    model,
    startedAt: firstAt,
    endedAt: lastAt,
    timeBasis: 'logged',
    usageState: isFinal ? 'final' : 'partial',
    tokens: tokensFromAnthropic(usage),
    billing: billingFromUsage('anthropic', usage),
    recordedPicoUsd: recordedCost(best),
    ...(responseId === undefined ? {} : { responseId }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(project === undefined ? {} : { project }),
    tags,
    source: { path, line: firstLine },
  };
}

/** Versions before 1.0.9 wrote down what they took for the cost, in dollars. */
function recordedCost({ costUsd }: TranscriptResponse): bigint | undefined {
  const picoUsd = Math.round((costUsd ?? Number.NaN) * 1e12);
  return Number.isSafeInteger(picoUsd) && picoUsd >= 0 ? BigInt(picoUsd) : undefined;
}
