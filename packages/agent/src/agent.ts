import type { CheckpointStore } from '@reprise/checkpoint';
import { forgetfulRecorder } from './recorder.ts';
import { RunLoop } from './run.ts';
import { createRun, type Run } from './run-handle.ts';
import { loadSession, type SessionOptions } from './session/open-session.ts';
import { asUserMessage, createSession, type RunInput, type SendOptions, type Session } from './session.ts';
import { type AgentOptions, checkOptions } from './settings.ts';
import type { AgentState } from './state.ts';

export interface Agent {
  /** Creates the session, or resumes it at its tip; with `snapshotId`, resumes there as a fork. Rejects with a `CheckpointError`. */
  openSession(store: CheckpointStore, options?: SessionOptions): Promise<Session>;
}

/** An agent: a model with its instructions and tools. Throws at once for options that cannot work. */
export function createAgent(options: AgentOptions): Agent {
  const settings = checkOptions(options);
  return {
    openSession: async (store, sessionOptions = {}) =>
      createSession(store, await loadSession(store, sessionOptions, settings.ports), settings),
  };
}

/** A run without a store, from a state; its end carries the next one. */
export function runAgent(state: AgentState, input: RunInput, options: AgentOptions & SendOptions): Run {
  const settings = checkOptions(options);
  const loop = new RunLoop(state, {
    ...settings,
    recorder: forgetfulRecorder,
    input: asUserMessage(input),
    signal: options.signal,
    conversationId: settings.ports.createId(),
    told: new Set(),
  });
  return createRun(() => loop);
}
