export type CheckpointErrorCode =
  | 'checkpoint/closed'
  | 'checkpoint/corrupt'
  | 'checkpoint/newer-format'
  | 'checkpoint/not-a-store'
  | 'checkpoint/session-exists'
  | 'checkpoint/session-missing'
  | 'checkpoint/snapshot-missing'
  | 'checkpoint/tip-moved'
  | 'checkpoint/unavailable';

/** A store refused or could not do what was asked. Nothing is half written. Branch on `code`, not on the class or the text. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly code: CheckpointErrorCode;

  constructor(code: CheckpointErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
