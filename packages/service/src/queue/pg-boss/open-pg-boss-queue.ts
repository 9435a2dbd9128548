import { isHolderGone } from '@reprise/agent';
import type { CheckpointStore } from '@reprise/checkpoint';
import type { PgBoss } from 'pg-boss';
import { ServiceError } from '../../errors.ts';
import type { QueuedRun, QueueWorker, RunQueue, WorkTerms } from '../run-queue.ts';
import { startHealing } from './heal-loop.ts';
import { type JobLine, lineUnavailable, openJobLine } from './job-line.ts';
import { startJobWorker } from './job-worker.ts';
import { loadPgBoss } from './load-pg-boss.ts';

export interface PgBossQueueOptions {
  /** `postgres://user:password@host:port/database`; the store's own database does. */
  readonly connectionString: string;
  /** The store that keeps the runs: what is open there and not in line is put in line by the processes that work. */
  readonly store: CheckpointStore;
  /** The schema of pg-boss's tables, of lower-case letters, digits and underscores; created if there is none. Default `reprise_jobs`. */
  readonly schema?: string;
  /** How many connections this process may have besides the one it listens on. Default 4. */
  readonly maxConnections?: number;
  /** How often a process that works looks for runs without a place in line, in milliseconds. Default 10 000. */
  readonly healMs?: number;
  /** Told of trouble that nobody waits for, such as a connection that was lost and is made again. Default: nobody is. */
  readonly onError?: (error: unknown) => void;
}

const DEFAULTS = { schema: 'reprise_jobs', maxConnections: 4, healMs: 10_000, onError: () => {} } as const;

/** No statement takes as long: a server that is silent for that long is gone. */
const QUERY_TIMEOUT_MS = 120_000;

/** How often the line may be searched for claims that were not renewed, in seconds, by all processes together. */
const MONITOR_SECONDS = 5;

/**
 * A line in a PostgreSQL database, for any number of processes on any number of machines. Needs the package `pg-boss`: rejects with
 * `service/missing-package` without it, with `service/invalid-option`, and with `service/unavailable` for a database that cannot be used.
 *
 * The runs of a worker that dies are given to another one: within seconds if it was on the same machine, else when its claims run out,
 * after 10 to 25 s.
 */
export async function openPgBossQueue(options: PgBossQueueOptions): Promise<RunQueue> {
  const settings = { ...DEFAULTS, ...options };
  checkSchema(settings.schema);
  const boss = await startPgBoss(settings);
  try {
    const line = await openJobLine({ boss, schema: settings.schema });
    return new PgBossQueue(line, settings);
  } catch (error) {
    await boss.stop({ graceful: false });
    throw lineUnavailable(settings.schema, error);
  }
}

type Settings = Required<PgBossQueueOptions>;

/** The name is written into statements. */
function checkSchema(schema: string): void {
  if (/^[a-z_][a-z0-9_]{0,49}$/.test(schema)) return;
  throw new ServiceError(
    'service/invalid-option',
    `The schema '${schema}' cannot be the line's; name one of at most 50 lower-case letters, digits and underscores.`,
  );
}

async function startPgBoss({ connectionString, schema, maxConnections, onError }: Settings): Promise<PgBoss> {
  const { PgBoss } = await loadPgBoss();
  const settings = {
    connectionString,
    schema,
    max: maxConnections,
    application_name: 'reprise-jobs',
    // Passed on to the driver.
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    // Nothing is scheduled, and whoever works has the tables kept in order.
    schedule: false,
    supervise: false,
    monitorIntervalSeconds: MONITOR_SECONDS,
  };
  const boss = new PgBoss(settings);
  boss.on('error', onError);
  try {
    return await boss.start();
  } catch (error) {
    await boss.stop({ graceful: false });
    throw lineUnavailable(schema, error);
  }
}

class PgBossQueue implements RunQueue {
  readonly #line: JobLine;
  readonly #settings: Settings;
  readonly #workers = new Set<QueueWorker>();
  #closing: Promise<void> | undefined;

  constructor(line: JobLine, settings: Settings) {
    this.#line = line;
    this.#settings = settings;
  }

  async enqueue(run: QueuedRun): Promise<void> {
    await this.#line.put(run);
  }

  async work(terms: WorkTerms): Promise<QueueWorker> {
    const { store, healMs } = this.#settings;
    const line = this.#line;
    const jobs = await startJobWorker(line, terms);
    const healing = startHealing({ store, line, isHolderGone, healMs, onError: terms.onError });
    const worker: QueueWorker = {
      stop: async (stopTerms) => {
        await Promise.all([healing.stop(), jobs.stop(stopTerms)]);
        this.#workers.delete(worker);
      },
    };
    this.#workers.add(worker);
    return worker;
  }

  depth(): Promise<number> {
    return this.#line.countWaiting();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.stop({ deadlineMs: 0 })));
    await this.#line.close();
  }
}
