import { isPassing, ServiceProblem } from './problem.ts';

/** How long a client goes on trying. */
export interface Patience {
  /** The first wait between two tries; each further one is twice as long, up to `maxDelayMs`, less a random part. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Gives up after so long without any sign of life. */
  readonly giveUpAfterMs: number;
}

export const DEFAULT_PATIENCE: Patience = { minDelayMs: 500, maxDelayMs: 15_000, giveUpAfterMs: 120_000 };

/** What differs from run to run; tests pass their own. */
export interface ClientPorts {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Resolves after so long, or at once when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly createId: () => string;
}

export const browserPorts: ClientPorts = {
  clock: () => Date.now(),
  random: () => Math.random(),
  sleep: sleepUntil,
  createId: () => crypto.randomUUID(),
};

/** The tries of one request, or of one stream: what to wait between them, and when to give up. */
export class Tries {
  readonly #patience: Patience;
  readonly #ports: ClientPorts;
  #failed = 0;
  #aliveAt: number;

  constructor(patience: Patience, ports: ClientPorts) {
    this.#patience = patience;
    this.#ports = ports;
    this.#aliveAt = ports.clock();
  }

  /** Notes a sign of life: it begins anew. */
  succeed(): void {
    this.#failed = 0;
    this.#aliveAt = this.#ports.clock();
  }

  /** Waits until it is time to try again. Throws the error if that cannot help, or has not helped for long enough. */
  async waitAfter(error: unknown, signal: AbortSignal): Promise<void> {
    if (!isPassing(error)) throw error;
    const waitMs = this.#delayMs(error instanceof ServiceProblem ? error.retryAfterMs : undefined);
    if (this.#ports.clock() + waitMs - this.#aliveAt > this.#patience.giveUpAfterMs) throw error;
    this.#failed += 1;
    await this.#ports.sleep(waitMs, signal);
    signal.throwIfAborted();
  }

  #delayMs(askedMs: number | undefined): number {
    const { minDelayMs, maxDelayMs } = this.#patience;
    const fullMs = Math.min(maxDelayMs, minDelayMs * 2 ** this.#failed);
    // Half of it is random, so that clients that were cut off together do not come back together.
    return Math.max(askedMs ?? 0, fullMs * (0.5 + this.#ports.random() / 2));
  }
}

function sleepUntil(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
  });
}
