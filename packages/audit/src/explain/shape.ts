import { isDeepStrictEqual } from 'node:util';
import { asArray, asObject, type PrefixBlock } from '@reprise/providers';
import type { Difference } from './break.ts';

/** Whether a changed block is another content, or the same written otherwise. `old` and `now` begin with the two. */
export function shapeOf(old: readonly PrefixBlock[], now: readonly PrefixBlock[]): Pick<Difference, 'detail' | 'kind'> {
  const [was, is] = [old[0], now[0]].map((block) => parse(block?.text));
  // Key order is all that is left to differ by, as the bytes do.
  if (isDeepStrictEqual(was, is)) return { kind: 'shape-change', detail: 'key-order' };
  if (isDeepStrictEqual(asParts(was), asParts(is))) return { kind: 'shape-change', detail: 'string-or-blocks' };
  if (isSplit(old, now) || isSplit(now, old)) return { kind: 'shape-change', detail: 'split-or-joined' };
  const [one, other] = [flatText(was), flatText(is)];
  if (one.replaceAll(/\s+/g, '') === other.replaceAll(/\s+/g, '')) return { kind: 'edit', detail: 'whitespace' };
  if (one.normalize('NFKC') === other.normalize('NFKC')) return { kind: 'edit', detail: 'unicode-form' };
  return { kind: 'edit' };
}

function parse(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

/** A value with each text in the place of a list of parts written as such a list. */
function asParts(value: unknown): unknown {
  const fields = asObject(value);
  if (!fields) return value;
  const { content, ...others } = fields;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return content === undefined ? fields : { ...others, content: parts };
}

/** Whether the first text of one side is that of several of the other, put together. */
function isSplit(whole: readonly PrefixBlock[], pieces: readonly PrefixBlock[]): boolean {
  const text = loneText(whole[0]);
  let joined = '';
  for (const piece of pieces) {
    const more = loneText(piece);
    if (text === undefined || more === undefined || piece.role !== whole[0]?.role) return false;
    joined += more;
    if (joined === text) return piece !== pieces[0];
    if (!text.startsWith(joined)) return false;
  }
  return false;
}

/** The text of a block that is a text and nothing else. */
function loneText(block: PrefixBlock | undefined): string | undefined {
  const fields = asObject(parse(block?.text));
  const parts = asArray(fields?.['content']);
  const text = fields?.['text'] ?? (parts.length === 1 ? asObject(parts[0])?.['text'] : fields?.['content']);
  return typeof text === 'string' ? text : undefined;
}

/** All of a value as one text, without JSON's own escapes. */
function flatText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatText).join()}]`;
  const fields = asObject(value);
  if (!fields) return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return `{${Object.entries(fields)
    .map(([name, field]) => `${name}:${flatText(field)}`)
    .join()}}`;
}
