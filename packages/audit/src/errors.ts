export type AuditErrorCode = 'audit/invalid-scenario' | 'audit/session-missing' | 'audit/unreadable-row';

/** A ledger that cannot be audited. Branch on `code`, not on the class or the text. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
  readonly code: AuditErrorCode;

  constructor(code: AuditErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
