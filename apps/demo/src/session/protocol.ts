import type { AgentState } from '@reprise/agent';
import type { Count } from '@reprise/providers';

/**
 * What the demo and its session process tell each other.
 *
 * P1. The demo answers every message with `go-on`, and the process waits for it: a kill in place of the answer hits the session at
 *     exactly that point, on every machine.
 */

/** The argument that makes `main.ts` a session process. */
export const SESSION_PROCESS = 'session-process';

export type DemoMessage =
  | { readonly type: 'start'; readonly task: SessionTask }
  | { readonly type: 'go-on' }
  /** End the run as an aborted one, and then the process. */
  | { readonly type: 'stop' };

export interface SessionTask {
  readonly database: string;
  readonly sessionId: string;
  /** What the tools look into. */
  readonly folder: string;
  readonly model: ModelChoice;
  /** Asked one after the other, once what was left open is answered. */
  readonly questions: readonly string[];
}

export interface ModelChoice {
  /** Such as `anthropic/claude-opus-5`. Credentials come from the environment and are never sent. */
  readonly name: string;
  readonly baseURL?: string;
  readonly isSimulated: boolean;
}

export type SessionMessage =
  | { readonly type: 'opened'; readonly totals: Totals }
  | QuestionStart
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'warning'; readonly message: string }
  | TurnEnd
  | { readonly type: 'tool-start'; readonly name: string; readonly argumentsText: string }
  | ToolEnd
  | { readonly type: 'question-end'; readonly reason: string }
  | { readonly type: 'ended'; readonly totals: Totals }
  | { readonly type: 'failed'; readonly message: string };

export interface QuestionStart {
  readonly type: 'question-start';
  readonly text: string;
  /** False for one that an earlier process has left open. */
  readonly isNew: boolean;
}

export interface TurnEnd {
  readonly type: 'turn-end';
  readonly number: number;
  readonly snapshotId: string | undefined;
  readonly read: Count;
  readonly written: Count;
  readonly fresh: Count;
  readonly output: Count;
}

export interface ToolEnd {
  readonly type: 'tool-end';
  readonly lineCount: number;
  readonly byteCount: number;
  /** What the tool said, if it failed. */
  readonly error?: string;
}

/** What a session has used. */
export interface Totals {
  readonly turns: number;
  readonly fresh: number;
  readonly read: number;
  readonly written: number;
  readonly output: number;
}

export function stateTotals(state: AgentState): Totals {
  return {
    turns: state.turnCount,
    fresh: state.totalInputTokens,
    read: state.totalCacheReadTokens,
    written: state.totalCacheWriteTokens,
    output: state.totalOutputTokens,
  };
}
