import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import { AuditError } from './errors.ts';
import { ledgerRow } from './ledger.ts';
import { type CacheStatement, cacheStatement, type StatementOptions } from './statement.ts';

/**
 * The statement over a stored session's branch, turns inherited from a fork's origin included. Reads only.
 * Rejects with `audit/session-missing`, and with whatever the store rejects with.
 */
export async function auditSession(
  store: Pick<CheckpointStore, 'readSession' | 'readTurns'>,
  sessionId: SessionId,
  options: StatementOptions = {},
): Promise<CacheStatement> {
  if ((await store.readSession(sessionId)) === undefined) {
    throw new AuditError('audit/session-missing', `There is no session "${sessionId}" in this store.`);
  }
  const rows = await store.readTurns(sessionId);
  return cacheStatement(rows.map(ledgerRow), options);
}
