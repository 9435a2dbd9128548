/**
 * One process that works on the jobs of a line.
 *
 * Owns: how many it has at once, that their claims are renewed, and what becomes of each.
 * Leaves to `job-line.ts`: who gets which. To `work`: everything that is done for a run.
 *
 * V1. A claim is renewed until its job is out of line or given back; a job whose claim was lost is told to let go.
 * V2. A job whose `work` has resolved goes out of line. One whose `work` rejects is given back, after a pause unless this worker stops.
 * V3. Once stopped it claims nothing more, and it has nothing claimed when `stop` resolves.
 */

import { pause, systemTimers } from '../../timers.ts';
import type { QueueWorker, WorkTerms } from '../run-queue.ts';
import { type Bell, createBell, isSettledWithin } from './bell.ts';
import { type ClaimedJob, type JobLine, RENEW_MS } from './job-line.ts';

interface GoingJob {
  readonly job: ClaimedJob;
  /** Aborted when the job is to be let go. */
  readonly letGo: AbortController;
  readonly over: Promise<void>;
}

export type JobWorker = InstanceType<typeof PgBossWorker>;

/** How often to look for jobs although nothing was heard, in milliseconds. */
const LOOK_MS = 2000;

/** How long a job stays here after its work was rejected, in milliseconds: what is wrong may be over then. */
const PAUSE_MS = 1000;

/** How long work may take to let go, in milliseconds; then its job is given back all the same. */
const LET_GO_MS = 5000;

/** Begins to work. Resolves once it hears of new jobs. */
export async function startJobWorker(line: JobLine, terms: WorkTerms): Promise<JobWorker> {
  const bell = createBell();
  const unlisten = await line.listen(bell.ring);
  return new PgBossWorker({ line, terms, bell, unlisten });
}

interface WorkerSettings {
  readonly line: JobLine;
  readonly terms: WorkTerms;
  readonly bell: Bell;
  readonly unlisten: () => Promise<void>;
}

class PgBossWorker implements QueueWorker {
  readonly #line: JobLine;
  readonly #terms: WorkTerms;
  readonly #bell: Bell;
  readonly #going = new Set<GoingJob>();
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;
  readonly #renewal: NodeJS.Timeout;
  readonly #unlisten: () => Promise<void>;
  #ending: Promise<void> | undefined;

  constructor({ line, terms, bell, unlisten }: WorkerSettings) {
    this.#line = line;
    this.#terms = terms;
    this.#bell = bell;
    this.#unlisten = unlisten;
    this.#renewal = setInterval(() => void this.#renew(), RENEW_MS);
    this.#loop = this.#run();
  }

  async stop({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#stopping.abort();
    this.#bell.ring();
    const isOver = await isSettledWithin(this.#over(), deadlineMs);
    if (!isOver) {
      for (const { letGo } of this.#going) letGo.abort(new Error('This worker stops.'));
      await isSettledWithin(this.#over(), LET_GO_MS);
    }
    this.#ending ??= this.#end();
    await this.#ending;
  }

  async #over(): Promise<void> {
    await this.#loop;
    await Promise.all([...this.#going].map(({ over }) => over));
  }

  async #end(): Promise<void> {
    clearInterval(this.#renewal);
    // Whoever has not let go writes nothing any more once somebody else has the run.
    await Promise.all([...this.#going].map(({ job }) => this.#giveBack(job)));
    await this.#unlisten();
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const free = this.#terms.concurrency - this.#going.size;
      const jobs = free > 0 ? await this.#claim(free) : [];
      if (this.#stopping.signal.aborted) await Promise.all(jobs.map((job) => this.#giveBack(job)));
      else for (const job of jobs) this.#begin(job);
      await this.#bell.wait(LOOK_MS);
    }
  }

  async #claim(count: number): Promise<readonly ClaimedJob[]> {
    try {
      return await this.#line.claim(count);
    } catch (error) {
      this.#terms.onError(error);
      return [];
    }
  }

  #begin(job: ClaimedJob): void {
    const letGo = new AbortController();
    const over = this.#do(job, letGo.signal).finally(() => {
      this.#going.delete(going);
      this.#bell.ring();
    });
    const going: GoingJob = { job, letGo, over };
    this.#going.add(going);
  }

  async #do(job: ClaimedJob, signal: AbortSignal): Promise<void> {
    try {
      await this.#terms.work(job.run, signal);
      await this.#line.remove(job);
    } catch (error) {
      this.#terms.onError(error, job.run);
      await pause(PAUSE_MS, systemTimers, AbortSignal.any([signal, this.#stopping.signal]));
      await this.#giveBack(job);
    }
  }

  async #giveBack(job: ClaimedJob): Promise<void> {
    try {
      await this.#line.giveBack(job);
    } catch (error) {
      // It comes back when its claim is not renewed.
      this.#terms.onError(error, job.run);
    }
  }

  async #renew(): Promise<void> {
    const going = [...this.#going];
    try {
      const lost = await this.#line.renew(going.map(({ job }) => job));
      for (const { job, letGo } of going) {
        if (lost.includes(job.id)) letGo.abort(new Error(`Another worker has run ${job.run.runId}.`));
      }
    } catch (error) {
      this.#terms.onError(error);
    }
  }
}
