/** Which JSON Schemas a vendor can hold an answer to exactly: https://developers.openai.com/api/docs/guides/structured-outputs (2026-11). */

import { asArray, asObject, type JsonObject } from '../json.ts';

/** Whether the schema keeps to the part of JSON Schema that `strict: true` takes. Anything else is refused with it. */
export function isStrictSchema(schema: JsonObject): boolean {
  const definitions = [schema['$defs'], schema['definitions']].flatMap((group) => Object.values(asObject(group) ?? {}));
  return schema['type'] === 'object' && [schema, ...definitions].every((node) => isStrictNode(node, 1));
}

/** A name for the schema, from its title: the vendor takes 64 letters, digits, `_` and `-`. */
export function schemaName({ title }: JsonObject): string {
  const name = typeof title === 'string' ? title.replace(/[^\w-]+/g, '_').slice(0, 64) : '';
  return /[^_]/.test(name) ? name : 'output';
}

const MAX_DEPTH = 10;

const KEYWORDS: ReadonlySet<string> = new Set([
  '$defs',
  '$ref',
  '$schema',
  'additionalProperties',
  'anyOf',
  'const',
  'definitions',
  'description',
  'enum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'format',
  'items',
  'maxItems',
  'maximum',
  'minItems',
  'minimum',
  'multipleOf',
  'pattern',
  'properties',
  'required',
  'title',
  'type',
]);

const FORMATS: ReadonlySet<unknown> = new Set([
  'date',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'time',
  'uuid',
]);

function isStrictNode(value: unknown, depth: number): boolean {
  const node = asObject(value);
  if (!node || depth > MAX_DEPTH || !Object.keys(node).every((keyword) => KEYWORDS.has(keyword))) return false;
  if ('$ref' in node) return Object.keys(node).length === 1;
  if ('format' in node && !FORMATS.has(node['format'])) return false;
  if (!['type', 'anyOf', 'enum', 'const'].some((keyword) => keyword in node)) return false;
  const children = [...Object.values(asObject(node['properties']) ?? {}), ...asArray(node['anyOf'])];
  return isClosed(node) && hasTypedItems(node, depth) && children.every((child) => isStrictNode(child, depth + 1));
}

/** Every property is required, and no other is allowed. */
function isClosed(node: Readonly<Record<string, unknown>>): boolean {
  if (!hasType(node, 'object')) return true;
  const required = new Set(asArray(node['required']));
  const names = Object.keys(asObject(node['properties']) ?? {});
  return node['additionalProperties'] === false && names.every((name) => required.has(name));
}

function hasTypedItems(node: Readonly<Record<string, unknown>>, depth: number): boolean {
  return !hasType(node, 'array') || isStrictNode(node['items'], depth + 1);
}

function hasType({ type }: Readonly<Record<string, unknown>>, name: string): boolean {
  return type === name || asArray(type).includes(name);
}
