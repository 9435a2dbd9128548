import type { CheckpointStore } from '@reprise/checkpoint';
import type { Model } from '@reprise/providers';
import { leaseTerms } from './lease/lease-options.ts';
import { createWaitingLines } from './lease/waiting-lines.ts';
import { RunLoop } from './run.ts';
import { createRun, type Run } from './run-handle.ts';
import { asUserMessage, type RunInput } from './run-input.ts';
import type { HeldConversation } from './run-options.ts';
import { loadSession, type SessionOptions } from './session/open-session.ts';
import { createRunRecorder } from './session/run-recorder.ts';
import type { SendOptions, Session } from './session.ts';
import { type AgentOptions, checkOptions } from './settings.ts';
import type { AgentState } from './state.ts';
import { createInboxes } from './steering/inbox.ts';
import { createSession } from './stored-session.ts';

export interface Agent {
  /** Which model answers. */
  readonly model: Pick<Model, 'family' | 'id'>;
  /** Creates the session, or resumes it at its tip; with `snapshotId`, resumes there as a fork. Rejects with a `CheckpointError`. */
  openSession(store: CheckpointStore, options?: SessionOptions): Promise<Session>;
}

/** An agent: a model with its instructions and tools. Throws at once for options that cannot work. */
export function createAgent(options: AgentOptions): Agent {
  const settings = checkOptions(options);
  const shared = { lines: createWaitingLines(), inboxes: createInboxes() };
  return {
    model: { id: settings.model.id, family: settings.model.family },
    async openSession(store, sessionOptions = {}) {
      const terms = leaseTerms(sessionOptions);
      const loaded = await loadSession(store, sessionOptions, settings.ports);
      const { files } = sessionOptions;
      return createSession(loaded, { store, settings: files ? { ...settings, files } : settings, terms, ...shared });
    },
  };
}

/** A run without a store, from a state; its end carries the next one. */
export function runAgent(state: AgentState, input: RunInput, options: AgentOptions & Pick<SendOptions, 'signal'>): Run {
  const settings = checkOptions(options);
  const held: HeldConversation = {
    state,
    recorder: createRunRecorder(settings.ports),
    signal: options.signal ?? new AbortController().signal,
    leave: async () => {},
  };
  const message = asUserMessage(input);
  const loop = new RunLoop(state, { ...settings, input: message, enter: async () => held });
  return createRun(() => loop);
}
