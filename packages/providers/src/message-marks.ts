import type { JsonObject } from './json.ts';
import type { Block, Message } from './message.ts';

/**
 * The message without cache marks: without its own `cache`, and without those that a vendor's fields and opaque blocks brought along. A
 * copy of all its blocks; the message itself stays as it is.
 */
export function stripCacheMarks(message: Message): Message {
  const { cache: _mark, ...bare } = message;
  switch (bare.role) {
    case 'user':
      return { ...bare, content: bare.content.map(stripBlock) };
    case 'assistant':
      return { ...bare, content: bare.content.map(stripBlock) };
    case 'tool':
      return { ...bare, content: bare.content.map(stripBlock) };
  }
}

function stripBlock<Own extends Block>(block: Own): Own {
  if (block.type === 'opaque') return { ...block, data: withoutMarks(block.data) };
  if (block.type === 'tool-result') return { ...block, content: block.content.map(stripBlock) };
  if (block.type === 'image' || block.type === 'document' || !block.vendorFields) return { ...block };
  return { ...block, vendorFields: { ...block.vendorFields, fields: withoutMarks(block.vendorFields.fields) } };
}

function withoutMarks(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !MARK_FIELDS.has(name)));
}

/** Anthropic's and OpenAI's words for a mark. */
const MARK_FIELDS: ReadonlySet<string> = new Set(['cache_control', 'prompt_cache_breakpoint']);
