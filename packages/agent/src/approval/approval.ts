import type { ToolCallBlock } from '@reprise/providers';

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

/** What a branch holds of approvals, in the order it was written. */
export interface ApprovalLog {
  readonly requests: readonly ApprovalRequest[];
  readonly decisions: readonly DecidedApproval[];
}

export const NO_APPROVALS: ApprovalLog = { requests: [], decisions: [] };
