import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import { AuditError } from './errors.ts';
import { ledgerRow } from './ledger.ts';
import { type CacheStatement, cacheStatement, type StatementOptions } from './statement.ts';

export interface SessionAuditOptions extends StatementOptions {
  /**
   * Which turns: those of the branch that ends at the session's tip, turns inherited from a fork's origin included (`branch`, the default,
   * whose sums are the state's totals), or every turn that the session has committed, those it was rewound from included (`lifetime`,
   * what it has spent).
   */
  readonly scope?: 'branch' | 'lifetime';
}

/** The statement over a stored session. Reads only. Rejects with `audit/session-missing`, and with whatever the store rejects with. */
export async function auditSession(
  store: Pick<CheckpointStore, 'readLedger' | 'readSession' | 'readTurns'>,
  sessionId: SessionId,
  { scope = 'branch', ...options }: SessionAuditOptions = {},
): Promise<CacheStatement> {
  if ((await store.readSession(sessionId)) === undefined) {
    throw new AuditError('audit/session-missing', `There is no session "${sessionId}" in this store.`);
  }
  const rows = await (scope === 'branch' ? store.readTurns(sessionId) : store.readLedger(sessionId));
  return cacheStatement(rows.map(ledgerRow), options);
}
