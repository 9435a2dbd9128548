import { asArray, asObject, type Block } from '@reprise/providers';

/** Blocks that others may have written: text, and files. */
export type ContentType = Extract<Block['type'], 'text' | 'image' | 'document'>;

/** What is wrong with a message's content, in words that follow its name; `undefined` if it is a list of blocks of these types. */
export function contentFault(content: unknown, types: readonly ContentType[]): string | undefined {
  if (!Array.isArray(content)) return `is ${describe(content)}; a list of blocks is expected`;
  const index = asArray(content).findIndex((block) => !isBlock(block, types));
  if (index === -1) return undefined;
  return `has ${describe(content[index])} at [${index}]; whole blocks of type ${types.join(', ')} are expected`;
}

/** What a value is, without what it says: that may be long, and nobody else's business. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  const type = asObject(value)?.['type'];
  if (typeof type === 'string') return `a block of type ${type.slice(0, MAX_TYPE)}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'function' ? 'a function' : String(value);
}

const MAX_TYPE = 40;

function isBlock(block: unknown, types: readonly ContentType[]): boolean {
  const { type, text, mediaType, data } = asObject(block) ?? {};
  if (!types.some((each) => each === type)) return false;
  return type === 'text' ? typeof text === 'string' : typeof mediaType === 'string' && typeof data === 'string';
}
