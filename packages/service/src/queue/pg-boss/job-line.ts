/**
 * Runs as jobs in pg-boss: one queue, in which a job is a run and its key, but for some, the session.
 *
 * Owns: everything that is known of pg-boss and of its tables.
 * Leaves to `job-worker.ts`: which jobs to take, and when. To `heal-line.ts`: what should be in line and is not.
 *
 * J1. A job's id follows from its run's, so a run is in line at most once, whoever puts it there.
 * J2. Of one key at most one job is claimed at a time, and the oldest one first (policy `key_strict_fifo`). A run that is to be worked on
 *     beside its session has a key of its own.
 * J3. A claim names its attempt: whoever has lost it can neither take the job out of line nor give it back.
 * J4. A job that is done is deleted, so that the same run can be put in line again.
 */

import { hash } from 'node:crypto';
import type { RunId } from '@reprise/checkpoint';
import type { Db, PgBoss } from 'pg-boss';
import { ServiceError } from '../../errors.ts';
import type { QueuedRun } from '../run-queue.ts';

/** A run that this process works on. */
export interface ClaimedJob {
  readonly id: string;
  /** Which attempt this is: pg-boss counts them. */
  readonly retryCount: number;
  readonly run: QueuedRun;
}

/** How a run stands in line. */
export interface JobPlace {
  readonly id: string;
  readonly retryCount: number;
  /** Whether a worker has it. */
  readonly isClaimed: boolean;
  /** Since when, in milliseconds. */
  readonly claimAgeMs: number;
  /** Whether pg-boss has given it up, which nobody but an operator makes it do. */
  readonly isOver: boolean;
}

export type JobLine = InstanceType<typeof PgBossLine>;

const QUEUE = 'runs';

/** The least that pg-boss takes. */
const HEARTBEAT_SECONDS = 10;

/** How often a claim has to be renewed, in milliseconds: two of these may fail. */
export const RENEW_MS: number = (HEARTBEAT_SECONDS * 1000) / 3;

const DAY_SECONDS = 86_400;

const QUEUE_SETTINGS = {
  policy: 'key_strict_fifo',
  heartbeatSeconds: HEARTBEAT_SECONDS,
  // The most that it takes: a run that is still going a day after it was claimed is taken over, which costs it an unfinished turn.
  expireInSeconds: DAY_SECONDS,
  // The largest integer of the column: a run stays in line until it has ended.
  retryLimit: 2 ** 31 - 1,
  retryDelay: 0,
  retentionSeconds: 3650 * DAY_SECONDS,
} as const;

interface LineSettings {
  readonly boss: PgBoss;
  readonly schema: string;
}

/** The line of a pg-boss that was started, with its queue. */
export async function openJobLine({ boss, schema }: LineSettings): Promise<JobLine> {
  await boss.createQueue(QUEUE, QUEUE_SETTINGS);
  return new PgBossLine({ boss, schema });
}

class PgBossLine {
  readonly #boss: PgBoss;
  readonly #database: Db;
  readonly #schema: string;
  readonly #channel: string;

  constructor({ boss, schema }: LineSettings) {
    this.#boss = boss;
    this.#database = boss.getDb();
    this.#schema = schema;
    // Names of channels are shared by all that a database holds, and cut when they are long.
    this.#channel = `reprise_jobs_${hash('sha256', schema, 'hex').slice(0, 24)}`;
  }

  /** Harmless if the run is in line. */
  async put(run: QueuedRun): Promise<void> {
    await this.#reach(async () => {
      await this.#boss.send(QUEUE, run, { id: jobIdOf(run.runId), singletonKey: keyOf(run) });
      await this.#tell();
    });
  }

  /** Claims up to `count` jobs, fewer if no more may be worked on now. */
  async claim(count: number): Promise<readonly ClaimedJob[]> {
    const jobs = await this.#boss.fetch<QueuedRun>(QUEUE, { batchSize: count });
    return jobs.map(({ id, retryCount, data }) => ({ id, retryCount, run: data }));
  }

  /** Renews claims; resolves to the ids of the jobs that are claimed by somebody else now, or by nobody. */
  async renew(jobs: readonly ClaimedJob[]): Promise<readonly string[]> {
    if (jobs.length === 0) return [];
    const response = await this.#boss.touch(QUEUE, [...jobs]);
    const held = Reflect.get(response, 'settled');
    // Without the ids nothing is known of any of them.
    return Array.isArray(held) ? jobs.filter(({ id }) => !held.includes(id)).map(({ id }) => id) : [];
  }

  /** Takes a job that is done out of line. */
  async remove(job: ClaimedJob): Promise<void> {
    await this.#boss.deleteJob(QUEUE, job);
  }

  /** Gives a job back, to be claimed again at once, and before any other of its session. */
  async giveBack(job: Pick<ClaimedJob, 'id' | 'retryCount'>): Promise<void> {
    await this.#boss.fail(QUEUE, job);
    await this.#tell();
  }

  /** How these runs stand in line; one that does not is left out. */
  async places(runIds: readonly RunId[]): Promise<ReadonlyMap<RunId, JobPlace>> {
    const runs = new Map(runIds.map((runId) => [jobIdOf(runId), runId]));
    const { rows } = await this.#database.executeSql(
      `SELECT id, state::text AS state, retry_count, EXTRACT(epoch FROM now() - started_on) * 1000 AS age
       FROM ${this.#schema}.job WHERE name = $1 AND id = ANY($2::uuid[])`,
      [QUEUE, [...runs.keys()]],
    );
    return new Map(rows.map((row) => [runs.get(row.id) ?? '', placeOf(row)]));
  }

  /** Forgets jobs that pg-boss has given up, so that their runs can be put in line again. */
  async forget(places: readonly JobPlace[]): Promise<void> {
    if (places.length > 0) {
      await this.#boss.deleteJob(
        QUEUE,
        places.map(({ id }) => id),
      );
    }
  }

  /** How many wait. */
  async countWaiting(): Promise<number> {
    const { rows } = await this.#reach(() =>
      this.#database.executeSql(
        `SELECT count(*)::int AS count FROM ${this.#schema}.job WHERE name = $1 AND state < 'active'`,
        [QUEUE],
      ),
    );
    return Number(rows[0]?.count);
  }

  /** Gives back the jobs whose claims were not renewed in time, and has pg-boss keep its tables in order. */
  async tend(): Promise<void> {
    await this.#boss.supervise(QUEUE);
  }

  /** Calls `onPut` when there may be a job to claim, from any process. Resolves to what ends that. */
  async listen(onPut: () => void): Promise<() => Promise<void>> {
    const handle = await this.#database.listen?.(this.#channel, onPut, onPut);
    return async () => handle?.close();
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  async #tell(): Promise<void> {
    await this.#database.executeSql('SELECT pg_notify($1, $2)', [this.#channel, '']);
  }

  async #reach<Result>(ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask();
    } catch (error) {
      throw lineUnavailable(this.#schema, error);
    }
  }
}

/** What a caller hears when the database says no, or nothing. */
export function lineUnavailable(schema: string, error: unknown): ServiceError {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  const words = error instanceof Error && error.message !== '' ? error.message : 'no answer';
  return new ServiceError(
    'service/unavailable',
    `The line of runs in Postgres, schema '${schema}', cannot be used: ${words}${code}. Check that the database runs, and try again.`,
    { cause: error },
  );
}

function placeOf(row: Readonly<Record<string, unknown>>): JobPlace {
  const state = String(row['state']);
  return {
    id: String(row['id']),
    retryCount: Number(row['retry_count']),
    isClaimed: state === 'active',
    claimAgeMs: Number(row['age']),
    isOver: state === 'completed' || state === 'cancelled' || state === 'failed',
  };
}

function keyOf({ runId, sessionId, isBeside = false }: QueuedRun): string {
  return isBeside ? `${sessionId}\n${runId}` : sessionId;
}

/** A UUID of version 8, which holds whatever its maker likes (RFC 9562, section 5.8). */
function jobIdOf(runId: RunId): string {
  const bytes = Buffer.from(hash('sha256', runId, 'hex').slice(0, 32), 'hex');
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
