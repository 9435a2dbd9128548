import { createRoute } from '@hono/zod-openapi';
import { type DecidedApproval, type OpenApproval, readApproval } from '@reprise/agent';
import { clientSessionId } from '../../wire/client-session.ts';
import type { App } from '../app.ts';
import { sessionPrefix } from '../caller.ts';
import { decideApproval } from '../decide-approval.ts';
import { describeRun } from '../describe-run.ts';
import { describeSessions } from '../describe-sessions.ts';
import { HttpProblem } from '../http-problem.ts';
import { createOpenApprovals } from '../open-approvals.ts';
import {
  type ApprovalBody,
  approvalListSchema,
  approvalSchema,
  type DecisionBody,
  decidedSchema,
  decideSchema,
  openApprovalsPageSchema,
} from '../schemas/approval.ts';
import type { HttpService } from '../service.ts';
import { inState } from '../session-state.ts';
import { requireSession, withSession } from '../sessions.ts';
import { startRun } from '../start-run.ts';
import { approvalPath, jsonContent, pageQuery, sessionPath, tenantQuery } from './parameters.ts';

const tags = ['Approvals'];

const list = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/approvals',
  operationId: 'listApprovals',
  summary: 'List the tool calls that wait for a decision, or were decided and not carried out yet',
  tags,
  request: { params: sessionPath, query: tenantQuery },
  responses: { 200: { description: 'In the order of the calls.', content: jsonContent(approvalListSchema) } },
});

const readOne = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/approvals/{approval}',
  operationId: 'readApproval',
  summary: 'Read what became of a tool call that was to be decided on, carried out or not',
  tags,
  request: { params: approvalPath, query: tenantQuery },
  responses: { 200: { description: 'The call.', content: jsonContent(approvalSchema) } },
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
    body: { required: true, content: jsonContent(decideSchema) },
  },
  responses: { 200: { description: 'The decision that stands.', content: jsonContent(decidedSchema) } },
});

const listAll = createRoute({
  method: 'get',
  path: '/v1/approvals',
  operationId: 'listOpenApprovals',
  summary: 'List the sessions whose tool calls wait for a decision, with these calls',
  description: 'Sessions newest first. Calls that were decided on and not carried out yet are told as well.',
  tags,
  request: { query: pageQuery.omit({ search: true }) },
  responses: { 200: { description: 'A page of sessions.', content: jsonContent(openApprovalsPageSchema) } },
});

export function mountApprovals(app: App, service: HttpService): void {
  const readOpen = createOpenApprovals(service);

  app.openapi(listAll, async (c) => {
    const { limit, after } = c.req.valid('query');
    const { items, next } = await service.store.listSessions({
      standing: inState('waiting-for-approval'),
      prefix: sessionPrefix(c.var.tenant),
      limit,
      after,
    });
    const [sessions, approvals] = await Promise.all([
      describeSessions(service, items),
      Promise.all(items.map(readOpen)),
    ]);
    const described = sessions.map((session, index) => ({
      session,
      approvals: (approvals[index] ?? []).map(describeApproval),
    }));
    return c.json({ items: described, next }, 200);
  });

  app.openapi(list, async (c) => {
    const record = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    return c.json({ items: (await readOpen(record)).map(describeApproval) }, 200);
  });

  app.openapi(readOne, async (c) => {
    const { session: id, approval } = c.req.valid('param');
    const { id: sessionId } = await requireSession(service, c.var.tenant, id);
    const found = await readApproval(service.store, sessionId, approval);
    if (!found) throw approvalMissing(approval);
    return c.json(describeApproval(found), 200);
  });

  app.openapi(decide, async (c) => {
    const { session: id, approval: approvalId } = c.req.valid('param');
    const record = await requireSession(service, c.var.tenant, id);
    const { isApproved, reason, continue: goesOn = false } = c.req.valid('json');
    const decision = { approvalId, isApproved, reason, by: c.var.caller.name };
    const decided = await withSession(service, record, (session) =>
      decideApproval(session, decision, c.req.raw.signal),
    );
    const run = goesOn ? describeRun((await startRun(service, { session: record })).run) : null;
    return c.json({ decision: describeDecision(decided), run }, 200);
  });
}

function approvalMissing(id: string): HttpProblem {
  const detail = `The session has asked for no approval '${id}' on the branch that it is on.`;
  return new HttpProblem({ status: 404, code: 'service/not-found', detail });
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
