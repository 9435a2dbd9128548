import { ServiceError } from '../errors.ts';
import { pause, systemTimers, type Timers } from '../timers.ts';
import type { QueuedRun, QueueWorker, RunQueue, WorkTerms } from './run-queue.ts';

/** How long a run waits that came back, by how often it has: longer each time, up to the last of these. Milliseconds. */
const COMEBACK_MS = [100, 500, 2000, 10_000, 30_000];

/** A line in this process. Runs that stand in it when the process ends are in the store, and `recoverRuns` puts them in line again. */
export function createLocalQueue(timers: Partial<Timers> = {}): RunQueue {
  return new LocalQueue({ ...systemTimers, ...timers });
}

interface Waiting {
  readonly run: QueuedRun;
  /** How often it has come back. */
  failures: number;
  /** Whether it is worked on, or waits to come back. */
  isTaken: boolean;
}

class LocalQueue implements RunQueue {
  readonly #timers: Timers;
  /** In the order in which they came. */
  readonly #line = new Map<string, Waiting>();
  readonly #workers = new Set<LocalWorker>();
  readonly #closing = new AbortController();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  async enqueue(run: QueuedRun): Promise<void> {
    this.#refuseIfClosed();
    if (!this.#line.has(run.runId)) this.#line.set(run.runId, { run, failures: 0, isTaken: false });
    this.#offer();
  }

  async work(terms: WorkTerms): Promise<QueueWorker> {
    this.#refuseIfClosed();
    const worker = new LocalWorker(terms, {
      next: () => this.#takeNext(),
      onDone: (waiting) => this.#done(waiting),
      onFailed: (waiting) => void this.#comeBack(waiting),
      onStopped: () => this.#workers.delete(worker),
    });
    this.#workers.add(worker);
    worker.wake();
    return worker;
  }

  async depth(): Promise<number> {
    return this.#line.values().reduce((count, { isTaken }) => count + (isTaken ? 0 : 1), 0);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#workers].map((worker) => worker.stop({ deadlineMs: 0 })));
    this.#line.clear();
  }

  #offer(): void {
    for (const worker of this.#workers) worker.wake();
  }

  /** The first whose session has none before it. */
  #takeNext(): Waiting | undefined {
    const sessions = new Set<string>();
    for (const waiting of this.#line.values()) {
      const { sessionId, isBeside = false } = waiting.run;
      if (!waiting.isTaken && (isBeside || !sessions.has(sessionId))) {
        waiting.isTaken = true;
        return waiting;
      }
      if (!isBeside) sessions.add(sessionId);
    }
    return undefined;
  }

  #done({ run }: Waiting): void {
    this.#line.delete(run.runId);
    this.#offer();
  }

  /** It keeps its place in the line of its session. */
  async #comeBack(waiting: Waiting): Promise<void> {
    const delayMs = COMEBACK_MS[Math.min(waiting.failures, COMEBACK_MS.length - 1)] ?? 0;
    waiting.failures += 1;
    await pause(delayMs, this.#timers, this.#closing.signal);
    waiting.isTaken = false;
    this.#offer();
  }

  #refuseIfClosed(): void {
    if (this.#closing.signal.aborted) throw new ServiceError('service/unavailable', 'The line of runs is closed.');
  }
}

interface Line {
  readonly next: () => Waiting | undefined;
  readonly onDone: (waiting: Waiting) => void;
  readonly onFailed: (waiting: Waiting) => void;
  readonly onStopped: () => void;
}

class LocalWorker implements QueueWorker {
  readonly #terms: WorkTerms;
  readonly #line: Line;
  readonly #letGo = new AbortController();
  readonly #going = new Set<Promise<void>>();
  #isStopped = false;

  constructor(terms: WorkTerms, line: Line) {
    this.#terms = terms;
    this.#line = line;
  }

  wake(): void {
    while (!this.#isStopped && this.#going.size < this.#terms.concurrency) {
      const waiting = this.#line.next();
      if (!waiting) return;
      const work = this.#work(waiting).finally(() => {
        this.#going.delete(work);
        this.wake();
      });
      this.#going.add(work);
    }
  }

  async stop({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#isStopped = true;
    this.#line.onStopped();
    const timer = setTimeout(() => this.#letGo.abort(), deadlineMs);
    if (deadlineMs <= 0) this.#letGo.abort();
    await Promise.allSettled([...this.#going]);
    clearTimeout(timer);
  }

  /** Never rejects. */
  async #work(waiting: Waiting): Promise<void> {
    try {
      await this.#terms.work(waiting.run, this.#letGo.signal);
      this.#line.onDone(waiting);
    } catch (error) {
      this.#terms.onError(error, waiting.run);
      this.#line.onFailed(waiting);
    }
  }
}
