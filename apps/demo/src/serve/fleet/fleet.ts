/**
 * The processes that work on runs.
 *
 * E1. As many run as were asked for: one that dies is replaced, sooner the longer it has worked.
 * E2. None is left when `stop` has resolved.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { DemoError } from '../../errors.ts';
import { type ServerMessage, WORKER_PROCESS, type WorkerMessage, type WorkerTask } from './protocol.ts';

export interface FleetOptions {
  /** What a worker process is started from. */
  readonly mainFile: string;
  readonly size: number;
  readonly task: WorkerTask;
  readonly onNews: (news: FleetNews) => void;
}

export interface FleetNews {
  /** Counted from 1. */
  readonly worker: number;
  readonly pid: number | undefined;
  readonly what: 'is ready' | 'has died' | 'has ended';
  /** The signal or the exit code that ended it. */
  readonly how?: string;
}

export interface Fleet {
  /** Has the workers leave their runs within that time. */
  stop(terms: { readonly deadlineMs: number }): Promise<void>;
}

/** How often in a row a worker may end before it is ready. */
const MAX_FAILURES = 3;

const FIRST_DELAY_MS = 250;

/** More than the deadline of the runs, for what is to be closed after them. */
const CLOSE_MS = 10_000;

/** Starts the workers. Resolves when all are ready; rejects with what the first failed of if one cannot begin. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const posts = Array.from({ length: options.size }, (_, index) => new Post(index + 1, options));
  const stop: Fleet['stop'] = async (terms) => void (await Promise.all(posts.map((post) => post.stop(terms))));
  try {
    await Promise.all(posts.map((post) => post.ready));
    return { stop };
  } catch (error) {
    await stop({ deadlineMs: 0 });
    throw error;
  }
}

/** One place in the fleet, whichever process fills it. */
class Post {
  /** Settled when a process of this post is ready for the first time, or none will be. */
  readonly ready: Promise<void>;
  readonly #number: number;
  readonly #options: FleetOptions;
  readonly #firstReady = Promise.withResolvers<void>();
  #child: ChildProcess;
  #exit: Promise<unknown>;
  #failures = 0;
  #failure: string | undefined;
  #restart: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(number: number, options: FleetOptions) {
    this.#number = number;
    this.#options = options;
    this.ready = this.#firstReady.promise;
    [this.#child, this.#exit] = this.#start();
  }

  async stop({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    send(this.#child, { type: 'stop', deadlineMs });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs + CLOSE_MS);
    await this.#exit;
    clearTimeout(timer);
  }

  #start(): [ChildProcess, Promise<unknown>] {
    this.#failure = undefined;
    const child = fork(this.#options.mainFile, [WORKER_PROCESS], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (message: WorkerMessage) => this.#hear(message));
    const exit = once(child, 'close').then(
      ([code, signal]) => this.#ended(String(signal ?? `exit code ${code}`)),
      (error: unknown) => this.#ended(String(error)),
    );
    send(child, { type: 'start', task: this.#options.task });
    return [child, exit];
  }

  #hear(message: WorkerMessage): void {
    if (message.type === 'failed') {
      this.#failure = message.message;
      return;
    }
    this.#failures = 0;
    this.#tell('is ready');
    this.#firstReady.resolve();
  }

  #ended(how: string): void {
    this.#tell(this.#isStopping ? 'has ended' : 'has died', this.#failure ?? how);
    if (this.#isStopping) return;
    this.#failures += 1;
    if (this.#failures > MAX_FAILURES) {
      this.#firstReady.reject(new DemoError(this.#failure ?? `Worker ${this.#number} cannot begin (${how}).`));
    }
    this.#restart = setTimeout(
      () => {
        [this.#child, this.#exit] = this.#start();
      },
      FIRST_DELAY_MS * 2 ** Math.min(this.#failures - 1, 6),
    );
  }

  #tell(what: FleetNews['what'], how?: string): void {
    const { onNews } = this.#options;
    onNews({ worker: this.#number, pid: this.#child.pid, what, ...(how === undefined ? {} : { how }) });
  }
}

function send(child: ChildProcess, message: ServerMessage): void {
  // A process that is gone needs no answer; its exit is being waited for.
  if (child.connected) child.send(message, () => {});
}
