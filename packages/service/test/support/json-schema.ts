import fc from 'fast-check';
import { z } from 'zod';
import type { JsonSchema } from './operations.ts';

type Schemas = Readonly<Record<string, JsonSchema>>;

/** What a value of the described type looks like to zod, as the service's own description says. */
export function validatorOf(schema: JsonSchema, schemas: Schemas): z.ZodType {
  const $defs = Object.fromEntries(
    Object.entries(schemas).map(([name, each]) => [name, asSchema(withLocalRefs(each))]),
  );
  // Only JSON comes in here, and what is no schema of it makes the test fail.
  return z.fromJSONSchema({ ...asSchema(withLocalRefs(schema)), $defs } as Parameters<typeof z.fromJSONSchema>[0]);
}

/** References to the components of a document as references within one schema. */
function withLocalRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLocalRefs);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === '$ref' && typeof each === 'string'
        ? each.replace('#/components/schemas/', '#/$defs/')
        : withLocalRefs(each),
    ]),
  );
}

/** Values that a description allows, and now and then one that it does not. */
export function valuesOf(schema: JsonSchema, schemas: Schemas, depth = 0): fc.Arbitrary<unknown> {
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('', '\u0000', '\ud83d', '__proto__', -1, 1e308, null));
  return fc.oneof({ arbitrary: plannedValues(schema, schemas, depth), weight: 12 }, { arbitrary: odd, weight: 1 });
}

function plannedValues(schema: JsonSchema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf, properties, items, type, pattern, additionalProperties } = schema;
  const values = asArray(schema['enum']) ?? ('const' in schema ? [schema['const']] : undefined);
  if (depth > 6) return fc.constant(null);
  if (typeof $ref === 'string') return valuesOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas, depth + 1);
  const choices = asArray(anyOf) ?? asArray(oneOf);
  if (choices) return fc.oneof(...choices.map((each) => valuesOf(asSchema(each), schemas, depth + 1)));
  if (values) return fc.constantFrom(...values);
  if (typeof properties === 'object' && properties !== null) {
    const required = asArray(schema['required']) ?? [];
    const fields = Object.entries(properties).map(([name, each]): [string, fc.Arbitrary<unknown>] => {
      const values = valuesOf(asSchema(each), schemas, depth + 1);
      return [name, required.includes(name) ? values : fc.option(values, { nil: undefined })];
    });
    return fc.record(Object.fromEntries(fields));
  }
  switch (type) {
    case 'string':
      return typeof pattern === 'string' ? namesAndTexts : fc.oneof(namesAndTexts, base64);
    case 'integer':
    case 'number':
      return fc.oneof(fc.nat(1000), fc.integer(), fc.double({ noNaN: true }));
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valuesOf(asSchema(items), schemas, depth + 1), { maxLength: 4 });
    case 'object':
      return fc.dictionary(fc.string(), valuesOf(asSchema(additionalProperties), schemas, depth + 1), { maxKeys: 4 });
    default:
      return fc.jsonValue({ maxDepth: 3 });
  }
}

const namesAndTexts = fc.oneof(
  fc.constantFrom('trip', 'other', 'r', 'm', 'a'.repeat(128)),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
);

const base64 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64'));

function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
