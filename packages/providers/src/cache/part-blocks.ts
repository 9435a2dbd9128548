import { asArray, asObject } from '../json.ts';
import type { PrefixBlock } from './prefix.ts';

/** How a format writes a message whose content is a string, or a list of parts on each of which a mark can stand. */
export interface PartShape {
  /** Where the message stands in the body. */
  readonly path: string;
  readonly messagePath: string;
  readonly role: PrefixBlock['role'];
  /** What the message is, in the vendor's word. */
  readonly kind: string;
  /** Whether its parts are called what it is, and not by their own types. */
  readonly namesParts: boolean;
  /** The field that holds its content. */
  readonly field: 'content' | 'output';
  /** The type of the part that a string stands for, and which of the two the format's encoder writes. */
  readonly text: { readonly type: string; readonly writes: 'string' | 'part' };
  /** The types of parts that a mark may stand on here. */
  readonly markable: ReadonlySet<string>;
}

/**
 * A message as the blocks its cache matches: one for each part, the first with the message's other fields. A string and a list of that one
 * text are the same prefix. Cache marks are left out.
 */
export function partBlocks(message: unknown, shape: PartShape): readonly PrefixBlock[] {
  const { path, field } = shape;
  const fields = withoutMark(message);
  const parts = asArray(fields[field]).map(withoutMark);
  const text = loneText(fields[field], parts, shape);
  if (text !== undefined) {
    const content = shape.text.writes === 'string' ? text : [{ type: shape.text.type, text }];
    const place = parts.length === 0 ? path : `${path}.${field}[0]`;
    return [partBlock(shape, place, { ...fields, [field]: content }, { type: shape.text.type, text })];
  }
  if (parts.length === 0) return [partBlock(shape, path, fields, {})];
  return parts.map((part, index) => {
    const kind = shape.namesParts ? shape.kind : partType(part, shape.kind);
    const content = index === 0 ? { ...fields, [field]: [part] } : part;
    return partBlock({ ...shape, kind }, `${path}.${field}[${index}]`, content, part);
  });
}

type WireFields = Readonly<Record<string, unknown>>;

function loneText(content: unknown, parts: readonly WireFields[], { text }: PartShape): string | undefined {
  if (typeof content === 'string') return content;
  const [{ type, text: only, ...others } = {}, ...rest] = parts;
  const isLone = type === text.type && rest.length === 0 && Object.keys(others).length === 0;
  return isLone && typeof only === 'string' ? only : undefined;
}

function partBlock(shape: PartShape, path: string, content: WireFields, part: WireFields): PrefixBlock {
  const { messagePath, role, kind, markable } = shape;
  const isBlank = typeof part['text'] === 'string' && part['text'].trim() === '';
  const canCarry = markable.has(partType(part, kind)) && !isBlank;
  return { path, messagePath, role, kind, text: JSON.stringify(content), markable: canCarry };
}

function partType({ type }: WireFields, otherwise: string): string {
  return typeof type === 'string' ? type : otherwise;
}

/** A block of the wire, or a message, without the marks of any dialect. */
export function withoutMark(block: unknown): WireFields {
  const { cache_control: _anthropic, prompt_cache_breakpoint: _openai, ...content } = asObject(block) ?? {};
  return content;
}
