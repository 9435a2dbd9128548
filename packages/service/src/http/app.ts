import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type Caller, EVERY_TENANT, isName } from './caller.ts';
import { HttpProblem } from './http-problem.ts';

/** What is known of a request by the time its route has it. */
export interface HttpEnv {
  readonly Variables: {
    readonly caller: Caller;
    /** Whose sessions are asked for: the caller's own, or those that an operator has named; `*` for all. */
    readonly tenant: string;
  };
}

export type App = OpenAPIHono<HttpEnv>;

/** Whose sessions a request is about. Throws an `HttpProblem` for others than the caller may see. */
export function tenantAsked(c: Context, caller: Caller): string {
  const asked = c.req.query('tenant');
  if (asked === undefined || asked === caller.tenant) return caller.tenant;
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
  if (!caller.isOperator || !isRead) {
    const detail = isRead
      ? 'Only an operator may read what belongs to another tenant.'
      : 'What belongs to another tenant can only be read.';
    throw new HttpProblem({ status: 403, code: 'service/forbidden', detail });
  }
  if (asked === EVERY_TENANT || isName(asked)) return asked;
  throw new HttpProblem({
    status: 400,
    code: 'service/invalid-request',
    detail: 'The query `tenant` is no name of a tenant.',
  });
}
