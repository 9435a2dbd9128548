export type ServiceErrorCode =
  /** A run was taken up again and again, and came to no end. */
  | 'service/gave-up'
  /** An option that cannot work; the message says which. */
  | 'service/invalid-option'
  /** A package that the application has to install; the message names it. */
  | 'service/missing-package'
  /** A server that would listen beyond this machine without asking who comes. */
  | 'service/open-door'
  /** A run's process died before it could say how the run ended. */
  | 'service/outcome-lost'
  /** A run was left unfinished, by a process that stops or has lost it; it is taken up again. No trouble by itself. */
  | 'service/run-left'
  /** The line of runs, or the store, cannot be reached. */
  | 'service/unavailable'
  /** A run is to be done by an agent that the service does not have. */
  | 'service/unknown-agent';

/** The embedder broke the contract, or something the service stands on is not there. Branch on `code`, not on the class or the text. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Whether it is an error with this code, of whichever package. */
export function hasCode(error: unknown, code: string): error is Error {
  return error instanceof Error && Reflect.get(error, 'code') === code;
}
