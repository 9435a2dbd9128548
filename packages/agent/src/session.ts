import type { CheckpointStore } from '@reprise/checkpoint';
import type { UserMessage } from '@reprise/providers';
import { userMessage } from '@reprise/providers';
import { AgentError } from './errors.ts';
import type { Recorder } from './recorder.ts';
import { RunLoop } from './run.ts';
import { createRun, type Run } from './run-handle.ts';
import type { LoadedSession } from './session/open-session.ts';
import { createSessionRecorder } from './session/session-recorder.ts';
import type { AgentSettings } from './settings.ts';
import type { AgentState } from './state.ts';

/** What a run is asked: text, a message, or nothing to go on from where the conversation stopped. */
export type RunInput = string | UserMessage | undefined;

export interface SendOptions {
  readonly signal?: AbortSignal;
}

/** A conversation whose every turn is committed before it is announced. One run at a time. */
export interface Session {
  readonly id: string;
  /** As far as it is committed. */
  readonly state: AgentState;
  /**
   * Asks the model; without input, goes on from where the conversation stopped, say in a crash.
   * Throws `agent/session-busy` while another run is going, `agent/session-closed` after `close`, and `agent/empty-message`.
   */
  send(input?: RunInput, options?: SendOptions): Run;
  /** Gives the session up; a run still going ends as it would. The store stays open. */
  close(): Promise<void>;
}

export function createSession(store: CheckpointStore, loaded: LoadedSession, settings: AgentSettings): Session {
  return new StoredSession(loaded, createSessionRecorder(store, loaded.record, settings), settings);
}

class StoredSession implements Session {
  readonly id: string;
  readonly #recorder: Recorder;
  readonly #settings: AgentSettings;
  readonly #told = new Set<string>();
  #state: AgentState;
  #run: RunLoop | undefined;
  #isClosed = false;

  constructor({ record, state }: LoadedSession, recorder: Recorder, settings: AgentSettings) {
    this.id = record.id;
    this.#state = state;
    this.#recorder = recorder;
    this.#settings = settings;
  }

  get state(): AgentState {
    return this.#run?.state ?? this.#state;
  }

  send(input?: RunInput, options: SendOptions = {}): Run {
    this.#refuseUnlessIdle();
    const message = asUserMessage(input);
    return createRun(
      () => this.#start(message, options.signal),
      () => this.#end(),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #start(input: UserMessage | undefined, signal: AbortSignal | undefined): RunLoop {
    // Asked again: a run starts when it is first listened to, and another may have been faster.
    this.#refuseUnlessIdle();
    this.#run = new RunLoop(this.#state, {
      ...this.#settings,
      recorder: this.#recorder,
      input,
      signal,
      conversationId: this.id,
      told: this.#told,
    });
    return this.#run;
  }

  #end(): void {
    this.#state = this.state;
    this.#run = undefined;
  }

  #refuseUnlessIdle(): void {
    if (this.#isClosed) throw new AgentError('agent/session-closed', `Session ${this.id} is closed; open it again.`);
    if (this.#run)
      throw new AgentError('agent/session-busy', `Session ${this.id} has a run going; wait for its end or abort it.`);
  }
}

/** What was given as a message a vendor takes: without empty texts. Throws `agent/empty-message` if that leaves nothing to say. */
export function asUserMessage(input: RunInput): UserMessage | undefined {
  if (input === undefined) return undefined;
  const message = typeof input === 'string' ? userMessage(input) : input;
  const content = message.content.filter((block) => block.type !== 'text' || block.text !== '');
  if (content.length === 0) {
    throw new AgentError(
      'agent/empty-message',
      'The message is empty; give it a text, or leave it out to go on from where the conversation stopped.',
    );
  }
  return content.length === message.content.length ? message : { ...message, content };
}
