import { asObject, type JsonObject, type JsonValue } from '../json.ts';

// In Node since 21; TypeScript 6 does not describe it yet.
const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean };

/** Whether a value of `parseExactJson` is a number that a double cannot hold, kept as its own text. */
export function isRawNumber(value: unknown): boolean {
  return isRawJSON(value);
}

/** The fields of a JSON object; `undefined` for anything else, a number kept as its text included. */
export function fieldsOf(value: JsonValue | undefined): JsonObject | undefined {
  // What is an object and came out of a JSON parser has JSON in its fields.
  return isRawNumber(value) ? undefined : (asObject(value) as JsonObject | undefined);
}

/** The same list or object with each item or field made anew; another value as it is. */
export function mapItems(value: JsonValue, change: (item: JsonValue) => JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => change(item));
  const fields = fieldsOf(value);
  if (fields === undefined) return value;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, change(field)]));
}

/** How a path goes on with a field: `messages[3].content`, `headers["x-a b"]`. */
export function joinPath(path: string, name: string): string {
  if (!/^[\w$-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}
