/**
 * The Markdown of a transcript.
 *
 * Owns: how a message begins, how data stands between texts, and what a text may not look like.
 * Leaves to `scan.ts`: finding these again. To `tool-details.ts` and `block-details.ts`: what the data are.
 *
 * M1. An element begins at the start of a line and fills whole lines. A blank line, and nothing else, parts it from a text.
 * M2. No line of a text looks like the beginning of an element: one that does is given a backslash, which Markdown does not show.
 * M3. Data are JSON without a line that ends their block, so nothing that a tool or a model wrote can end it early.
 */

import type { Message } from '@reprise/providers';

/** `tool-usage-details` is the class of other tools' transcripts, too. */
export const TOOL_DETAILS = 'tool-usage-details';
export const BLOCK_DETAILS = 'message-block';
/** Shown to people, and no part of a history. */
export const USAGE_DETAILS = 'token-usage-details';

export type DetailsKind = typeof TOOL_DETAILS | typeof BLOCK_DETAILS | typeof USAGE_DETAILS;

const HEADINGS = { user: '#### User', assistant: '#### Assistant', tool: '#### Tool' } as const;

/** The line on which a message begins, and below it a heading for people. */
export function messageMark(role: Message['role'], fields: object, hasHeading: boolean): string {
  return `<!-- ${role} message${commentData(fields)} -->${hasHeading ? `\n${HEADINGS[role]}` : ''}`;
}

export function isHeading(line: string | undefined, role: Message['role']): boolean {
  return line?.trimEnd() === HEADINGS[role];
}

/** Where a text ends that another follows, and what it has beside its words. */
export function textEnd(fields: object): string {
  return `<!-- text-end${commentData(fields)} -->`;
}

/** Data to fold out. The summary is one line of text. */
export function details(kind: DetailsKind, summary: string, data: unknown): string {
  return [
    openingTag(kind),
    `<summary>${summary}</summary>`,
    '',
    '```json',
    JSON.stringify(data, null, 2),
    '```',
    '',
    '</details>',
  ].join('\n');
}

export function openingTag(kind: DetailsKind): string {
  return `<details class='${kind}'>`;
}

/** One line of code in a summary, without halves of surrogate pairs, which a file cannot hold. */
export function summaryCode(text: string): string {
  return `<code>${escapeHtml(text.replace(/\s+/g, ' ').toWellFormed())}</code>`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The openings that a text may not have at the start of a line. */
export const OPENINGS: readonly string[] = [
  '<!-- user message',
  '<!-- assistant message',
  '<!-- tool message',
  '<!-- text-end',
  openingTag(TOOL_DETAILS),
  openingTag(BLOCK_DETAILS),
  openingTag(USAGE_DETAILS),
];

export function isOpening(line: string): boolean {
  return OPENINGS.some((opening) => line.startsWith(opening));
}

/** M2, and back again. */
export function escapeText(text: string): string {
  return mapLines(text, (line) => (isOpening(withoutBackslashes(line)) ? `\\${line}` : line));
}

export function unescapeText(text: string): string {
  return mapLines(text, (line) =>
    line.startsWith('\\') && isOpening(withoutBackslashes(line)) ? line.slice(1) : line,
  );
}

function mapLines(text: string, map: (line: string) => string): string {
  return text.split('\n').map(map).join('\n');
}

function withoutBackslashes(line: string): string {
  return line.replace(/^\\+/, '');
}

/** Only a `>` could end a comment; within JSON it stands in strings, where it can be written otherwise. */
function commentData(fields: object): string {
  return Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields).replaceAll('>', '\\u003e')}`;
}
