import type { RunAppend, RunAppendResult, RunId, RunRecord } from '@reprise/checkpoint';
import { ServiceError } from '../errors.ts';
import type { RunEventBody, RunOutcome } from '../wire/run-event.ts';
import { encodeOutcome } from './run-outcome.ts';
import type { RunLetGo, RunWriter } from './run-writer.ts';

export interface EventLineTerms {
  readonly maxWaitingChars: number;
  /** Something has come; `isUrgent` when somebody waits for it. */
  readonly onWritten: (isUrgent: boolean) => void;
  /** The run is not this line's any more, or has ended. */
  readonly onLeft: () => void;
}

interface Waiter {
  /** The number of events that are to be durable. */
  readonly upTo: number;
  readonly promise: PromiseWithResolvers<void>;
}

/** The events of one attempt at a run that are not durable yet, in the order in which they were written. */
export class EventLine implements RunWriter {
  readonly runId: RunId;
  readonly #attempt: number;
  readonly #terms: EventLineTerms;
  readonly #stop = new AbortController();
  /** Not durable yet; the first of them are what was taken. */
  #waiting: string[] = [];
  #waitingChars = 0;
  #end: RunAppend['end'];
  /** The number of the last event that is durable. */
  #durable: number;
  #taken: RunAppend | undefined;
  #waiters: readonly Waiter[] = [];
  #room: PromiseWithResolvers<void> | undefined;
  #letGo: RunWriter['letGo'];
  #isOver = false;

  constructor({ id, attempt, lastEvent, stopRequested }: RunRecord, terms: EventLineTerms) {
    this.runId = id;
    this.#attempt = attempt;
    this.#durable = lastEvent;
    this.#terms = terms;
    if (stopRequested) this.#stop.abort('stop-requested' satisfies RunLetGo);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get letGo(): RunWriter['letGo'] {
    return this.#letGo;
  }

  /** What is being written. */
  get taken(): RunAppend | undefined {
    return this.#taken;
  }

  write(event: RunEventBody): Promise<void> | undefined {
    if (this.#isOver || this.#end) return undefined;
    this.#add(event);
    const isFull = this.#waitingChars > this.#terms.maxWaitingChars;
    this.#terms.onWritten(isFull);
    if (!isFull) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  async flush(): Promise<void> {
    const upTo = this.#durable + this.#waiting.length;
    if (this.#isOver) return this.#refuse();
    if (this.#waiting.length === 0 && !this.#end) return undefined;
    // One more than there are events, for an end: it is durable when the run is over.
    const waiter = { upTo: this.#end ? upTo + 1 : upTo, promise: Promise.withResolvers<void>() };
    this.#waiters = [...this.#waiters, waiter];
    this.#terms.onWritten(true);
    return waiter.promise.promise;
  }

  async end(outcome: RunOutcome): Promise<void> {
    if (!this.#isOver && !this.#end) {
      this.#add({ type: 'run-end', ...outcome });
      this.#end = { outcome: encodeOutcome(outcome) };
    }
    return this.flush();
  }

  async leave(): Promise<void> {
    try {
      await this.flush();
    } finally {
      if (!this.#isOver) this.#finish();
    }
  }

  /** Takes everything there is to be written; whether there was anything. */
  take(at: number): boolean {
    if (this.#isOver || (this.#waiting.length === 0 && !this.#end)) return false;
    const { runId } = this;
    this.#taken = {
      runId,
      attempt: this.#attempt,
      after: this.#durable,
      events: [...this.#waiting],
      end: this.#end,
      at,
    };
    return true;
  }

  /** What has become of what was taken. */
  settle({ events, end }: RunAppend, result: RunAppendResult): void {
    this.#taken = undefined;
    if (this.#isOver) return;
    if (!result.isWritten) {
      this.drop(result.reason);
      return;
    }
    this.#durable += events.length;
    for (const text of this.#waiting.splice(0, events.length)) this.#waitingChars -= text.length;
    if (this.#waitingChars <= this.#terms.maxWaitingChars) this.#makeRoom();
    if (end) this.#finish();
    else if (result.stopRequested) this.#stop.abort('stop-requested' satisfies RunLetGo);
    this.#tellWaiters();
  }

  drop(why: Exclude<RunLetGo, 'stop-requested'>, cause?: unknown): void {
    if (this.#isOver) return;
    this.#letGo = why;
    this.#finish();
    this.#stop.abort(why);
    this.#makeRoom();
    for (const { promise } of this.#waiters) {
      if (why === 'unavailable') promise.reject(unavailable(this.runId, cause));
      else promise.resolve();
    }
    this.#waiters = [];
  }

  #add(event: RunEventBody): void {
    const text = JSON.stringify(event);
    this.#waiting.push(text);
    this.#waitingChars += text.length;
  }

  #finish(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#waitingChars = 0;
    this.#terms.onLeft();
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #tellWaiters(): void {
    const isReady = ({ upTo }: Waiter) => this.#isOver || upTo <= this.#durable;
    for (const waiter of this.#waiters.filter(isReady)) waiter.promise.resolve();
    this.#waiters = this.#waiters.filter((waiter) => !isReady(waiter));
  }

  #refuse(): void {
    if (this.#letGo === 'unavailable') throw unavailable(this.runId, undefined);
  }
}

function unavailable(runId: RunId, cause: unknown): ServiceError {
  return new ServiceError(
    'service/unavailable',
    `The events of run '${runId}' could not be written; it is taken up anew.`,
    {
      cause,
    },
  );
}
