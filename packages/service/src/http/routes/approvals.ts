import { createRoute } from '@hono/zod-openapi';
import type { DecidedApproval, OpenApproval } from '@reprise/agent';
import { clientSessionId } from '../../wire/client-session.ts';
import type { App } from '../app.ts';
import { describeRun } from '../describe-run.ts';
import {
  type ApprovalBody,
  approvalListSchema,
  type DecisionBody,
  decidedSchema,
  decideSchema,
} from '../schemas/approval.ts';
import type { HttpService } from '../service.ts';
import { requireSession, withSession } from '../sessions.ts';
import { startRun } from '../start-run.ts';
import { approvalPath, sessionPath, tenantQuery } from './parameters.ts';

const tags = ['Approvals'];

const list = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/approvals',
  operationId: 'listApprovals',
  summary: 'List the tool calls that wait for a decision, or were decided and not carried out yet',
  tags,
  request: { params: sessionPath, query: tenantQuery },
  responses: {
    200: { description: 'In the order of the calls.', content: { 'application/json': { schema: approvalListSchema } } },
  },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/sessions/{session}/approvals/{approval}',
  operationId: 'decideApproval',
  summary: 'Approve a tool call, or refuse it',
  description: 'To say the same again is harmless. With `continue` a run is started that carries out what was decided.',
  tags,
  request: {
    params: approvalPath,
    body: { required: true, content: { 'application/json': { schema: decideSchema } } },
  },
  responses: {
    200: { description: 'The decision that stands.', content: { 'application/json': { schema: decidedSchema } } },
  },
});

/** How long one decision waits for another, in milliseconds. */
const QUEUE_TIMEOUT_MS = 10_000;

export function mountApprovals(app: App, service: HttpService): void {
  app.openapi(list, async (c) => {
    const record = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const open = await withSession(service, record, (session) => session.approvals());
    return c.json({ items: open.map(describeApproval) }, 200);
  });

  app.openapi(decide, async (c) => {
    const { session: id, approval } = c.req.valid('param');
    const record = await requireSession(service, c.var.tenant, id);
    const { isApproved, reason, continue: goesOn = false } = c.req.valid('json');
    const { name: by } = c.var.caller;
    const decision = { isApproved, ...(reason === undefined ? {} : { reason }), ...(by === undefined ? {} : { by }) };
    const terms = { onBusy: 'queue', queueTimeoutMs: QUEUE_TIMEOUT_MS, signal: c.req.raw.signal } as const;
    const decided = await withSession(service, record, (session) => session.decide(approval, decision, terms));
    const run = goesOn ? describeRun((await startRun(service, { session: record })).run) : null;
    return c.json({ decision: describeDecision(decided), run }, 200);
  });
}

function describeApproval({ request, state, decision }: OpenApproval): ApprovalBody {
  const { id, sessionId, turnId, position, reason, requestedAt } = request;
  const { id: callId, name, arguments: input, argumentsText } = request.call;
  return {
    id,
    session: clientSessionId(sessionId),
    turnId,
    position,
    call: { id: callId, name, arguments: input, argumentsText },
    reason: reason ?? null,
    requestedAt,
    state,
    decision: decision ? describeDecision(decision) : null,
  };
}

function describeDecision({ isApproved, reason, by, decidedAt }: DecidedApproval): DecisionBody {
  return { isApproved, reason: reason ?? null, by: by ?? null, decidedAt };
}
