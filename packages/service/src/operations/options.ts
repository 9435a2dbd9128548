import type { Level, Log } from './log.ts';
import { createLog, logTo } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import { type Observer, observeAll } from './service-news.ts';

/** Who hears of what a handler or a worker does. */
export interface OperationOptions {
  /** Counts and measures; one for all handlers and workers of a process. Default: nothing is counted. */
  readonly metrics?: Metrics;
  /** A logger of pino, or from which level on lines of JSON go to standard output. Default: nothing is logged. */
  readonly log?: Log | Level;
  /** Hears what the log and the metrics hear. */
  readonly observe?: Observer;
}

/** One observer for everything that was asked for. */
export function observerOf({ metrics, log, observe }: OperationOptions): Observer {
  const logger = typeof log === 'string' ? createLog(log) : log;
  return observeAll([metrics?.observe, logger && logTo(logger), observe]);
}
