import type { ToolCallBlock } from '@reprise/providers';

/** What `needsApproval` says of a call: whether it waits for a decision, and why, for whoever decides. */
export type ApprovalNeed = boolean | { readonly reason: string };

/** What `needsApproval` is told beside the input. */
export interface ApprovalContext {
  /** Aborted when the run is, or when the tool's time is up. */
  readonly signal: AbortSignal;
  readonly toolCallId: string;
}

/**
 * A tool call that waits for somebody's decision. Plain and JSON-shaped: it may be shown in another process, days later.
 *
 * Its id is a hash of the act itself: session, turn, position, tool with its definition, and arguments. A decision names the id, and holds
 * for that act alone.
 */
export interface ApprovalRequest {
  readonly id: string;
  readonly sessionId: string;
  readonly turnId: string;
  /** Its place among the calls of its turn. */
  readonly position: number;
  readonly call: ToolCallBlock;
  /** Why it was asked for, in the words of the tool's `needsApproval`. */
  readonly reason?: string;
  /** Epoch milliseconds. */
  readonly requestedAt: number;
}

export interface ApprovalDecision {
  readonly isApproved: boolean;
  /** For the model, where it was not. */
  readonly reason?: string;
  /** Who decided, for the record. */
  readonly by?: string;
}

/** A decision as it is kept. */
export interface DecidedApproval extends ApprovalDecision {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly decidedAt: number;
}

/** A request whose call is not answered yet. */
export interface OpenApproval {
  readonly request: ApprovalRequest;
  readonly state: 'waiting' | 'approved' | 'denied';
  /** Absent while it waits. */
  readonly decision?: DecidedApproval;
}

/**
 * Decides on a request while the run waits; `undefined` leaves it for later. The run has the session meanwhile, and waits as long as this
 * takes: `signal` is aborted when the run is. If it throws, the run ends with that error, and the request stays open.
 */
export type Approve = (
  request: ApprovalRequest,
  context: { readonly signal: AbortSignal },
) => ApprovalDecision | undefined | Promise<ApprovalDecision | undefined>;

/** What a branch holds of approvals, in the order it was written. */
export interface ApprovalLog {
  readonly requests: readonly ApprovalRequest[];
  readonly decisions: readonly DecidedApproval[];
}
