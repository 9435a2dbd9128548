/**
 * One attempt at a run, from where it was taken up to its end.
 *
 * Owns: whether the run is over, or goes on elsewhere; what clients are told beside the agent's events.
 * Leaves to the agent: everything between. To the queue: when a run comes back. To `run-log.ts`: the way to the store.
 *
 * D1. However often a run is taken up, its input is in the conversation once, and it ends once.
 * D2. A run that this process has to leave stays going, and its conversation is as a crash would leave it: whoever takes it up goes on.
 * D3. A run that cannot be done ends with the reason why; it never comes back for ever.
 * D4. A run never makes the session that it is of.
 */

import { type Agent, AgentError, type AgentEvent, initialState, type RunEndEvent, type Session } from '@reprise/agent';
import type { CheckpointStore, RunId, RunRecord } from '@reprise/checkpoint';
import { type Message, messageText, toolCalls } from '@reprise/providers';
import { ServiceError } from '../errors.ts';
import { newsOfEvent } from '../operations/run-news.ts';
import type { Observer } from '../operations/service-news.ts';
import type { QueuedRun } from '../queue/run-queue.ts';
import type { Timers } from '../timers.ts';
import { encodeEvent, totalsOf } from '../wire/encode-event.ts';
import type { RunOutcome } from '../wire/run-event.ts';
import { isWithheld } from '../wire/told-error.ts';
import { hearOfRun } from './hear-of-run.ts';
import type { RunChanges } from './run-changes.ts';
import type { RunLog } from './run-log.ts';
import { type RunRequest, readRunRequest } from './run-request.ts';
import {
  endedOutcome,
  failedOutcome,
  lastAnswer,
  lostOutcome,
  readMessageCount,
  runResumed,
  runStarted,
  wasAnswered,
} from './run-tale.ts';
import type { RunWriter } from './run-writer.ts';

export interface AttemptMeans {
  readonly agents: ReadonlyMap<string, Agent>;
  readonly store: CheckpointStore;
  readonly log: RunLog;
  readonly changes: RunChanges;
  /** How often a run is taken up before it is given up. */
  readonly maxAttempts: number;
  /** See `LeaseOptions` of the agent. */
  readonly leaseTtlMs?: number | undefined;
  /** Aborted when runs are to be left as soon as nothing of them is lost by it: between a turn and what follows from it. */
  readonly draining: AbortSignal;
  /** Default: the system's. */
  readonly after?: Timers['after'];
  readonly clock: () => number;
  /** Told what clients are not. */
  readonly onError: (error: unknown, run?: QueuedRun) => void;
  /** Hears what an operator wants to know. */
  readonly observe: Observer;
}

export class Attempt {
  readonly #run: RunRecord;
  readonly #means: AttemptMeans;
  readonly #request: RunRequest;
  readonly #writer: RunWriter;
  /** Aborts what the agent does. */
  readonly #abort = new AbortController();
  /** Whether this process has to leave the run. */
  #isLeft = false;
  #isStopAsked = false;
  /** Whether the agent has the session, and has done something with it. */
  #hasEntered = false;
  /** Calls of the last turn whose tools have not ended. */
  #openCalls = 0;
  /** How many messages the conversation had when the run began. */
  #messageCount = 0;
  #hasStarted: boolean;
  /** Whether clients are to be told where the run goes on. */
  #owesResumed: boolean;
  /** Whether a stop may end what the agent does: not before it has brought what a crash left to where it can be gone on with. */
  #mayStop = false;
  #text = '';

  constructor(run: RunRecord, means: AttemptMeans) {
    this.#run = run;
    this.#means = means;
    this.#request = readRunRequest(run.request);
    this.#writer = means.log.open(run);
    this.#hasStarted = run.lastEvent > 0;
    this.#owesResumed = run.attempt > 1;
  }

  /** Resolves when the run is over, or is nobody's any more; rejects if it is to come back. `signal` has it left at once. */
  async come(signal: AbortSignal): Promise<void> {
    const { id: runId, sessionId, attempt } = this.#run;
    const { observe } = this.#means;
    observe({ type: 'run-take-up', runId, sessionId, attempt, agent: this.#request.agent });
    const over = new AbortController();
    this.#heed(signal, over.signal);
    let outcome: RunOutcome | undefined;
    try {
      outcome = await this.#work();
    } catch (error) {
      outcome = this.#isLeft || comesBack(error) ? undefined : this.#failed(asError(error));
    } finally {
      over.abort();
    }
    if (outcome) return this.#end(outcome);
    observe({ type: 'run-leave', runId, sessionId, attempt });
    await this.#writer.leave();
    if (this.#writer.letGo === undefined || this.#writer.letGo === 'unavailable') throw runLeft(this.#run.id);
  }

  #heed(signal: AbortSignal, over: AbortSignal): void {
    const { signal: writing } = this.#writer;
    const { draining } = this.#means;
    const heed = (source: AbortSignal, act: () => void) => {
      if (source.aborted) act();
      else source.addEventListener('abort', act, { once: true, signal: over });
    };
    heed(signal, () => this.#leave());
    heed(draining, () => {
      if (!this.#hasEntered) this.#leave();
    });
    heed(writing, () => (writing.reason === 'stop-requested' ? this.#stop() : this.#leave()));
    void hearOfRun(this.#run, this.#means, {
      signal: over,
      onStop: () => this.#stop(),
      onLost: () => this.#writer.drop('taken-over'),
    });
  }

  /** How the run has ended; `undefined` if it goes on elsewhere. */
  async #work(): Promise<RunOutcome | undefined> {
    const { agents, store, leaseTtlMs } = this.#means;
    const { sessionId } = this.#run;
    const agent = agents.get(this.#request.agent);
    if (!agent) return this.#failed(unknownAgent(this.#request.agent));
    const terms = { id: sessionId, mustExist: true, ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }) };
    const session = await agent.openSession(store, terms);
    try {
      return await this.#goOn(session);
    } finally {
      await session.close();
    }
  }

  async #goOn(session: Session): Promise<RunOutcome | undefined> {
    this.#messageCount = (await readMessageCount(this.#means.store, this.#run)) ?? session.state.messages.length;
    this.#start();
    const { attempt } = this.#run;
    const isGivenUp = attempt > this.#means.maxAttempts;
    this.#mayStop = this.#committed(session).length === 0;
    if (!isGivenUp && !(this.#mayStop && this.#isStopAsked)) return this.#send(session);
    this.#resume(this.#committed(session), session);
    return isGivenUp ? this.#failed(gaveUp(this.#run), session) : this.#stopped(session);
  }

  async #send(session: Session): Promise<RunOutcome | undefined> {
    const { input, onBusy = 'queue' } = this.#request;
    const options = {
      signal: this.#abort.signal,
      // What has the session may be what an attempt before has left of this very run.
      onBusy: this.#run.attempt > 1 && onBusy === 'reject' ? ('queue' as const) : onBusy,
      ...(input ? { key: this.#run.id } : {}),
    };
    for await (const event of session.send(input, options)) {
      if (event.type !== 'run-start') await this.#tell(event, session);
      if (event.type === 'run-end') return this.#ended(event);
      if (this.#means.draining.aborted && this.#mayLeave(event)) this.#leave();
    }
    return undefined;
  }

  async #tell(event: AgentEvent, session: Session): Promise<void> {
    this.#hasEntered ||= event.type !== 'run-end';
    if (event.type === 'message-found') this.#resume(event.messages, session);
    else if (this.#owesResumed) this.#resume(this.#committed(session), session);
    if (event.type === 'tool-end') this.#openCalls -= 1;
    if (event.type === 'turn-end') {
      this.#text = messageText(event.turn.message);
      this.#openCalls = toolCalls(event.turn.message).length;
    }
    const news = newsOfEvent(event, { runId: this.#run.id, sessionId: this.#run.sessionId });
    if (news) this.#means.observe(news);
    const body = encodeEvent(event);
    // How far the run may go before its listeners.
    if (body) await this.#writer.write(body);
  }

  /** Makes the end durable, and tells of it if this attempt has made it. */
  async #end(outcome: RunOutcome): Promise<void> {
    await this.#writer.end(outcome);
    if (this.#writer.letGo !== undefined) return;
    const { id: runId, sessionId, createdAt } = this.#run;
    const { reason, error } = outcome;
    const durationMs = this.#means.clock() - createdAt;
    this.#means.observe({ type: 'run-end', runId, sessionId, reason, errorCode: error?.code, durationMs });
  }

  /** Whether all that was done is durable, and what follows can as well be done elsewhere. */
  #mayLeave({ type }: AgentEvent): boolean {
    return (type === 'turn-end' && this.#openCalls > 0) || (type === 'tool-end' && this.#openCalls === 0);
  }

  /** What the conversation has of this run, as far as is known. */
  #committed(session: Session): readonly Message[] {
    if (this.#request.input) return session.messagesSince(this.#run.id) ?? [];
    return session.state.messages.slice(this.#messageCount);
  }

  #start(): void {
    if (!this.#hasStarted) void this.#writer.write(runStarted(this.#run, this.#request, this.#messageCount));
    this.#hasStarted = true;
  }

  /** Tells where the run goes on. */
  #resume(messages: readonly Message[], { state }: Session): void {
    if (!this.#owesResumed) return;
    this.#owesResumed = false;
    this.#text = lastAnswer(messages);
    void this.#writer.write(runResumed(this.#run, messages, state));
    this.#mayStop = true;
    if (this.#isStopAsked) this.#abort.abort();
  }

  async #ended(end: RunEndEvent): Promise<RunOutcome | undefined> {
    const { error } = end;
    if (error && (this.#isLeft || comesBack(error))) return undefined;
    if (wasAnswered(end, this.#run)) return lostOutcome(this.#means.store, this.#run, end, this.#text);
    this.#report(error);
    return endedOutcome(end, this.#text);
  }

  #failed(error: Error, session?: Session): RunOutcome {
    this.#start();
    this.#report(error);
    return failedOutcome(error, { state: session?.state ?? initialState(), text: this.#text });
  }

  #stopped({ state }: Session): RunOutcome {
    return { reason: 'aborted', text: this.#text, totals: totalsOf(state) };
  }

  #report(error: Error | undefined): void {
    const { id: runId, sessionId } = this.#run;
    if (error && isWithheld(error)) this.#means.onError(error, { runId, sessionId });
  }

  #stop(): void {
    this.#isStopAsked = true;
    if (this.#mayStop) this.#abort.abort();
  }

  #leave(): void {
    this.#isLeft = true;
    this.#abort.abort(new AgentError('agent/handed-over', 'The run goes on elsewhere.'));
  }
}

/** The run is to come back: nothing is wrong with it. */
export function runLeft(runId: RunId): ServiceError {
  return new ServiceError('service/run-left', `Run '${runId}' was left, and goes on when it is taken up again.`);
}

/** What has nothing to do with the run itself: another process, or a later time, may have more luck. */
const PASSING: ReadonlySet<unknown> = new Set([
  'checkpoint/closed',
  'checkpoint/lease-lost',
  'checkpoint/tip-moved',
  'checkpoint/unavailable',
]);

function comesBack(error: unknown): boolean {
  return error instanceof Error && PASSING.has(Reflect.get(error, 'code'));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function unknownAgent(name: string): ServiceError {
  return new ServiceError('service/unknown-agent', `This service has no agent '${name}'.`);
}

function gaveUp({ attempt }: RunRecord): ServiceError {
  return new ServiceError(
    'service/gave-up',
    `The run was taken up ${attempt - 1} times and came to no end; the processes that did it have died or lost it.`,
  );
}
