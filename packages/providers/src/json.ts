export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** `value` as a plain object, or `undefined` for anything else. The first check of every wire reader. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** `value` as a list, or an empty one for anything else. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * Parses JSON so that writing it again keeps every number as it was received: one that a double cannot hold stays its own source text.
 * Returns `undefined` when `text` is not JSON.
 */
export function parseExactJson(text: string): JsonValue | undefined {
  try {
    return INEXACT.test(text) ? JSON.parse(text, keepExactNumber) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

// What a number that is written otherwise than it was received has in its text, whole numbers of up to 15 digits being exact. It may stand
// in a string as well: then the slow way is gone for nothing.
const INEXACT = /\d\.\d|\d[eE][-+\d]|\d{16}|-0/;

// `context.source` and `JSON.rawJSON` are ES2026 and in Node since 21; TypeScript 6 does not describe them yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): JsonValue };

function keepExactNumber(this: unknown, _key: string, value: JsonValue, context?: { source?: string }): JsonValue {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && JSON.stringify(value) !== source
    ? rawJSON(source)
    : value;
}
