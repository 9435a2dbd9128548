import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** Rules of a JSON text. `what` names them in the `TypeError` thrown for the first field that is not as it should be. */
export function parseRules<Rules>(json: string, schema: z.ZodType<Rules>, what: string): Rules {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new TypeError(`The ${what} are no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return checkRules(value, schema, what);
}

/** The same of rules that are a value already. */
export function checkRules<Rules>(value: unknown, schema: z.ZodType<Rules>, what: string): Rules {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { path, message } = issue ? innermost(issue) : { path: [], message: 'unknown' };
  throw new TypeError(
    `The ${what} are not as they should be at ${['rules', ...path].join('.')}: ${message.replace(/\.$/, '')}.`,
  );
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Of a value that may be several things: what is wrong in the one that it is meant to be, where that can be told. */
function innermost({ path, message, ...issue }: z.core.$ZodIssue): Problem {
  const meant =
    issue.code === 'invalid_union'
      ? issue.errors.flat().find((each) => each.path.length > 0 || each.code === 'unrecognized_keys')
      : undefined;
  if (!meant) return { path, message };
  const inner = innermost(meant);
  return { path: [...path, ...inner.path], message: inner.message };
}

/** The text of a file of rules. Throws a `TypeError` if it cannot be read. */
export function readRulesFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TypeError(`${unreadable(path, what, cause)}.`, { cause });
  }
}

function unreadable(path: string, what: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `There is no file ${path} for the ${what}`;
  const why = code === 'EISDIR' ? 'it is a folder' : String(cause instanceof Error ? cause.message : cause);
  return `The ${what} cannot be read from ${path}: ${why}`;
}
