/**
 * What a tool takes: as JSON Schema for the model, and as a check of what the model wrote.
 *
 * Owns: the bytes of the schema, and the words for arguments that do not fit.
 * Leaves to the schema library, or to Ajv for a plain JSON Schema: what fits.
 *
 * J1. Two schemas that say the same with their keys in another order are the same bytes. A tool's schema stands at the very front of what
 *     a vendor caches: it must not move with a release of a schema library, or with the order in which a server lists its properties.
 */

import { asObject, type JsonObject, type JsonValue } from '@reprise/providers';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { AgentError } from '../errors.ts';
import { schemaFault } from './check-schema.ts';

/** A schema that can both validate and describe itself: of zod 4.2 or ArkType, or of Valibot through its `toStandardJsonSchema`. */
export type ToolInputSchema<Input> = StandardSchemaV1<unknown, Input> & StandardJSONSchemaV1;

/** The model's arguments do not fit the tool's schema. */
export class ToolInputError extends Error {
  override readonly name = 'ToolInputError';
}

/** A tool's input, ready for both its readers. */
export interface ToolInput<Input> {
  /** An object schema, in its canonical form. */
  readonly schema: JsonObject;
  /** The arguments as the tool gets them. Rejects with a `ToolInputError` if they do not fit. */
  check(input: JsonValue): Promise<Input>;
}

/** Throws `agent/invalid-option` for a schema that cannot describe itself, is none, or does not describe an object. */
export function readInputSchema<Input>(tool: string, input: ToolInputSchema<Input> | JsonObject): ToolInput<Input> {
  if (!isStandard(input)) {
    const fault = schemaFault(input);
    if (fault !== undefined) throw invalid(tool, `${fault}.`);
    return { schema: canonicalSchema(tool, input), check: checkWithAjv(tool, input) };
  }
  const schema = canonicalSchema(tool, describe(tool, input));
  return {
    schema,
    async check(value) {
      const checked = await input['~standard'].validate(value);
      if (checked.issues) throw misfit(checked.issues.map(wordsOfIssue));
      return checked.value;
    },
  };
}

function isStandard<Input>(input: ToolInputSchema<Input> | JsonObject): input is ToolInputSchema<Input> {
  // A schema may be a function, and callers without types may give anything.
  return (typeof input === 'function' || asObject(input) !== undefined) && '~standard' in input;
}

function describe<Input>(tool: string, { '~standard': standard }: ToolInputSchema<Input>): JsonObject {
  const { vendor, jsonSchema } = standard;
  if (!asObject(jsonSchema)) {
    const remedy = REMEDIES[vendor] ?? 'use a schema with `~standard.jsonSchema`, or give the JSON Schema itself';
    throw invalid(tool, `is a schema of ${vendor} that cannot describe itself as JSON Schema; ${remedy}.`);
  }
  try {
    // Standard JSON Schema promises JSON but types it loosely.
    return jsonSchema.input({ target: 'draft-2020-12' }) as JsonObject;
  } catch (cause) {
    throw invalid(tool, `cannot be written as JSON Schema: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  valibot: 'wrap it: toStandardJsonSchema(schema), from @valibot/to-json-schema',
  zod: 'zod can from 4.2 on',
};

function invalid(tool: string, words: string, cause?: unknown): AgentError {
  return new AgentError('agent/invalid-option', `The input of tool ${tool} ${words}`, { cause });
}

/** The schema as every vendor takes it: of an object, with its properties named even where there are none, and without its dialect. */
function canonicalSchema(tool: string, { $schema: _dialect, ...schema }: JsonObject): JsonObject {
  if (schema['type'] !== 'object') {
    throw invalid(
      tool,
      `has the type ${JSON.stringify(schema['type'])}; vendors take arguments of type "object" only.`,
    );
  }
  return canonicalObject({ properties: {}, ...schema });
}

function canonicalObject(object: JsonObject, isData = false): JsonObject {
  const entries = Object.entries(object).flatMap(([key, value]) => {
    // A library may leave a field there with nothing in it.
    if (value === undefined) return [];
    // `required` is a set; other lists have an order that says something, or are data.
    const isSet = key === 'required' && !isData && isTexts(value);
    return [[key, isSet ? value.toSorted() : canonicalValue(value, isData || DATA.has(key))] as const];
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Keywords whose values are what arguments may be, and no schemas. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);

function canonicalValue(value: JsonValue, isData: boolean): JsonValue {
  if (isList(value)) return value.map((item) => canonicalValue(item, isData));
  return typeof value === 'object' && value !== null ? canonicalObject(value, isData) : value;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isTexts(value: JsonValue): value is readonly string[] {
  return isList(value) && value.every((item) => typeof item === 'string');
}

/** Loads Ajv and compiles with the first call: most tools of a server are never called. */
function checkWithAjv<Input>(tool: string, schema: JsonObject): ToolInput<Input>['check'] {
  let validator: Promise<ValidateFunction<Input>> | undefined;
  return async (input) => {
    validator ??= compile(tool, schema);
    const validate = await validator;
    if (validate(input)) return input;
    throw misfit((validate.errors ?? []).map(wordsOfError));
  };
}

async function compile<Input>(
  tool: string,
  { $schema: dialect, ...schema }: JsonObject,
): Promise<ValidateFunction<Input>> {
  // Formats are a hint for whoever writes a value: their check is optional since 2019-09, and each validator knows others.
  const options = { strict: false, allErrors: true, validateFormats: false, validateSchema: false } as const;
  const isOlder = typeof dialect === 'string' && /draft-0[4-7]/.test(dialect);
  const Validator = isOlder ? (await import('ajv')).Ajv : (await import('ajv/dist/2020.js')).Ajv2020;
  try {
    // One instance for each schema, so that two may name themselves alike with `$id`.
    return new Validator(options).compile<Input>(schema);
  } catch (cause) {
    throw invalid(tool, `is no JSON Schema: ${cause instanceof Error ? cause.message : cause}.`, cause);
  }
}

/** How many of the places that do not fit are named. */
const MAX_ISSUES = 20;

function misfit(issues: readonly string[]): ToolInputError {
  const rest = issues.length - MAX_ISSUES;
  const named = issues.slice(0, MAX_ISSUES).join('; ');
  return new ToolInputError(rest > 0 ? `${named}; and ${rest} more` : named);
}

function wordsOfIssue({ path = [], message }: StandardSchemaV1.Issue): string {
  return withPath(
    path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)),
    message,
  );
}

function wordsOfError({ instancePath, keyword, message = keyword, params }: ErrorObject): string {
  const path = instancePath.split('/').slice(1);
  const names = path.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  const detail = DETAILS[keyword]?.(params);
  return withPath(names, detail === undefined ? message : `${message}: ${detail}`);
}

/** What Ajv leaves out of its messages, and a model needs to do better. */
const DETAILS: Readonly<Record<string, (params: ErrorObject['params']) => string>> = {
  additionalProperties: (params) => params['additionalProperty'],
  const: (params) => JSON.stringify(params['allowedValue']),
  enum: (params) => JSON.stringify(params['allowedValues']),
  unevaluatedProperties: (params) => params['unevaluatedProperty'],
};

function withPath(path: readonly string[], message: string): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}
