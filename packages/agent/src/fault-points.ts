/**
 * The places in a run where a crash may happen, in the order they are passed. The run calls `Ports.onFaultPoint` at each of them, so that
 * a test can end the process there.
 */
export type AgentFaultPoint =
  /** The run has begun, and nothing is done yet. */
  | 'agent/run-started'
  /** The session's lease is taken. */
  | 'agent/lease-taken'
  /** The session is as the store has it. */
  | 'agent/session-loaded'
  /** A turn that a crash had lost is in the ledger. */
  | 'agent/turn-recovered'
  /** The message is committed. */
  | 'agent/input-committed'
  /** The request is built and compared with the last one. */
  | 'agent/turn-prepared'
  /** The note that the model is about to be asked is written. */
  | 'agent/turn-begun'
  /** The first event of the model's stream has come. */
  | 'agent/first-event'
  /** The model has said its last word, and it is not committed. */
  | 'agent/stream-ended'
  /** The turn is committed. */
  | 'agent/turn-committed'
  /** The note is taken back, since there was no response. */
  | 'agent/turn-abandoned'
  /** Requests for approval are committed, and nobody has heard of them. */
  | 'agent/approval-requested'
  /** A decision is committed, and nothing has followed from it. */
  | 'agent/approval-decided'
  /** A tool call is checked and about to be noted. */
  | 'agent/call-checked'
  /** The intent is written, unless the tool is pure, and the tool has not run. */
  | 'agent/intent-written'
  /** The tool has run, and its outcome is not written. */
  | 'agent/tool-ran'
  /** The outcome is written, or held if the tool is pure. */
  | 'agent/outcome-written'
  /** The results of a turn's calls are committed, mostly with the note of the next model call. */
  | 'agent/results-committed'
  /** What the model is shown was changed, and the change is committed. */
  | 'agent/history-edited'
  /** The lease is given back. */
  | 'agent/lease-released';
