export { auditSession, type SessionAuditOptions } from './audit-session.ts';
export { AuditError, type AuditErrorCode } from './errors.ts';
export { type LedgerRow, ledgerRow } from './ledger.ts';
export { renderStatement, type TerminalOptions } from './render/terminal.ts';
export {
  type CacheStatement,
  type Coverage,
  cacheStatement,
  type Money,
  type StatementOptions,
  type TokenBucket,
  type TokenSum,
  type TurnStatement,
} from './statement.ts';
