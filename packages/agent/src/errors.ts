export type AgentErrorCode =
  | 'agent/broken-model'
  | 'agent/empty-message'
  | 'agent/invalid-option'
  | 'agent/nothing-to-continue'
  | 'agent/run-abandoned'
  | 'agent/run-consumed'
  | 'agent/session-busy'
  | 'agent/session-closed'
  | 'agent/unreadable-entry';

/** The caller broke the contract, or a stored entry cannot be read. Branch on `code`, not on the class or the text. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
