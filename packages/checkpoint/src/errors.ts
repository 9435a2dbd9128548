export type CheckpointErrorCode =
  /** The store was closed. */
  | 'checkpoint/closed'
  /** Stored data is damaged: the file itself, or an entry that is not what its name says. */
  | 'checkpoint/corrupt'
  /** The caller passed what the store cannot keep: a fractional count, text that is not Unicode, an id that is taken. */
  | 'checkpoint/invalid-write'
  /** A newer release wrote the store. */
  | 'checkpoint/newer-format'
  /** The file is something else. */
  | 'checkpoint/not-a-store'
  | 'checkpoint/session-exists'
  | 'checkpoint/session-missing'
  | 'checkpoint/snapshot-missing'
  /** Another writer was faster: read the session again. */
  | 'checkpoint/tip-moved'
  /** The place where the store lives does not answer: missing folder, no permission, full disk, locked. */
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
