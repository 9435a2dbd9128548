import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Observer } from '../service-news.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 60];

export function createHttpMetrics(register: Registry): Observer {
  const requests = new Counter({
    name: 'reprise_http_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['method', 'route', 'status'],
    registers: [register],
  });
  const seconds = new Histogram({
    name: 'reprise_http_request_duration_seconds',
    help: 'From the coming of a request to the beginning of its answer.',
    labelNames: ['method', 'route'],
    buckets: SECONDS,
    registers: [register],
  });
  const streams = new Gauge({
    name: 'reprise_streams_open',
    help: 'Clients that follow a run at this process.',
    registers: [register],
  });
  return (news) => {
    if (news.type === 'stream-start') streams.inc();
    else if (news.type === 'stream-end') streams.dec();
    else if (news.type === 'request-end') {
      const { method, route, status, durationMs } = news;
      requests.inc({ method, route, status });
      seconds.observe({ method, route }, durationMs / 1000);
    }
  };
}
