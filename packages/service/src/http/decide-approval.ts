import type { DecidedApproval, Session } from '@reprise/agent';

/** What somebody says of a tool call that waits. */
export interface Decision {
  readonly approvalId: string;
  readonly isApproved: boolean;
  readonly reason?: string | undefined;
  /** Who says so, by name. */
  readonly by?: string | undefined;
}

/** How long one decision waits for another, in milliseconds. */
const QUEUE_TIMEOUT_MS = 10_000;

/** Resolves to the decision that stands. Rejects as `Session.decide` does. */
export function decideApproval(
  session: Session,
  { approvalId, isApproved, reason, by }: Decision,
  signal: AbortSignal,
): Promise<DecidedApproval> {
  const decision = { isApproved, ...(reason === undefined ? {} : { reason }), ...(by === undefined ? {} : { by }) };
  return session.decide(approvalId, decision, { onBusy: 'queue', queueTimeoutMs: QUEUE_TIMEOUT_MS, signal });
}
