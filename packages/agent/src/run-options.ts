import type { UserMessage } from '@reprise/providers';
import type { RunEndReason } from './agent-event.ts';
import type { Recorder } from './recorder.ts';
import type { SentBranch } from './session/read-branch.ts';
import type { AgentSettings } from './settings.ts';
import type { AgentState } from './state.ts';
import type { Inbox } from './steering/inbox.ts';
import type { Steered } from './steering/steer-or-take.ts';

export interface RunOptions extends AgentSettings {
  /** Absent: the conversation goes on from where it stopped. */
  readonly input: UserMessage | undefined;
  /** Names the input: where the conversation holds it already, the run goes on from there. */
  readonly key?: string | undefined;
  /** How the run's first answer begins; the model goes on from there, and the turn's message holds both. */
  readonly prefill?: string;
  /** Takes the conversation for this run, unless its message went into another's. */
  readonly enter: () => Promise<HeldConversation | Steered>;
}

/** A conversation that this run alone goes on with, until it leaves it. */
export interface HeldConversation {
  readonly state: AgentState;
  readonly recorder: Recorder;
  /** Aborted when the run has to stop. */
  readonly signal: AbortSignal;
  /** What others send into this run. Absent: nobody can. */
  readonly inbox?: Inbox;
  /** What was sent on its branch. Absent: nobody keeps it. */
  readonly readBranch?: () => Promise<SentBranch>;
  leave(last: AgentState): Promise<void>;
}

export interface RunEnd {
  readonly reason: RunEndReason;
  readonly error?: Error;
}
