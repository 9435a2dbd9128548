import { z } from '@hono/zod-openapi';
import type { JsonValue } from '@reprise/providers';
import { count, json, orNull, type PageBody, pageOf, time } from './fields.ts';
import { type RunBody, runSchema } from './run.ts';
import { type SessionBody, sessionSchema } from './session.ts';

/** A tool call that waits for a decision, or was decided and not carried out yet. */
export interface ApprovalBody {
  readonly id: string;
  readonly session: string;
  readonly turnId: string;
  /** Its place among the calls of its turn. */
  readonly position: number;
  readonly call: {
    readonly id: string;
    readonly name: string;
    readonly arguments: JsonValue;
    readonly argumentsText: string;
  };
  /** Why it was asked for. */
  readonly reason: string | null;
  /** Epoch milliseconds. */
  readonly requestedAt: number;
  readonly state: 'approved' | 'denied' | 'waiting';
  readonly decision: DecisionBody | null;
}

export interface DecisionBody {
  readonly isApproved: boolean;
  readonly reason: string | null;
  /** Who decided: the name of the token. */
  readonly by: string | null;
  /** Epoch milliseconds. */
  readonly decidedAt: number;
}

const decision: z.ZodType<DecisionBody> = z
  .object({ isApproved: z.boolean(), reason: z.string().nullable(), by: z.string().nullable(), decidedAt: time })
  .openapi('Decision');

export const approvalSchema: z.ZodType<ApprovalBody> = z
  .object({
    id: z.string(),
    session: z.string(),
    turnId: z.string(),
    position: count,
    call: z.object({ id: z.string(), name: z.string(), arguments: json, argumentsText: z.string() }),
    reason: z.string().nullable(),
    requestedAt: time,
    state: z.enum(['approved', 'denied', 'waiting']),
    decision: orNull(decision),
  })
  .openapi('Approval');

export interface ApprovalListBody {
  readonly items: readonly ApprovalBody[];
}

export const approvalListSchema: z.ZodType<ApprovalListBody> = z
  .object({ items: z.array(approvalSchema) })
  .openapi('ApprovalList');

/** The tool calls of one session that wait for a decision, or were decided and not carried out yet. */
export interface OpenApprovalsBody {
  readonly session: SessionBody;
  /** In the order of the calls. */
  readonly approvals: readonly ApprovalBody[];
}

export const openApprovalsPageSchema: z.ZodType<PageBody<OpenApprovalsBody>> = pageOf<OpenApprovalsBody>(
  z.object({ session: sessionSchema, approvals: z.array(approvalSchema) }).openapi('OpenApprovals'),
).openapi('OpenApprovalsPage');

/** What somebody decides. */
export interface DecideBody {
  readonly isApproved: boolean;
  /** For the model, where it is not approved. */
  readonly reason?: string | undefined;
  /** Whether to start a run that carries it out. Default false. */
  readonly continue?: boolean | undefined;
}

export const decideSchema: z.ZodType<DecideBody> = z
  .strictObject({
    isApproved: z.boolean(),
    reason: z.string().max(4000).optional(),
    continue: z.boolean().optional(),
  })
  .openapi('Decide');

export interface DecidedBody {
  /** The decision that stands. */
  readonly decision: DecisionBody;
  /** The run that carries it out; `null` unless one was asked for. */
  readonly run: RunBody | null;
}

export const decidedSchema: z.ZodType<DecidedBody> = z.object({ decision, run: orNull(runSchema) }).openapi('Decided');
