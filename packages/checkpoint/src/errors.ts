export type CheckpointErrorCode =
  /** An entry, a turn or a backup names bytes that the store does not have. */
  | 'checkpoint/blob-missing'
  /** The store was closed. */
  | 'checkpoint/closed'
  /** Stored data is damaged: the file itself, or a row that is not what it was when it was written. */
  | 'checkpoint/corrupt'
  /** Files cannot be given back what they were: nothing was changed, and the message names each. */
  | 'checkpoint/files-unavailable'
  /** An exported session cannot be read, or says something else than what is here already. */
  | 'checkpoint/invalid-import'
  /** The caller passed what the store cannot keep: a fractional count, text that is not Unicode, an id that is taken. */
  | 'checkpoint/invalid-write'
  /** Another holder has taken the session over: this one may not write any more. */
  | 'checkpoint/lease-lost'
  /** The database driver that this store needs is not installed. */
  | 'checkpoint/missing-driver'
  /** A newer release wrote the store. */
  | 'checkpoint/newer-format'
  /** The file is something else. */
  | 'checkpoint/not-a-store'
  /** A file that is to be kept before its change lies outside the root, behind a link, or is no file. */
  | 'checkpoint/path-refused'
  /** The run is over. */
  | 'checkpoint/run-ended'
  | 'checkpoint/run-exists'
  | 'checkpoint/run-missing'
  /** Somebody else holds the session's lease. */
  | 'checkpoint/session-busy'
  | 'checkpoint/session-exists'
  | 'checkpoint/session-missing'
  | 'checkpoint/snapshot-missing'
  /** Another writer was faster: read the session again. */
  | 'checkpoint/tip-moved'
  /** A tool whose effect must not happen twice was started before. */
  | 'checkpoint/tool-call-started'
  | 'checkpoint/turn-missing'
  /** The place where the store lives does not answer: missing folder, no permission, full disk, locked, no connection. */
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
