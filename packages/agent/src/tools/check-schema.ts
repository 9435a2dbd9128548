import { asArray, asObject } from '@reprise/providers';
import { describe } from '../content-blocks.ts';

/**
 * What is surely wrong with a JSON Schema, in words that follow its name, and where; `undefined` if nothing is seen. Every vendor refuses each
 * request with a tool whose schema is none. What takes more than a look is left to whoever compiles it.
 */
export function schemaFault(schema: unknown, path: readonly string[] = []): string | undefined {
  const fields = asObject(schema);
  const at = path.length === 0 ? '' : ` at ${path.join('.')}`;
  if (!fields)
    return typeof schema === 'boolean' ? undefined : `has ${describe(schema)}${at} in place of a JSON Schema`;
  for (const [name, value] of Object.entries(fields)) {
    const expected = value === undefined ? undefined : expectedOf(name, value);
    if (expected !== undefined) return `has ${name} ${JSON.stringify(value)}${at}; ${expected}`;
    for (const [step, within] of schemasWithin(name, value)) {
      const fault = schemaFault(within, [...path, name, ...step]);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

const TYPES: readonly unknown[] = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];

/** What should stand there instead; `undefined` if nothing should. */
function expectedOf(name: string, value: unknown): string | undefined {
  if (name === 'type') {
    const types = Array.isArray(value) ? asArray(value) : [value];
    return types.length > 0 && types.every((type) => TYPES.includes(type))
      ? undefined
      : `${TYPES.join(', ')} or a list of these is expected`;
  }
  if (name === 'required') {
    const isTexts = Array.isArray(value) && asArray(value).every((item) => typeof item === 'string');
    return isTexts ? undefined : 'a list of names is expected';
  }
  if (name === 'enum' || LISTS.has(name)) return Array.isArray(value) ? undefined : 'a list is expected';
  return MAPS.has(name) && !asObject(value) ? 'an object is expected' : undefined;
}

/** Keywords whose values are schemas by name, schemas in a list, or one schema. */
const MAPS: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);
const LISTS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const SINGLES: ReadonlySet<string> = new Set([
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
]);

function schemasWithin(name: string, value: unknown): readonly (readonly [step: readonly string[], schema: unknown])[] {
  if (MAPS.has(name)) return Object.entries(asObject(value) ?? {}).map(([key, schema]) => [[key], schema]);
  // Older dialects have `items` as a list, too.
  const isList = LISTS.has(name) || (name === 'items' && Array.isArray(value));
  if (isList) return asArray(value).map((schema, index) => [[String(index)], schema]);
  return SINGLES.has(name) && value !== undefined ? [[[], value]] : [];
}
