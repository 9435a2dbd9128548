import { createRoute, z } from '@hono/zod-openapi';
import type { TurnRow } from '@reprise/checkpoint';
import type { JsonValue } from '@reprise/providers';
import { clientSessionId } from '../../wire/client-session.ts';
import type { App } from '../app.ts';
import { queryNumber } from '../schemas/fields.ts';
import { type TurnBody, turnPageSchema } from '../schemas/turn.ts';
import type { HttpService } from '../service.ts';
import { requireSession } from '../sessions.ts';
import { cutOf, jsonContent, placeQuery, sessionPath, tenantQuery } from './parameters.ts';

const readTurns = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/turns',
  operationId: 'listTurns',
  summary: "Read the session's ledger, oldest turn first",
  tags: ['Money'],
  request: {
    params: sessionPath,
    query: tenantQuery.extend({
      scope: z.enum(['branch', 'lifetime']).optional().openapi({
        description: 'The branch it is on (default), or all turns that it has committed.',
      }),
      limit: queryNumber({ min: 1, max: 1000 }),
      ...placeQuery,
    }),
  },
  responses: { 200: { description: 'A page of ledger rows.', content: jsonContent(turnPageSchema) } },
});

export function mountTurns(app: App, service: HttpService): void {
  app.openapi(readTurns, async (c) => {
    const { id } = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const { scope, ...query } = c.req.valid('query');
    const cut = cutOf(query);
    const { store } = service;
    const rows = await (scope === 'lifetime' ? store.readLedger(id) : store.readTurns(id));
    const { items, start: _start, ...page } = cut(rows);
    return c.json({ items: items.map(describeTurn), ...page }, 200);
  });
}

function describeTurn(row: TurnRow): TurnBody {
  const { id, parentId, ordinal, responseId, family, model, startedAt, firstTokenMs, durationMs } = row;
  const { stopReason, usageState, tokens, serviceTier, costPicoUsd, prefixFingerprint } = row;
  return {
    id,
    parentId,
    session: clientSessionId(row.sessionId),
    ordinal,
    responseId,
    family,
    model,
    startedAt,
    firstTokenMs,
    durationMs,
    stopReason,
    usageState,
    tokens,
    serverTools: parsed(row.serverTools),
    serviceTier,
    costPicoUsd: costPicoUsd === null ? null : `${costPicoUsd}`,
    rawUsage: row.rawUsage === null ? null : parsed(row.rawUsage),
    marks: parsed(row.marks),
    prefixFingerprint,
  };
}

/** What the agent has written as JSON. */
function parsed(text: string): JsonValue {
  return JSON.parse(text);
}
