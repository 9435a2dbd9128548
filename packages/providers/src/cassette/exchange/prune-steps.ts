import { inspect } from 'node:util';
import { asObject, type JsonValue } from '../../json.ts';
import { CassetteError } from '../cassette-error.ts';
import { fieldsOf, mapItems } from '../exact-json.ts';
import { holdsCounts } from './counters.ts';

/**
 * What is taken out of an answer before it is stored: a field, by its path from the top of a JSON value (`response.tools`,
 * `choices[*].logprobs`, with `[*]` for every item of a list); what a pattern finds in its texts; or whatever a function leaves out.
 */
export type PruneStep =
  | { readonly drop: string }
  | { readonly replace: RegExp; readonly by: string }
  | ((value: JsonValue) => JsonValue);

const EVERY_ITEM = '[*]';

/** A value after one step. */
export function applyStep(value: JsonValue, step: PruneStep): JsonValue {
  if (typeof step === 'function') return step(value);
  if ('drop' in step) return dropField(value, splitPath(step.drop));
  return replaceText(value, step);
}

/**
 * Throws for a step that cannot work: a `RangeError` for what is no step, such as a path that cannot be read, and
 * `cassette/count-pruned` for one into a vendor's counts.
 */
export function checkStep(step: PruneStep): void {
  if (!isStep(step)) {
    throw new RangeError(
      `prune has ${inspect(step)}; expected { drop: 'path' }, { replace: /pattern/, by: 'text' } or a function.`,
    );
  }
  if (typeof step === 'function' || !('drop' in step)) return;
  const names = splitPath(step.drop);
  if (names.at(-1) === EVERY_ITEM || !names.every((name) => name === EVERY_ITEM || /^[^[\]]+$/.test(name))) {
    throw new RangeError(`prune has drop: ${JSON.stringify(step.drop)}; expected a path such as choices[*].logprobs.`);
  }
  if (names.some(holdsCounts)) throw countPrunedError(step.drop);
}

function isStep(step: unknown): boolean {
  if (typeof step === 'function') return true;
  const { drop, replace, by } = asObject(step) ?? {};
  return typeof drop === 'string' || (replace instanceof RegExp && typeof by === 'string');
}

/** That a step would change what a vendor counted. */
export function countPrunedError(path: string): CassetteError {
  return new CassetteError(
    'cassette/count-pruned',
    `prune would change ${path}, which a vendor counted; counts are kept as they came, so leave that field out of it.`,
  );
}

function splitPath(path: string): readonly string[] {
  const names = path.replaceAll(EVERY_ITEM, `.${EVERY_ITEM}`).split('.');
  return path.startsWith(EVERY_ITEM) ? names.slice(1) : names;
}

function dropField(value: JsonValue, [name = '', ...rest]: readonly string[]): JsonValue {
  if (name === EVERY_ITEM) return Array.isArray(value) ? mapItems(value, (item) => dropField(item, rest)) : value;
  const fields = fieldsOf(value);
  const field = fields?.[name];
  if (fields === undefined || field === undefined) return value;
  if (rest.length > 0) return { ...fields, [name]: dropField(field, rest) };
  const { [name]: _, ...kept } = fields;
  return kept;
}

function replaceText(value: JsonValue, step: { readonly replace: RegExp; readonly by: string }): JsonValue {
  if (typeof value === 'string') return value.replace(step.replace, step.by);
  return mapItems(value, (item) => replaceText(item, step));
}
