import { createRoute, z } from '@hono/zod-openapi';
import { csvRenderer, htmlRenderer, type ReportScope, reportOnStore } from '@reprise/audit';
import type { SessionId } from '@reprise/checkpoint';
import { clientSessionId } from '../../wire/client-session.ts';
import type { App } from '../app.ts';
import { EVERY_TENANT, tenantOf } from '../caller.ts';
import { streamText } from '../event-stream.ts';
import { invalidRequest } from '../http-problem.ts';
import { type StatementKey, statementSchema } from '../schemas/statement.ts';
import type { HttpService } from '../service.ts';
import { type StatementAsked, tenantStatement } from '../tenant-statement.ts';
import { turnRange } from '../turn-selection.ts';
import { selectionQuery, typeWanted } from './parameters.ts';

const TYPES = ['application/json', 'text/csv', 'text/html'] as const;
const KEYS: readonly StatementKey[] = ['day', 'model', 'session', 'tenant'];

const read = createRoute({
  method: 'get',
  path: '/v1/statement',
  operationId: 'readStatement',
  summary: 'What the turns of all sessions cost, and what their caches saved',
  description:
    'As JSON, or with `Accept: text/csv` or `text/html` as a report, which is by one of day, model, session and tenant.',
  tags: ['Money'],
  request: {
    query: selectionQuery.extend({
      by: z.string().max(40).optional().openapi({
        description:
          'What the turns of a group have in common: day, model, session, tenant; several with commas between. Default: day.',
        example: 'day,model',
      }),
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
    const { by, since, until, timeZone, model: models, session: sessions } = c.req.valid('query');
    const asked = { tenant: c.var.tenant, by: statementKeys(by), since, until, models, sessions, timeZone };
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
function report(service: HttpService, asked: StatementAsked, { type, client }: ReportTerms): Response {
  const { tenant, by, timeZone } = asked;
  const [only] = by;
  if (only === undefined || by.length > 1) {
    throw invalidRequest('A report is by one of day, model, session and tenant; ask for JSON for several.');
  }
  const { sessionPrefix, sessionIds, since, until, models } = turnRange(asked);
  const scope: ReportScope = {
    madeAt: service.timers.clock(),
    since,
    until,
    models,
    timeZone,
    // A tenant is told by the ids of its sessions.
    ...(only === 'tenant' ? { by: 'session', groupsAre: 'tenant' } : { by: only }),
    sessionIds,
    sources: [{ path: tenant === EVERY_TENANT ? 'all tenants' : tenant, kind: 'store' }],
  };
  const renderer = type === 'text/csv' ? csvRenderer(scope) : htmlRenderer(scope);
  const nameOf = only === 'tenant' ? tenantOf : tenant === EVERY_TENANT ? wholeId : clientSessionId;
  const pieces = () => reportOnStore(service.store, { scope, renderer, sessionPrefix, nameOf });
  return streamText(service, client, pieces, { 'Content-Type': `${type}; charset=utf-8`, ...REPORT_HEADERS[type] });
}

function wholeId(id: SessionId): string {
  return id;
}

/** A page of the service's own origin gets no rights of it. */
const REPORT_HEADERS: Readonly<Record<ReportTerms['type'], Readonly<Record<string, string>>>> = {
  'text/csv': { 'Content-Disposition': 'attachment; filename="statement.csv"' },
  'text/html': { 'Content-Security-Policy': 'sandbox allow-scripts' },
};
