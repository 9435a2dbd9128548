import { asObject, type JsonObject, type JsonValue } from '@reprise/providers';

/**
 * The schema with every object closed that does not say whether it is: libraries leave what they would ignore open, and vendors hold an
 * answer to closed objects only (Anthropic and OpenAI, structured outputs, 2026).
 */
export function closeObjects(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).map(([key, value]) => [key, closeUnder(key, value)]);
  const isOpen = schema['type'] === 'object' && asObject(schema['properties']) && !('additionalProperties' in schema);
  return { ...Object.fromEntries(entries), ...(isOpen ? { additionalProperties: false } : {}) };
}

/** Keywords whose values are no schemas. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);

/** Keywords whose values are schemas by name. */
const NAMED: ReadonlySet<string> = new Set(['$defs', 'definitions', 'patternProperties', 'properties']);

function closeUnder(keyword: string, value: JsonValue): JsonValue {
  if (DATA.has(keyword) || typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((item) => closeUnder('', item));
  if (!NAMED.has(keyword)) return closeObjects(value);
  return Object.fromEntries(Object.entries(value).map(([name, named]) => [name, closeUnder('', named)]));
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
