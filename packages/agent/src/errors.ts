export type AgentErrorCode =
  | 'agent/approval-refused'
  | 'agent/broken-model'
  /** A transcript that cannot be read; the message names the line. */
  | 'agent/broken-transcript'
  | 'agent/chat-busy'
  | 'agent/compaction-failed'
  | 'agent/context-overflow'
  | 'agent/empty-message'
  /** The run goes on elsewhere: a reason to abort a send with; see `SendOptions.signal`. */
  | 'agent/handed-over'
  | 'agent/hook-failed'
  /** Another send took the session over; the reason with which the run's signal is aborted. */
  | 'agent/interrupted'
  | 'agent/invalid-edit'
  | 'agent/invalid-option'
  /** No connection to an MCP server, or none any more. */
  | 'agent/mcp-unreachable'
  | 'agent/no-answer'
  | 'agent/nothing-to-compact'
  | 'agent/nothing-to-continue'
  | 'agent/prefix-changed'
  | 'agent/run-abandoned'
  | 'agent/run-consumed'
  | 'agent/session-busy'
  | 'agent/session-closed'
  | 'agent/unmatched-results'
  | 'agent/unpriced-model'
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

/** Whether it is an error with this code, of whichever package. */
export function hasCode(error: unknown, code: string): error is Error {
  return error instanceof Error && Reflect.get(error, 'code') === code;
}
