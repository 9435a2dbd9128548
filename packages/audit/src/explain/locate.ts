import type { PrefixBlock } from '@reprise/providers';
import { pathAt } from './json-place.ts';

/** Where two texts of a block part. */
export interface Place {
  /** In the vendor's request. */
  readonly path: string;
  /** Equal bytes before it. */
  readonly byteOffset: number;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The first difference of two blocks that stand in the same place. */
export function locateIn(before: PrefixBlock, after: PrefixBlock): Place {
  const at = firstDifference(before.text, after.text);
  const [was, is] = [pathAt(before.text, at), pathAt(after.text, at)];
  // A number that grew at its end is inside the value on one side only.
  const inner = depth(is) > depth(was) && is.startsWith(was) && isScalarEnd(before.text, at) ? is : was;
  return {
    path: joinPath(before, inner),
    byteOffset: sharedBytes(before.text, after.text, at),
    before: snippet(before.text, at),
    after: snippet(after.text, at),
  };
}

/** A block that has nothing in its place on the other side. */
export function locateWhole({ path, text }: PrefixBlock, side: 'before' | 'after'): Place {
  const shown = snippet(text, 0);
  return {
    path,
    byteOffset: 0,
    before: side === 'before' ? shown : undefined,
    after: side === 'after' ? shown : undefined,
  };
}

function firstDifference(one: string, other: string): number {
  let index = 0;
  while (index < one.length && one[index] === other[index]) index += 1;
  return index;
}

/** Bytes of UTF-8 that both begin with: characters that differ may share their first ones. */
function sharedBytes(one: string, other: string, at: number): number {
  const start = isInsidePair(one, at) || isInsidePair(other, at) ? at - 1 : at;
  const [was, is] = [one, other].map((text) => Buffer.from(text.slice(start, start + 2)));
  let shared = 0;
  while (was && is && shared < was.length && was[shared] === is[shared]) shared += 1;
  return Buffer.byteLength(one.slice(0, start)) + shared;
}

function isInsidePair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

function depth(path: string): number {
  return path.split(/[.[]/).length;
}

function isScalarEnd(text: string, at: number): boolean {
  return /[\d.eE+-]/.test(text[at - 1] ?? '') && /[,}\]]/.test(text[at] ?? '');
}

/**
 * The path of a value within a block. The first block of a message holds the message's other fields as well, around a list of one part or a
 * text (`partBlocks` of providers).
 */
function joinPath({ path, text }: PrefixBlock, inner: string): string {
  const [, message, field, number] = /^(.*)\.(content|output)\[(\d+)\]$/.exec(path) ?? [];
  if (message === undefined || field === undefined || !holdsMessage(text, field)) return path + inner;
  const part = `.${field}[0]`;
  return inner.startsWith(part) ? `${message}.${field}[${number}]${inner.slice(part.length)}` : message + inner;
}

function holdsMessage(text: string, field: string): boolean {
  const value = JSON.parse(text);
  return (typeof value.role === 'string' || field === 'output') && field in value;
}

const SNIPPET_LENGTH = 80;
/** How much of what both texts share stands before the first difference. */
const SHARED_LENGTH = 30;

/** At most 80 characters around a place, on one line. */
export function snippet(text: string, at: number): string {
  const start = Math.max(0, at - SHARED_LENGTH);
  const head = start === 0 ? '' : '…';
  const room = SNIPPET_LENGTH - head.length;
  const shown = text.length - start <= room ? text.slice(start) : `${text.slice(start, start + room - 1)}…`;
  return `${head}${shown}`.replaceAll(/\s/g, ' ').toWellFormed();
}
