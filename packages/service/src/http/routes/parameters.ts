import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { chooseType } from '../accept.ts';
import type { HttpEnv } from '../app.ts';
import { HttpProblem, invalidRequest } from '../http-problem.ts';
import { NAME, name, queryList, queryNumber } from '../schemas/fields.ts';

/** What a body or an answer is that is JSON. */
export function jsonContent<Schema extends z.ZodType>(
  schema: Schema,
): { readonly 'application/json': { readonly schema: Schema } } {
  return { 'application/json': { schema } };
}

/** A name that stands in a path. */
export function pathName(parameter: string): z.ZodString {
  return z
    .string()
    .regex(NAME)
    .openapi({ param: { name: parameter, in: 'path' } });
}

export const sessionPath: z.ZodObject<{ session: z.ZodString }> = z.object({ session: pathName('session') });

export const runPath: z.ZodObject<{ session: z.ZodString; run: z.ZodString }> = sessionPath.extend({
  run: pathName('run'),
});

export const snapshotPath: z.ZodObject<{ session: z.ZodString; snapshot: z.ZodString }> = sessionPath.extend({
  snapshot: pathName('snapshot'),
});

export const approvalPath: z.ZodObject<{ session: z.ZodString; approval: z.ZodString }> = sessionPath.extend({
  // The hash of an act, as the agent names it.
  approval: z
    .string()
    .regex(/^[A-Za-z0-9:._~-]{1,128}$/)
    .openapi({ param: { name: 'approval', in: 'path' } }),
});

/** Operators alone may name another tenant; see `tenantAsked`. */
export const tenantQuery: z.ZodObject<{ tenant: z.ZodOptional<z.ZodString> }> = z.object({
  tenant: z.string().optional().openapi({ description: 'For operators: another tenant, or `*` for all in lists.' }),
});

const MAX_TIME = 8.64e15;

/** Which turns a question about money is over; see `TurnSelection`. */
export const selectionQuery: z.ZodObject<{
  tenant: z.ZodOptional<z.ZodString>;
  since: z.ZodType<number | undefined>;
  until: z.ZodType<number | undefined>;
  model: z.ZodType<readonly string[] | undefined>;
  session: z.ZodType<readonly string[] | undefined>;
}> = tenantQuery.extend({
  since: queryNumber({ min: 0, max: MAX_TIME }),
  until: queryNumber({ min: 0, max: MAX_TIME }),
  model: queryList(z.string().max(200), 50).openapi({
    description: 'Only turns of this model; several times for several.',
  }),
  session: queryList(name, 100).openapi({ description: 'Only turns of this session; several times for several.' }),
});

const MAX_PAGE = 200;

/** What lists are asked with. */
export const pageQuery: z.ZodObject<{
  tenant: z.ZodOptional<z.ZodString>;
  search: z.ZodOptional<z.ZodString>;
  limit: z.ZodType<number | undefined>;
  after: z.ZodOptional<z.ZodString>;
}> = tenantQuery.extend({
  search: z.string().max(200).optional().openapi({ description: 'Only what has this text, in either case.' }),
  limit: queryNumber({ min: 1, max: MAX_PAGE }),
  after: z.string().max(100).optional().openapi({ description: 'The `next` of the page before.' }),
});

/** A place in a list that is counted from its beginning. */
function placeIn(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalidRequest(`The query \`${name}\` is no \`next\` of a page.`);
}

const DEFAULT_PAGE = 50;

/** What lists that are counted from their beginning can be asked for by. */
export const placeQuery: { readonly after: z.ZodOptional<z.ZodString>; readonly before: z.ZodOptional<z.ZodString> } = {
  after: z.string().max(20).optional().openapi({ description: 'The `next` of the page before.' }),
  before: z.string().max(20).optional().openapi({
    description: 'The `previous` of the page behind, or `end` for the last page.',
  }),
};

/** A part of a list, with what to ask the parts around it with. */
export interface Cut<Item> {
  readonly items: readonly Item[];
  /** The place of the first. */
  readonly start: number;
  readonly total: number;
  /** `null` at the end. */
  readonly next: string | null;
  /** `null` at the beginning. */
  readonly previous: string | null;
}

/** Cuts the part out of a list that a query asks for. Throws an `HttpProblem` for a query that is none. */
export function cutOf({
  after,
  before,
  limit = DEFAULT_PAGE,
}: {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
}): <Item>(all: readonly Item[]) => Cut<Item> {
  if (after !== undefined && before !== undefined) {
    throw invalidRequest('The queries `after` and `before` exclude each other.');
  }
  const from = placeIn(after, 'after') ?? 0;
  const upTo = before === 'end' ? Number.POSITIVE_INFINITY : placeIn(before, 'before');
  return (all) => {
    const total = all.length;
    const end = Math.min(upTo ?? from + limit, total);
    const start = upTo === undefined ? Math.min(from, total) : Math.max(end - limit, 0);
    const next = end < total ? `${end}` : null;
    return { items: all.slice(start, end), start, total, next, previous: start > 0 ? `${start}` : null };
  };
}

/** The name that a client gives a request, so that it can send it again. Throws an `HttpProblem` for one that is none. */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new HttpProblem({
    status: 400,
    code: 'service/invalid-request',
    detail: 'The Idempotency-Key has to be 1 to 255 characters of ASCII, without spaces.',
  });
}

export const idempotencyHeader: z.ZodObject<{ 'Idempotency-Key': z.ZodOptional<z.ZodString> }> = z.object({
  'Idempotency-Key': z.string().optional().openapi({
    description: 'Names the request: sent again with the same one, it does nothing twice.',
  }),
});

/** The type of answer that the client likes best. Throws an `HttpProblem` where it likes none. */
export function typeWanted<Type extends string>(c: Context<HttpEnv>, types: readonly Type[]): Type {
  const type = chooseType(c.req.header('accept'), types);
  if (type) return type;
  const detail = `This can be answered as ${types.join(' or ')}.`;
  throw new HttpProblem({ status: 406, code: 'service/not-acceptable', detail });
}

/** The number of the last event that a client has, as it says; 0 unless it does. Throws an `HttpProblem`. */
export function eventNumber(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalidRequest(`'${text.slice(0, 40)}' is no number of an event.`);
}
