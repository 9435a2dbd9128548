import type { SessionId, TurnId, TurnRow } from '@reprise/checkpoint';

/** One thing that is not as it was written, or that cannot be shown to be. */
export interface LedgerFinding {
  /** `undefined` where nobody knows whose it is. */
  readonly sessionId: SessionId | undefined;
  /** `undefined` for a row that is not there, and where nobody knows which it is. */
  readonly turnId: TurnId | undefined;
  /** The row's place in its session's ledger, from 1. */
  readonly ordinal: number | undefined;
  readonly kind: FindingKind;
  /** What is wrong, for people. */
  readonly message: string;
}

/**
 * - `damaged`: the store itself found that a row is not what it was, or is gone
 * - `changed`: a row contradicts its hash, its vendor's usage object, its answer or its snapshot
 * - `missing`: a row is gone that others name, or an answer has none
 * - `swapped`: a row is not in its place
 * - `unchecked`: the store cannot read all of a session, so that what it did not find damaged was not looked at further
 * - `price-changed`: the cost that was recorded is not that of today's price list. No proof: lists are corrected
 * - `request-unproven`: the request that a row names cannot be made again from what is stored. No proof: hooks and hosts change requests
 */
export type FindingKind =
  | 'damaged'
  | 'changed'
  | 'missing'
  | 'swapped'
  | 'unchecked'
  | 'price-changed'
  | 'request-unproven';

/** Kinds that show that a ledger is not as it was written. */
export const PROOFS: ReadonlySet<FindingKind> = new Set(['damaged', 'changed', 'missing', 'swapped']);

export function findingAt(
  { sessionId, id, ordinal }: Pick<TurnRow, 'sessionId' | 'id' | 'ordinal'>,
  kind: FindingKind,
  problem: string,
): LedgerFinding {
  return {
    sessionId,
    turnId: id,
    ordinal,
    kind,
    message: `Row ${ordinal} of session '${sessionId}', turn '${id}': ${problem}.`,
  };
}

/** A finding of a session, or of one of its turns, whose place in the ledger is not known. */
export function findingOf(
  sessionId: SessionId | undefined,
  kind: FindingKind,
  message: string,
  turnId?: TurnId,
): LedgerFinding {
  return { sessionId, turnId, ordinal: undefined, kind, message };
}
