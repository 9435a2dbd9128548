/**
 * A transcript's lines as texts and elements, in order.
 *
 * Owns: where an element begins and ends, and what of the lines between is text.
 * Leaves to `tool-details.ts` and `block-details.ts`: what the data of an element are. To `parse.ts`: what they come to.
 *
 * S1. Work is linear in the text: an element is looked for up to the next opening, and no further.
 * S2. Of the lines between two elements, one blank line on either side is not text; nor are blank lines alone.
 */

import { asObject, type Block, type Message, parseExactJson } from '@reprise/providers';
import { AgentError } from '../errors.ts';
import { decodeBlock } from './block-details.ts';
import {
  BLOCK_DETAILS,
  isHeading,
  isOpening,
  openingTag,
  TOOL_DETAILS,
  USAGE_DETAILS,
  unescapeText,
} from './grammar.ts';
import type { ResolveHash } from './reference.ts';
import { type DecodedExchange, decodeToolDetails } from './tool-details.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** `line` is counted from 1. */
export type Segment = { readonly line: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'message'; readonly role: Message['role']; readonly fields: Fields }
  | { readonly kind: 'text-end'; readonly fields: Fields }
  | DetailsContent
);

type DetailsContent =
  | { readonly kind: 'tool'; readonly exchange: DecodedExchange }
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'usage' };

export interface ScanOptions {
  /** Takes the lines of an element that cannot be read for text. */
  readonly lenient: boolean;
  readonly resolve?: ResolveHash | undefined;
}

type Element = Exclude<Segment, { readonly kind: 'text' }>;

/** Throws `agent/broken-transcript` for an element that cannot be read. */
export function scan(transcript: string, options: ScanOptions): readonly Segment[] {
  const lines = linesOf(transcript);
  const segments: Segment[] = [];
  let textFrom = 0;
  let at = 0;
  while (at < lines.length) {
    const found = elementAt(lines, at, options);
    if (found) {
      segments.push(...textBetween(lines, textFrom, at), found.element);
      at = textFrom = found.next;
    } else at += 1;
  }
  return [...segments, ...textBetween(lines, textFrom, lines.length)];
}

/** An error that names a line. */
export function brokenTranscript(line: number, what: string): AgentError {
  return new AgentError('agent/broken-transcript', `Line ${line} of the transcript: ${what}`);
}

/** Takes back line breaks that something has rewritten as `\r\n`: the first line of a transcript of ours never ends in `\r`. */
function linesOf(transcript: string): readonly string[] {
  const lines = transcript.split('\n');
  const [first = ''] = lines;
  return first.endsWith('\r') && MESSAGE_MARK.test(first) ? transcript.replaceAll('\r\n', '\n').split('\n') : lines;
}

/** S2. */
function textBetween(lines: readonly string[], from: number, to: number): readonly Segment[] {
  const isWhole = from === 0 && to === lines.length;
  const first = from > 0 && lines[from]?.trim() === '' ? from + 1 : from;
  const end = !isWhole && to > first && lines[to - 1]?.trim() === '' ? to - 1 : to;
  const text = lines.slice(first, end).join('\n');
  return text.trim() === '' ? [] : [{ kind: 'text', text: unescapeText(text), line: first + 1 }];
}

interface FoundElement {
  readonly element: Element;
  /** The first line after it. */
  readonly next: number;
}

function elementAt(lines: readonly string[], at: number, options: ScanOptions): FoundElement | undefined {
  const line = lines[at] ?? '';
  if (!isOpening(line)) return undefined;
  const found = line.startsWith('<details') ? detailsAt(lines, at, options.resolve) : markAt(lines, at);
  if (typeof found !== 'string') return found;
  if (options.lenient) return undefined;
  throw brokenTranscript(at + 1, `${found} Mend it, or read the transcript with \`lenient\`, which keeps it as text.`);
}

const MESSAGE_MARK = /^<!-- (user|assistant|tool) message(?: (\{.*\}))? -->\s*$/s;
const TEXT_END = /^<!-- text-end(?: (\{.*\}))? -->\s*$/s;

/** The mark on this line, or what is wrong with it. */
function markAt(lines: readonly string[], at: number): FoundElement | string {
  const line = lines[at] ?? '';
  const [message, textEnd] = [MESSAGE_MARK.exec(line), TEXT_END.exec(line)];
  const fields = asObject(parseExactJson((message?.[2] ?? textEnd?.[1]) || '{}'));
  if (!fields || !(message || textEnd)) return 'a mark that does not end on its line, or whose JSON cannot be parsed.';
  if (textEnd) return { element: { kind: 'text-end', fields, line: at + 1 }, next: at + 1 };
  const role = roleOf(message?.[1]);
  const next = isHeading(lines[at + 1], role) ? at + 2 : at + 1;
  return { element: { kind: 'message', role, fields, line: at + 1 }, next };
}

function roleOf(word: string | undefined): Message['role'] {
  return word === 'user' || word === 'tool' ? word : 'assistant';
}

const DETAILS_KINDS = [TOOL_DETAILS, BLOCK_DETAILS, USAGE_DETAILS] as const;

/** The block that begins on this line, or what is wrong with it. */
function detailsAt(lines: readonly string[], at: number, resolve: ResolveHash | undefined): FoundElement | string {
  const opening = lines[at]?.trimEnd();
  const kind = DETAILS_KINDS.find((each) => opening === openingTag(each));
  if (!kind) return 'a details block whose opening tag is not alone on its line.';
  const fence = findLine(lines, at + 1, '```json');
  const end = fence && findLine(lines, fence + 1, '</details>');
  if (!fence || !end) return 'a details block without JSON within a fence, or without an end.';
  const body = lines
    .slice(fence + 1, end)
    .join('\n')
    .trimEnd();
  if (!body.endsWith('\n```')) return 'a details block whose fence does not close before its end.';
  const element = readData(kind, body.slice(0, -'```'.length), resolve);
  return typeof element === 'string' ? element : { element: { ...element, line: at + 1 }, next: end + 1 };
}

function readData(
  kind: (typeof DETAILS_KINDS)[number],
  json: string,
  resolve: ResolveHash | undefined,
): DetailsContent | string {
  if (kind === USAGE_DETAILS) return { kind: 'usage' };
  const data = parseExactJson(json);
  if (data === undefined) return 'a details block whose JSON cannot be parsed.';
  if (kind === TOOL_DETAILS) {
    const exchange = decodeToolDetails(data, resolve);
    return exchange
      ? { kind: 'tool', exchange }
      : 'a tool block that is not { id, call: { function, arguments }, result }.';
  }
  const block = decodeBlock(asObject(data) ?? {}, resolve);
  return block ? { kind: 'block', block } : 'a block of no known type, or without a field that its type has.';
}

/** S1. */
function findLine(lines: readonly string[], from: number, wanted: string): number | undefined {
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.trimEnd() === wanted) return index;
    if (isOpening(line)) return undefined;
  }
  return undefined;
}
