/**
 * What a service counts and measures, in the text form that Prometheus reads.
 *
 * M1. No label holds an id, a path or a word of a client's: their values are routes, models, codes, and tenants where asked for.
 * M2. Nothing is kept for reading but sums: what a scrape costs does not grow with what has happened.
 */

import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Observer } from '../service-news.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { createModelMetrics } from './model-metrics.ts';
import type { Readings } from './readings.ts';
import { createRunMetrics } from './run-metrics.ts';

export interface MetricsOptions {
  /** Whether runs, turns, tokens and cost are counted by tenant, too: as many series more as there are tenants. Default false. */
  readonly byTenant?: boolean;
  /** Whether memory, processor time, garbage collection and the like of the process are measured. Default true. */
  readonly ofProcess?: boolean;
}

export interface Metrics {
  readonly observe: Observer;
  /** The `Content-Type` of the text. */
  readonly contentType: string;
  /** Everything there is to tell. */
  text(readings?: Readings): Promise<string>;
}

/** Metrics of a process, on a registry of their own. */
export function createMetrics({ byTenant = false, ofProcess = true }: MetricsOptions = {}): Metrics {
  const register = new Registry();
  if (ofProcess) collectDefaultMetrics({ register });
  const http = createHttpMetrics(register);
  const models = createModelMetrics(register, { byTenant });
  const runs = createRunMetrics(register, { byTenant });
  return {
    contentType: register.contentType,
    observe(news) {
      http(news);
      models(news);
      runs.observe(news);
    },
    text(readings) {
      runs.read(readings);
      return register.metrics();
    },
  };
}
