/**
 * One line of a Claude Code transcript (versions 1.0 to 2.1, seen in 2026).
 *
 * Owns: what a line says.
 * Leaves to `claude-code.ts`: what several lines say together.
 *
 * A line is looked into only if the bytes that every response and every compaction has are in it; of the others, which are most of the
 * bytes, only both ends are looked at. In a text those bytes cannot stand, as its quotes are escaped.
 */

import { asArray, asObject } from '@reprise/providers';
import { type FileLine, isSpace } from './file/read-lines.ts';
import type { LoggedCompaction, MalformedReason, SkipReason } from './import-report.ts';
import { parseLine } from './log-import.ts';
import { readTime } from './response/read-time.ts';
import { textOf } from './response/response-row.ts';

export type TranscriptLine =
  | { readonly kind: 'response'; readonly response: TranscriptResponse }
  | { readonly kind: 'compaction'; readonly compaction: LoggedCompaction }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  | { readonly kind: 'malformed'; readonly reason: MalformedReason };

/** What one line tells of a response. */
export interface TranscriptResponse {
  readonly responseId: string | undefined;
  readonly requestId: string | undefined;
  /** The id of the line itself. */
  readonly lineId: string | undefined;
  readonly model: string;
  /** Epoch milliseconds at which what the line holds had arrived. */
  readonly at: number;
  readonly usage: Readonly<Record<string, unknown>>;
  /** Whether the usage is the vendor's last word: the first report of a stream counts hardly any output. */
  readonly isFinal: boolean;
  readonly costUsd: number | undefined;
  readonly sessionId: string | undefined;
  readonly conversationId: string | undefined;
  readonly project: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

const SIGNS: readonly Buffer[] = ['"assistant"', '"compactMetadata"'].map((sign) => Buffer.from(sign));

export function decodeTranscriptLine(line: FileLine): TranscriptLine {
  const { bytes } = line;
  if (bytes && hasBothEnds(bytes) && !SIGNS.some((sign) => bytes.includes(sign))) return skipped('not-a-response');
  const fields = parseLine(line);
  return typeof fields === 'string' ? { kind: 'malformed', reason: fields } : decodeFields(fields);
}

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

function hasBothEnds(bytes: Buffer): boolean {
  let start = 0;
  let end = bytes.length - 1;
  while (isSpace(bytes[start])) start += 1;
  while (isSpace(bytes[end])) end -= 1;
  return bytes[start] === OPENING_BRACE && bytes[end] === CLOSING_BRACE;
}

type Fields = Readonly<Record<string, unknown>>;

function decodeFields(fields: Fields): TranscriptLine {
  const compaction = asObject(fields['compactMetadata']);
  if (compaction) return { kind: 'compaction', compaction: readCompaction(fields, compaction) };
  if (fields['type'] !== 'assistant') return skipped('not-a-response');
  const message = asObject(fields['message']) ?? {};
  if (message['model'] === '<synthetic>' || fields['isApiErrorMessage'] === true) return skipped('synthetic');
  const usage = asObject(message['usage']);
  if (!usage) return skipped('no-usage');
  const model = textOf(message['model']);
  const at = readTime(fields['timestamp']);
  if (model === undefined) return { kind: 'malformed', reason: 'no-model' };
  if (at === undefined) return { kind: 'malformed', reason: 'no-time' };
  return { kind: 'response', response: readResponse(fields, message, { usage, model, at }) };
}

function readCompaction(fields: Fields, compaction: Fields): LoggedCompaction {
  const { preTokens } = compaction;
  return {
    sessionId: textOf(fields['sessionId']),
    conversationId: conversationOf(fields),
    at: readTime(fields['timestamp']),
    trigger: textOf(compaction['trigger']),
    tokensBefore: typeof preTokens === 'number' ? preTokens : undefined,
  };
}

function readResponse(
  fields: Fields,
  message: Fields,
  needed: Pick<TranscriptResponse, 'usage' | 'model' | 'at'>,
): TranscriptResponse {
  const { costUSD } = fields;
  return {
    ...needed,
    responseId: textOf(message['id']),
    requestId: textOf(fields['requestId']),
    lineId: textOf(fields['uuid']),
    isFinal: hasEnd(message, needed.usage),
    costUsd: typeof costUSD === 'number' ? costUSD : undefined,
    sessionId: textOf(fields['sessionId']),
    conversationId: conversationOf(fields),
    project: textOf(fields['cwd']),
    tags: tagsOf(fields),
  };
}

/**
 * The stop reason is often left `null` although the response ended (2.1, February 2026). Then the usage tells: a stream's last report has
 * the vendor's own tools in it, or the runs of the model, and its first has neither.
 */
function hasEnd(message: Fields, usage: Fields): boolean {
  return (
    textOf(message['stop_reason']) !== undefined ||
    asObject(usage['server_tool_use']) !== undefined ||
    asArray(usage['iterations']).length > 0
  );
}

/** Before sub-agents had ids and files of their own, their lines stood in the session's and were marked. */
function conversationOf({ agentId, isSidechain }: Fields): string | undefined {
  return textOf(agentId) ?? (isSidechain === true ? 'sidechain' : undefined);
}

function tagsOf({ version, gitBranch }: Fields): Readonly<Record<string, string>> {
  const tags = { version: textOf(version), gitBranch: textOf(gitBranch) };
  return Object.fromEntries(Object.entries(tags).filter((tag): tag is [string, string] => tag[1] !== undefined));
}

function skipped(reason: SkipReason): TranscriptLine {
  return { kind: 'skipped', reason };
}
