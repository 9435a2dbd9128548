import { createHolderName } from '@reprise/agent';
import type { CheckpointStore } from '@reprise/checkpoint';
import { type Agents, namedAgents } from './agents.ts';
import { hasCode, ServiceError } from './errors.ts';
import { type OperationOptions, observerOf } from './operations/options.ts';
import type { QueuedRun, RunQueue } from './queue/run-queue.ts';
import { doRun } from './runs/do-run.ts';
import { createRunChanges, type RunChanges } from './runs/run-changes.ts';
import { createRunLog } from './runs/run-log.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface WorkerOptions extends OperationOptions {
  /** What does the runs: one agent, or several by name. */
  readonly agent: Agents;
  readonly store: CheckpointStore;
  readonly queue: RunQueue;
  /** How many runs are done at once. Default 8. */
  readonly concurrency?: number;
  /** How long after this process has died another machine may go on with its sessions, in milliseconds. Default: the agent's, 30 000. */
  readonly leaseTtlMs?: number;
  /** The least time between two writes of events, in milliseconds. Default 200. */
  readonly flushMs?: number;
  /** How often a run is taken up, after crashes and stops of processes, before it is given up. Default 20. */
  readonly maxAttempts?: number;
  /** The name under which runs are taken up. Default: one of this host, process and worker. */
  readonly holder?: string;
  /** The watch on the store's runs, if this process has one already; then it is not closed. */
  readonly changes?: RunChanges;
  /** Told what clients are not: what a run really failed with, and trouble with the store. Default: nobody is. */
  readonly onError?: (error: unknown, run?: QueuedRun) => void;
  /** Default: the system's. */
  readonly timers?: Timers;
}

export interface Worker {
  /** How many runs it is doing. */
  readonly going: number;
  /**
   * Takes no further run, and leaves each at the next point at which nothing of it is lost: it is over, or stays going for whoever takes it
   * up. After `deadlineMs` (default 30 000) runs are left at once, in the midst of an answer or a tool. Resolves when all that happened is
   * durable.
   */
  stop(terms?: { readonly deadlineMs?: number }): Promise<void>;
}

const DEFAULT_CONCURRENCY = 8;
const DEFAULT_MAX_ATTEMPTS = 20;
const DEFAULT_DEADLINE_MS = 30_000;

/** Does runs from the line, until it is stopped. Rejects with `service/invalid-option`, or as the queue does. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const {
    store,
    queue,
    concurrency = DEFAULT_CONCURRENCY,
    maxAttempts = DEFAULT_MAX_ATTEMPTS,
    flushMs,
    leaseTtlMs,
    holder = createHolderName(),
    timers = systemTimers,
  } = options;
  const agents = namedAgents(options.agent);
  const observe = observerOf(options);
  const onError: NonNullable<WorkerOptions['onError']> = (error, run) => {
    observe({ type: 'trouble', error, run });
    options.onError?.(error, run);
  };
  checkWhole({ concurrency, maxAttempts, leaseTtlMs, flushMs });
  const changes = options.changes ?? (await createRunChanges(store, { ...timers, onError }));
  const onWritten = (waitedMs: number) => observe({ type: 'events-write', waitedMs });
  const log = createRunLog({ store, ...timers, onError, onWritten, ...(flushMs === undefined ? {} : { flushMs }) });
  const draining = new AbortController();
  const { clock, after } = timers;
  const means = {
    agents,
    store,
    log,
    changes,
    holder,
    clock,
    after,
    maxAttempts,
    leaseTtlMs,
    draining: draining.signal,
    onError,
    observe,
  };
  let going = 0;

  async function work(run: QueuedRun, signal: AbortSignal): Promise<void> {
    going += 1;
    try {
      await doRun(run, signal, means);
    } finally {
      going -= 1;
    }
  }

  async function endWatch(): Promise<void> {
    await log.close();
    if (!options.changes) changes.close();
  }

  const line = await queue.work({ concurrency, work, onError: exceptLeft(onError) }).catch(async (error: unknown) => {
    await endWatch();
    throw error;
  });

  observe({ type: 'worker-start', holder, concurrency });
  return {
    get going() {
      return going;
    },
    async stop({ deadlineMs = DEFAULT_DEADLINE_MS } = {}) {
      draining.abort();
      await line.stop({ deadlineMs });
      await endWatch();
      observe({ type: 'worker-end', holder, concurrency });
    },
  };
}

/** A run that was left is no trouble: it comes back. */
function exceptLeft(onError: NonNullable<WorkerOptions['onError']>): NonNullable<WorkerOptions['onError']> {
  return (error, run) => {
    if (!hasCode(error, 'service/run-left')) onError(error, run);
  };
}

function checkWhole(options: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new ServiceError('service/invalid-option', `${name} is ${value}; it must be a whole number of at least 1.`);
  }
}
