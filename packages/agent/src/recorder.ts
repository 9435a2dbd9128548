import type { Snapshot } from '@reprise/checkpoint';
import type { AssistantTurn, ModelRequest, ToolMessage, UserMessage } from '@reprise/providers';
import type { AgentState } from './state.ts';

/** Where a run's facts become durable. A run goes on only after each of these has resolved. */
export interface Recorder {
  message(message: UserMessage | ToolMessage): Promise<void>;
  /** A model response with its counts, in one piece. */
  turn(recorded: RecordedTurn): Promise<Snapshot | undefined>;
}

interface RecordedTurn {
  readonly turn: AssistantTurn;
  /** What the model was asked. */
  readonly request: ModelRequest;
  /** The state that already holds the turn. */
  readonly state: AgentState;
}

/** For a run without a store. */
export const forgetfulRecorder: Recorder = {
  message: async () => {},
  turn: async () => undefined,
};
