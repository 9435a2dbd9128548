import { z } from '@hono/zod-openapi';
import type { JsonValue } from '@reprise/providers';

/** A name that stands in a path: of a session, a run, a snapshot, a tenant, an agent. Two dots alone would be a step up. */
export const NAME: RegExp = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}$/;

export const name: z.ZodType<string> = z.string().regex(NAME);

/** Epoch milliseconds. */
export const time: z.ZodType<number> = z.int().openapi({ description: 'Epoch milliseconds.' });

/** A number of things: 0 or more. */
export const count: z.ZodType<number> = z.int().nonnegative();

/** Money as JSON has it: a text of picoUSD, 10⁻¹² US dollars. */
export const picoUsd: z.ZodType<string> = z
  .string()
  .regex(/^-?\d+$/)
  .openapi({ description: 'Money, as a text of 10⁻¹² US dollars.', example: '1250000000' });

/** A count that a vendor may leave out. Not reported is not zero. */
export const tokenCount: z.ZodType<number | 'not-reported'> = z.union([count, z.literal('not-reported')]);

/** Anything that JSON has. */
export const json: z.ZodType<JsonValue> = describing<JsonValue>(z.unknown().openapi({ description: 'Any JSON.' }));

/** A whole number in a query, as text. */
export function queryNumber({
  min,
  max,
}: {
  readonly min: number;
  readonly max: number;
}): z.ZodType<number | undefined> {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'a whole number is expected')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a number from ${min} to ${max} is expected`)
    .optional()
    .openapi({ type: 'integer', minimum: min, maximum: max });
}

/** A query that may be given several times, as a list. */
export function queryList(item: z.ZodType<string>, max: number): z.ZodType<readonly string[] | undefined> {
  return z
    .union([item, z.array(item).max(max)])
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .optional()
    .openapi({ type: 'array', items: { type: 'string' }, maxItems: max });
}

/** What a schema describes that has a name of its own, or `null`: to `nullable` the generator would put the name and null side by side. */
export function orNull<Body>(schema: z.ZodType<Body>): z.ZodType<Body | null> {
  return z.union([schema, z.null()]);
}

/** A page of a list. */
export interface PageBody<Item> {
  readonly items: readonly Item[];
  /** What to give as `after` for the next page; `null` on the last one. */
  readonly next: string | null;
}

export function pageOf<Item>(item: z.ZodType<Item>): z.ZodType<PageBody<Item>> {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().openapi({ description: 'Give it as `after` for the next page; null on the last one.' }),
  });
}

/**
 * A schema as one of a type with optional fields: in zod's own, such a field may be there and `undefined`, which no JSON has. That the two agree
 * otherwise is what the tests compare answers with.
 */
export function describing<Body>(schema: z.ZodType<unknown>): z.ZodType<Body> {
  return schema as z.ZodType<Body>;
}
