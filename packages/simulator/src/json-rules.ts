import type { z } from 'zod';

/** Rules of a JSON text. `what` names them in the `TypeError` thrown for the first field that is not as it should be. */
export function parseRules<Rules>(json: string, schema: z.ZodType<Rules>, what: string): Rules {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new TypeError(`The ${what} are no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TypeError(
    `The ${what} are not as they should be at ${['rules', ...(issue?.path ?? [])].join('.')}: ${issue?.message}`,
  );
}
