import type { Context } from 'hono';
import type { App, HttpEnv } from '../http/app.ts';
import type { Authenticate } from '../http/auth.ts';
import { HttpProblem } from '../http/http-problem.ts';
import type { HttpService } from '../http/service.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Readings } from './metrics/readings.ts';
import { createReadiness, inTime } from './readiness.ts';

export interface OperationTerms {
  readonly authenticate: Authenticate;
  /** Absent: there are none to be had. */
  readonly metrics?: Metrics | undefined;
  /** Who may read the metrics; they tell of every tenant. */
  readonly metricsFor?: 'everybody' | 'operators' | undefined;
}

/** For those who look after the service: whether it lives, whether it can be asked, and what it counts. */
export function mountOperations(app: App, service: HttpService, terms: OperationTerms): void {
  const readiness = createReadiness(service);
  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.get('/readyz', async (c) => {
    if (service.closing.aborted) throw notReady('service/stopping', 'The service is stopping.');
    const failing = await readiness();
    if (failing.length > 0) throw notReady('service/unavailable', `No answer from: ${failing.join(', ')}.`);
    return c.json({ status: 'ready' });
  });
  app.get('/metrics', async (c) => {
    await requireReader(c, terms);
    if (!terms.metrics) throw noMetrics();
    const text = await terms.metrics.text(await readingsOf(service));
    return c.body(text, 200, { 'Content-Type': terms.metrics.contentType });
  });
}

function notReady(code: 'service/stopping' | 'service/unavailable', detail: string): HttpProblem {
  return new HttpProblem({ status: 503, code, detail, headers: { 'Retry-After': '1' } });
}

async function requireReader(c: Context<HttpEnv>, { authenticate, metricsFor }: OperationTerms): Promise<void> {
  if (metricsFor === 'everybody') return;
  const caller = await authenticate(c.req.raw);
  if (caller?.isOperator) return;
  const detail = 'The metrics are for an operator; send the token of one.';
  throw caller
    ? new HttpProblem({ status: 403, code: 'service/forbidden', detail })
    : new HttpProblem({
        status: 401,
        code: 'service/unauthorized',
        detail,
        headers: { 'WWW-Authenticate': 'Bearer realm="reprise"' },
      });
}

function noMetrics(): HttpProblem {
  const detail = 'This service counts nothing: it was made without `metrics`.';
  return new HttpProblem({ status: 404, code: 'service/not-found', detail });
}

/** The counts of the process are told whether or not the store can be asked. */
async function readingsOf({ store, queue, timers, onError }: HttpService): Promise<Readings> {
  const read = async <Value>(value: Promise<Value>, what: string): Promise<Value | undefined> => {
    try {
      return await inTime(value, timers, what);
    } catch (error) {
      onError(error);
      return undefined;
    }
  };
  const [runs, queueDepth] = await Promise.all([read(store.countRuns(), 'The store'), read(queue.depth(), 'The line')]);
  return { runs, queueDepth };
}
