import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { tenantOf } from '../../http/caller.ts';
import { codeOf } from '../error-code.ts';
import type { Observer } from '../service-news.ts';
import type { Readings } from './readings.ts';

const WRITE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10];

export interface RunMetrics {
  readonly observe: Observer;
  /** What the gauges of the store and the line say; those that are not known say nothing. */
  read(readings: Readings | undefined): void;
}

export function createRunMetrics(register: Registry, { byTenant }: { readonly byTenant: boolean }): RunMetrics {
  const registers = [register];
  const whose = byTenant ? ['tenant'] : [];
  const attempts = new Counter({
    name: 'reprise_run_attempts_total',
    help: 'How often runs were taken up at this process.',
    registers,
  });
  const left = new Counter({
    name: 'reprise_runs_left_total',
    help: 'Runs that this process left unfinished, to go on elsewhere.',
    registers,
  });
  const ends = new Counter({
    name: 'reprise_run_ends_total',
    help: 'Runs that ended at this process.',
    labelNames: ['reason', ...whose],
    registers,
  });
  const calls = new Counter({
    name: 'reprise_tool_calls_total',
    help: 'Tool calls that have their result, by what running their tool twice would do.',
    labelNames: ['outcome', 'effect'],
    registers,
  });
  const errors = new Counter({
    name: 'reprise_errors_total',
    help: 'Errors that an operator is told.',
    labelNames: ['code'],
    registers,
  });
  const writes = new Histogram({
    name: 'reprise_run_event_write_seconds',
    help: 'From the coming of a run event, the first of those written together, until it is durable and clients may see it.',
    buckets: WRITE_SECONDS,
    registers,
  });
  const gauges = createRunGauges(registers);

  const observe: Observer = (news) => {
    const labels = byTenant && 'sessionId' in news ? { tenant: tenantOf(news.sessionId) } : {};
    if (news.type === 'events-write') writes.observe(Math.max(news.waitedMs, 0) / 1000);
    else if (news.type === 'run-take-up') attempts.inc();
    else if (news.type === 'run-leave') left.inc();
    else if (news.type === 'run-end') ends.inc({ ...labels, reason: news.reason });
    else if (news.type === 'tool-end') calls.inc({ outcome: news.outcome, effect: news.effect ?? 'unknown' });
    else if (news.type === 'trouble') errors.inc({ code: codeOf(news.error) });
  };
  return { observe, read: gauges };
}

function createRunGauges(registers: Registry[]): RunMetrics['read'] {
  const runs = new Gauge({
    name: 'reprise_runs',
    help: 'Runs in the store; the same at every process of it.',
    labelNames: ['state'],
    registers,
  });
  const depth = new Gauge({
    name: 'reprise_queue_depth',
    help: 'Runs that wait in line; the same at every process of it.',
    registers,
  });
  return (readings) => {
    runs.reset();
    depth.remove();
    for (const [state, count] of Object.entries(readings?.runs ?? {})) runs.set({ state }, count);
    if (readings?.queueDepth !== undefined) depth.set(readings.queueDepth);
  };
}
