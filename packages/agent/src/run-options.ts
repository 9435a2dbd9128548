import type { UserMessage } from '@reprise/providers';
import type { RunEndReason } from './agent-event.ts';
import type { Recorder } from './recorder.ts';
import type { AgentSettings } from './settings.ts';
import type { AgentState } from './state.ts';

export interface RunOptions extends AgentSettings {
  /** Absent: the conversation goes on from where it stopped. */
  readonly input: UserMessage | undefined;
  /** Takes the conversation for this run. */
  readonly enter: () => Promise<HeldConversation>;
  /** Warnings that the conversation has had. */
  readonly told: Set<string>;
}

/** A conversation that this run alone goes on with, until it leaves it. */
export interface HeldConversation {
  readonly state: AgentState;
  readonly recorder: Recorder;
  /** Aborted when the run has to stop. */
  readonly signal: AbortSignal;
  leave(last: AgentState): Promise<void>;
}

export interface RunEnd {
  readonly reason: RunEndReason;
  readonly error?: Error;
}
