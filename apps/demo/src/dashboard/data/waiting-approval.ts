import type { ApprovalBody, SessionBody } from '@reprise/service/client';

/** A tool call that waits for a decision, or was decided on and not carried out yet, and the session it is of. */
export interface WaitingApproval {
  readonly approval: ApprovalBody;
  readonly session: SessionBody;
}

/** Those that were waiting and are there no more, though nobody has decided on them here. */
export function settledElsewhere(
  before: readonly WaitingApproval[],
  now: readonly WaitingApproval[],
  decidedHere: ReadonlySet<string>,
): readonly WaitingApproval[] {
  const open = new Set(now.map(({ approval }) => approval.id));
  return before.filter(({ approval }) => !open.has(approval.id) && !decidedHere.has(approval.id));
}
