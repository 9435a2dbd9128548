/**
 * The events of the runs that this process is doing, on their way to the store.
 *
 * Owns: when they are written, and what is written together.
 * Leaves to the store: their numbers, and who may write. To `do-run.ts`: what a run does that is told to stop.
 *
 * G1. What is written of a run is in the store in the order of writing, each event once, whatever fails on the way.
 * G2. One append at a time, for all runs of the process: at once after a quiet spell, else every `flushMs`.
 * G3. What is not durable yet is bounded: who writes more than that is given a promise to wait for.
 * G4. A run that this process may not write any more is told so, and what it still writes goes nowhere.
 */

import type { CheckpointStore, RunAppend, RunAppendResult, RunId, RunRecord } from '@reprise/checkpoint';
import { ServiceError } from '../errors.ts';
import { pause, systemTimers, type Timers } from '../timers.ts';
import { EventLine } from './event-line.ts';
import type { RunWriter } from './run-writer.ts';

export interface RunLogOptions extends Partial<Timers> {
  readonly store: RunLogStore;
  /** The least time between two appends, in milliseconds, unless somebody waits for one. Default 200. */
  readonly flushMs?: number;
  /** How many characters of a run may wait to become durable before the run has to wait. Default 1 048 576. */
  readonly maxWaitingChars?: number;
  /** Told why the store could not be written. */
  readonly onError: (error: unknown) => void;
  /** Told how long the first of the events that were written together had waited to be durable, in milliseconds. Default: nobody is told. */
  readonly onWritten?: (waitedMs: number) => void;
}

type RunLogStore = Pick<CheckpointStore, 'appendRunEvents' | 'readRun'>;

export interface RunLog {
  /** For the attempt that has just taken the run up. */
  open(run: RunRecord): RunWriter;
  /** Writes what is left. Never rejects: what could not be written was told to `onError`. */
  close(): Promise<void>;
}

const DEFAULT_FLUSH_MS = 200;
const DEFAULT_MAX_WAITING_CHARS = 1_048_576;

/** How long to wait before each further attempt to write, in milliseconds. */
const RETRY_DELAYS_MS = [100, 200, 400, 800, 1600];

export function createRunLog(options: RunLogOptions): RunLog {
  return new GroupLog({
    flushMs: DEFAULT_FLUSH_MS,
    maxWaitingChars: DEFAULT_MAX_WAITING_CHARS,
    onWritten: () => {},
    ...systemTimers,
    ...options,
  });
}

class GroupLog implements RunLog {
  readonly #options: Required<RunLogOptions>;
  readonly #open = new Map<RunId, EventLine>();
  /** Those that have something to write. */
  readonly #dirty = new Set<EventLine>();
  #writing: Promise<void> | undefined;
  #isUrgent = false;
  /** When the first of what waits to be written came. */
  #waitingSince: number | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(options: Required<RunLogOptions>) {
    this.#options = options;
  }

  open(run: RunRecord): RunWriter {
    if (this.#isClosed)
      throw new ServiceError('service/unavailable', `Run '${run.id}' came to a process that is going.`);
    this.#open.get(run.id)?.drop('taken-over');
    const line = new EventLine(run, {
      maxWaitingChars: this.#options.maxWaitingChars,
      onWritten: (isUrgent) => this.#hasMore(line, isUrgent),
      onLeft: () => this.#forget(line),
    });
    this.#open.set(run.id, line);
    return line;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#open.values()].map((line) => line.flush()));
    this.#cancelTimer?.();
  }

  #hasMore(line: EventLine, isUrgent: boolean): void {
    this.#dirty.add(line);
    this.#waitingSince ??= this.#options.clock();
    this.#isUrgent ||= isUrgent;
    this.#schedule();
  }

  #forget(line: EventLine): void {
    this.#dirty.delete(line);
    if (this.#open.get(line.runId) === line) this.#open.delete(line.runId);
  }

  #schedule(): void {
    if (this.#writing || this.#dirty.size === 0) return;
    const { clock, after, flushMs } = this.#options;
    const waitMs = this.#isUrgent ? 0 : this.#startedAt + flushMs - clock();
    if (waitMs <= 0) {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      this.#writing = this.#write();
    } else {
      this.#cancelTimer ??= after(waitMs, () => {
        this.#cancelTimer = undefined;
        this.#schedule();
      });
    }
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    // What is written in the same moment goes together.
    await Promise.resolve();
    this.#startedAt = this.#options.clock();
    this.#isUrgent = false;
    const lines = [...this.#dirty];
    const since = this.#waitingSince ?? this.#startedAt;
    this.#waitingSince = undefined;
    this.#dirty.clear();
    const taken = lines.filter((line) => line.take(this.#startedAt));
    await this.#append(taken);
    if (taken.length > 0) this.#options.onWritten(this.#options.clock() - since);
    this.#writing = undefined;
    this.#schedule();
  }

  /** Writes what these have taken, or lets them go. */
  async #append(taken: readonly EventLine[]): Promise<void> {
    let left = taken;
    for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
      const error = await this.#tryAppend(left);
      if (error === undefined) return;
      const isLast = delayMs === undefined || !isWorthRetrying(error.cause);
      if (isLast) return this.#letGo(left, error.cause);
      await pause(delayMs, this.#options);
      left = await this.#findUnwritten(left);
    }
  }

  async #tryAppend(lines: readonly EventLine[]): Promise<{ readonly cause: unknown } | undefined> {
    const going = lines.flatMap((line) => (line.taken ? { line, append: line.taken } : []));
    if (going.length === 0) return undefined;
    try {
      const results = await this.#options.store.appendRunEvents(going.map(({ append }) => append));
      for (const [index, { line, append }] of going.entries()) line.settle(append, resultAt(results, index));
      return undefined;
    } catch (cause) {
      return { cause };
    }
  }

  /** An append may have been written although its answer was lost: the store's number of the last event tells. */
  async #findUnwritten(lines: readonly EventLine[]): Promise<readonly EventLine[]> {
    const { store, onError } = this.#options;
    const unwritten: EventLine[] = [];
    for (const line of lines) {
      const append = line.taken;
      if (!append) continue;
      const run = await store.readRun(line.runId).catch(() => 'unknown' as const);
      const found = run === 'unknown' ? 'unwritten' : whatBecameOf(append, run);
      if (found === 'unwritten') unwritten.push(line);
      else if (found !== 'out-of-step') line.settle(append, found);
      else {
        onError(lostCount(append, run));
        line.drop('unavailable');
      }
    }
    return unwritten;
  }

  #letGo(lines: readonly EventLine[], cause: unknown): void {
    this.#options.onError(cause);
    for (const line of lines) line.drop('unavailable', cause);
  }
}

function resultAt(results: readonly RunAppendResult[], index: number): RunAppendResult {
  const result = results[index];
  if (result) return result;
  throw new ServiceError('service/unavailable', 'The store answered fewer appends than it was given.');
}

/** A store that knows the run otherwise than its writer may have written the last append after all. */
function isWorthRetrying(error: unknown): boolean {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return code === 'checkpoint/unavailable' || code === 'checkpoint/invalid-write';
}

/** What the store made of an append whose answer did not come. */
function whatBecameOf(
  { attempt, after, events, end }: RunAppend,
  run: RunRecord | undefined,
): RunAppendResult | 'unwritten' | 'out-of-step' {
  if (!run) return { isWritten: false, reason: 'missing' };
  if (run.attempt !== attempt) return { isWritten: false, reason: 'taken-over' };
  const { lastEvent, stopRequested } = run;
  const isAllThere = lastEvent === after + events.length;
  if (run.state === 'ended')
    return end && isAllThere ? { isWritten: true, stopRequested } : { isWritten: false, reason: 'ended' };
  if (lastEvent === after) return 'unwritten';
  return isAllThere && !end ? { isWritten: true, stopRequested } : 'out-of-step';
}

function lostCount({ runId, after, events }: RunAppend, run: RunRecord | undefined | 'unknown'): ServiceError {
  const has = typeof run === 'object' ? run.lastEvent : 'an unknown number of';
  return new ServiceError(
    'service/unavailable',
    `The store has ${has} events of run '${runId}', and its writer had ${after} and ${events.length} more. The run is taken up anew.`,
  );
}
