import { createRoute, z } from '@hono/zod-openapi';
import { csvRenderer, htmlRenderer, type ReportScope, reportOnStore } from '@reprise/audit';
import { clientSessionId } from '../../wire/client-session.ts';
import type { App } from '../app.ts';
import { EVERY_TENANT, sessionPrefix } from '../caller.ts';
import { streamText } from '../event-stream.ts';
import { invalidRequest } from '../http-problem.ts';
import { queryNumber } from '../schemas/fields.ts';
import { type StatementKey, statementSchema } from '../schemas/statement.ts';
import type { HttpService } from '../service.ts';
import { type StatementAsked, tenantStatement } from '../tenant-statement.ts';
import { tenantQuery, typeWanted } from './parameters.ts';

const TYPES = ['application/json', 'text/csv', 'text/html'] as const;
const MAX_TIME = 8.64e15;
const KEYS: readonly StatementKey[] = ['day', 'model', 'session', 'tenant'];

const read = createRoute({
  method: 'get',
  path: '/v1/statement',
  operationId: 'readStatement',
  summary: 'What the turns of all sessions cost, and what their caches saved',
  description:
    'As JSON, or with `Accept: text/csv` or `text/html` as a report; a report is by one of day, model and session.',
  tags: ['Money'],
  request: {
    query: tenantQuery.extend({
      by: z.string().max(40).optional().openapi({
        description:
          'What the turns of a group have in common: day, model, session, tenant; several with commas between. Default: day.',
        example: 'day,model',
      }),
      since: queryNumber({ min: 0, max: MAX_TIME }),
      until: queryNumber({ min: 0, max: MAX_TIME }),
      timeZone: z.string().max(64).optional().openapi({ description: 'Whose days.', example: 'Europe/Berlin' }),
    }),
  },
  responses: {
    200: {
      description: 'The statement. Money is text of picoUSD.',
      content: {
        'application/json': { schema: statementSchema },
        'text/csv': { schema: z.string() },
        'text/html': { schema: z.string() },
      },
    },
  },
});

export function mountStatement(app: App, service: HttpService): void {
  app.openapi(read, async (c) => {
    const type = typeWanted(c, TYPES);
    const { by, since, until, timeZone } = c.req.valid('query');
    const asked = { tenant: c.var.tenant, by: statementKeys(by), since, until, timeZone };
    if (type === 'application/json') return c.json(await tenantStatement(service.store, asked), 200);
    return report(service, asked, { type, client: c.req.raw.signal });
  });
}

function statementKeys(by = 'day'): readonly StatementKey[] {
  const keys = by.split(',').map((word) => KEYS.find((key) => key === word.trim()));
  const known = keys.filter((key) => key !== undefined);
  if (known.length === keys.length) return [...new Set(known)];
  throw invalidRequest(`The query \`by\` names something else than ${KEYS.join(', ')}.`);
}

interface ReportTerms {
  readonly type: 'text/csv' | 'text/html';
  readonly client: AbortSignal;
}

/** The report as it is made: a session at a time, while the client takes it. */
function report(
  service: HttpService,
  { tenant, by, since, until, timeZone }: StatementAsked,
  terms: ReportTerms,
): Response {
  const [only] = by;
  if (only === undefined || only === 'tenant' || by.length > 1) {
    throw invalidRequest('A report is by one of day, model and session; ask for JSON for anything else.');
  }
  if (timeZone !== undefined && timeZone !== 'UTC') {
    throw invalidRequest('The days of a report are those of UTC; ask for JSON for other zones.');
  }
  const { type, client } = terms;
  const scope: ReportScope = {
    madeAt: service.timers.clock(),
    since,
    until,
    by: only,
    sessionIds: undefined,
    sources: [{ path: tenant === EVERY_TENANT ? 'all tenants' : tenant, kind: 'store' }],
  };
  const renderer = type === 'text/csv' ? csvRenderer(scope) : htmlRenderer(scope);
  const nameOf = tenant === EVERY_TENANT ? {} : { nameOf: clientSessionId };
  const pieces = () =>
    reportOnStore(service.store, { scope, renderer, sessionPrefix: sessionPrefix(tenant), ...nameOf });
  return streamText(service, client, pieces, { 'Content-Type': `${type}; charset=utf-8`, ...REPORT_HEADERS[type] });
}

/** A page of the service's own origin gets no rights of it. */
const REPORT_HEADERS: Readonly<Record<ReportTerms['type'], Readonly<Record<string, string>>>> = {
  'text/csv': { 'Content-Disposition': 'attachment; filename="statement.csv"' },
  'text/html': { 'Content-Security-Policy': 'sandbox allow-scripts' },
};
