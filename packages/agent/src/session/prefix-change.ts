/**
 * How a request's prefix differs from that of the request before it.
 *
 * Owns: whether a request only adds to what was sent, and where it first does not.
 * Leaves to `find-prefix-change.ts`: what was sent. To the run: what follows from it.
 *
 * X1. No difference is told that is not there: hashes of whole prefixes decide, in whatever process they were made.
 * X2. A place is named only where it is known. What was there before is told only if it gives the hash that was stored.
 */

import type { RequestColumns } from '@reprise/checkpoint';
import { type Model, type ModelRequest, type PrefixBlock, prefixHashes, withoutTransient } from '@reprise/providers';

/** How a request's prefix differs from that of the request before it: from here on, the vendor's cache holds nothing of use. */
export interface PrefixChange {
  /**
   * Where the first differing block stands in the vendor's request, such as `tools[3]` or `messages[7].content[1]`. `model` where another
   * model is asked, and the names of the settings where the blocks are the same.
   */
  readonly path: string;
  /** Which part of a request that is; `undefined` where nobody knows. */
  readonly part?: 'tools' | 'system' | 'messages';
  /** What happened there; `unknown` where nothing is left that would tell. */
  readonly kind: 'added' | 'changed' | 'removed' | 'model-changed' | 'parameter' | 'unknown';
  /** What was sent, in at most 80 characters around the first difference; `undefined` when there was nothing, or nobody knows. */
  readonly before: string | undefined;
  /** What stands there now, in as many; `undefined` when nothing does. */
  readonly after: string | undefined;
  /** Who replaced that part of the request, or had replaced it in the last one: a hook's name. */
  readonly owner?: string;
  /** All of it in a sentence or two, for people. */
  readonly message: string;
}

/** What becomes of a turn whose request does not begin with the last one. */
export type PrefixChangePolicy = 'refuse' | 'warn' | 'allow';

/** A request's blocks, with the hash of the prefix that ends with each, and of all of them. */
export interface SentPrefix {
  readonly blocks: readonly PrefixBlock[];
  readonly hashes: readonly string[];
  readonly fingerprint: string;
}

/** What the ledger keeps of a prefix. */
export type StoredPrefix = Pick<RequestColumns, 'prefixFingerprint' | 'prefixBlocks'>;

export function sentPrefix(model: Model, request: ModelRequest): SentPrefix {
  // A model of somebody else's may not know of transient messages.
  const blocks = model.prefixBlocks(withoutTransient(request));
  const hashes = prefixHashes(blocks);
  return { blocks, hashes, fingerprint: fingerprintOf(hashes, hashes.length) };
}

/** Whether a request begins with a prefix, which in rows of format 1 cannot be told: those do not say how long it is. */
export function beginsWith({ hashes }: SentPrefix, { prefixBlocks, prefixFingerprint }: StoredPrefix): boolean {
  return (
    prefixBlocks !== null && prefixBlocks <= hashes.length && fingerprintOf(hashes, prefixBlocks) === prefixFingerprint
  );
}

/** How many digits of a hash are kept of each block that a request adds: enough to find a change, which the fingerprint has proved. */
const KEPT_DIGITS = 16;

/** More than this are not kept: a prompt that changes every time would fill the store with them. */
const MAX_KEPT = 200;

/**
 * The hashes to keep of what a request adds to the last one, or of all of it where it does not begin with that one; `undefined` for too
 * many of them.
 */
export function addedHashes(prefix: SentPrefix, last: StoredPrefix | undefined): readonly string[] | undefined {
  const shared = last && beginsWith(prefix, last) ? (last.prefixBlocks ?? 0) : 0;
  const added = prefix.hashes.slice(shared);
  return added.length > MAX_KEPT ? undefined : added.map((hash) => hash.slice(0, KEPT_DIGITS));
}

/** What the ledger keeps of one turn's prefix: how many blocks it had, and the hashes of the last of them, or `undefined` if of none. */
export interface KeptPrefix {
  readonly prefixBlocks: number | null;
  readonly added: readonly string[] | undefined;
}

/** The first block that is not what the turns of the branch have sent; `undefined` where it or one before it was not kept. */
export function firstChangedBlock({ hashes }: SentPrefix, turns: readonly KeptPrefix[]): number | undefined {
  const known: (string | undefined)[] = [];
  for (const { prefixBlocks, added } of turns) {
    if (!added || prefixBlocks === null) known.length = 0;
    known.length = Math.max(0, (prefixBlocks ?? 0) - (added?.length ?? 0));
    known.push(...(added ?? []));
  }
  const index = Array.from(known).findIndex(
    (hash, at) => hash === undefined || hash !== hashes[at]?.slice(0, KEPT_DIGITS),
  );
  return known[index] === undefined ? undefined : index;
}

/** The first place where a request does not go on as the one before it. Both are known, and `after` does not begin with `before`. */
export function firstChange(before: readonly PrefixBlock[], after: readonly PrefixBlock[]): PrefixChange {
  const index = before.findIndex((block, at) => !isSameBlock(block, after[at]));
  const [sent, next] = [before.slice(index), after.slice(index)];
  const [old, now] = [sent[0], next[0]];
  if (now && next.some((_, cut) => cut > 0 && goesOn(next, cut, sent, 0))) return addition(now);
  if (old && (!now || sent.some((_, cut) => cut > 0 && goesOn(next, 0, sent, cut)))) return removal(old);
  return replacement(old, now);
}

/** Whether `blocks` from `start` go on with all that follows `from` in `others`. */
function goesOn(blocks: readonly PrefixBlock[], start: number, others: readonly PrefixBlock[], from: number): boolean {
  for (let at = from; at < others.length; at += 1) {
    if (!isSameBlock(others[at], blocks[start + at - from])) return false;
  }
  return true;
}

function isSameBlock(one: PrefixBlock | undefined, other: PrefixBlock | undefined): boolean {
  return one?.text === other?.text && one?.role === other?.role;
}

function addition(now: PrefixBlock): PrefixChange {
  const { path } = now;
  const [after] = snippets(now.text, '');
  const message = `${LOST}: ${path} is new, and is ${after}.`;
  return { path, part: partOf(now), kind: 'added', before: undefined, after, message };
}

function removal(old: PrefixBlock): PrefixChange {
  const { path } = old;
  const [before] = snippets(old.text, '');
  const message = `${LOST}: ${path} was ${before} and is gone.`;
  return { path, part: partOf(old), kind: 'removed', before, after: undefined, message };
}

function replacement(old: PrefixBlock | undefined, now: PrefixBlock | undefined): PrefixChange {
  const [before, after] = snippets(old?.text ?? '', now?.text ?? '');
  const path = old?.path ?? '';
  const part = old && { part: partOf(old) };
  const is = path === now?.path ? 'is' : `where it stood, ${now?.path} is`;
  return {
    path,
    ...part,
    kind: 'changed',
    before,
    after,
    message: `${LOST}: ${path} was ${before} and ${is} ${after}.`,
  };
}

/** A change of that block, where nobody knows what it was. */
export function changeAt({ blocks }: SentPrefix, index: number): PrefixChange {
  const block = blocks[index];
  const unknown = 'and what was sent there is not known';
  if (!block) {
    const path = blocks.at(-1)?.path ?? '';
    const message = `${LOST}: what followed ${path || 'its beginning'} is gone, ${unknown}.`;
    return { path, kind: 'removed', before: undefined, after: undefined, message };
  }
  const { path } = block;
  const [after] = snippets(block.text, '');
  const message = `${LOST}: ${path} is ${after} now, ${unknown}.`;
  return { path, part: partOf(block), kind: 'changed', before: undefined, after, message };
}

function partOf({ role }: PrefixBlock): NonNullable<PrefixChange['part']> {
  if (role === 'tool') return 'tools';
  return role === 'system' ? 'system' : 'messages';
}

/** A change of which nothing is known but that there is one. */
export function unknownChange({ blocks }: SentPrefix): PrefixChange {
  const [first] = blocks;
  const message = `${LOST}, and where they part is not known: what was sent cannot be made again.`;
  const after = first && snippets(first.text, '')[0];
  return { path: first?.path ?? '', kind: 'unknown', before: undefined, after, message };
}

type NamedModel = Pick<Model, 'family' | 'id'>;

export function isSameModel(one: NamedModel, other: NamedModel): boolean {
  return one.id === other.id && one.family === other.family;
}

/** Another model reads nothing of what the last one's cache holds. */
export function modelChange(last: NamedModel, next: NamedModel): PrefixChange {
  const nameOf = ({ family, id }: NamedModel) => (last.id === next.id ? `${id} (${family})` : id);
  const [before, after] = [nameOf(last), nameOf(next)];
  const message = `The last request went to ${before} and this one goes to ${after}: nothing that the vendor has cached is read.`;
  return { path: 'model', kind: 'model-changed', before, after, message };
}

const LOST = 'The request does not begin with the last one, and the vendor has cached nothing from where they part';

/** As `prefixFingerprint` makes it of that many blocks. */
function fingerprintOf(hashes: readonly string[], count: number): string {
  return `sha256:${hashes[count - 1] ?? ''}`;
}

const SNIPPET_LENGTH = 80;
/** How much of what both texts share stands before the first difference. */
const SHARED_LENGTH = 30;

/** Two texts around their first difference, on one line each. */
function snippets(one: string, other: string): readonly [string, string] {
  const start = Math.max(0, firstDifference(one, other) - SHARED_LENGTH);
  return [snippet(one, start), snippet(other, start)];
}

function firstDifference(one: string, other: string): number {
  let index = 0;
  while (index < one.length && one[index] === other[index]) index += 1;
  return index;
}

function snippet(text: string, start: number): string {
  const head = start === 0 ? '' : '…';
  const length = SNIPPET_LENGTH - head.length;
  const isWhole = text.length - start <= length;
  const shown = isWhole ? text.slice(start) : `${text.slice(start, start + length - 1)}…`;
  return `${head}${shown}`.replaceAll(/\s/g, ' ').toWellFormed();
}
