/**
 * How a run comes to be, whichever form of request asked for it.
 *
 * N1. A run is durable before anybody is told of it.
 * N2. The same idempotency key in the same session is the same run; with another request it is refused.
 * N3. No tenant has more runs in line or going than its limit, and none starts above its budget of the day.
 */

import type { RunId, RunRecord, SessionRecord } from '@reprise/checkpoint';
import { hasCode } from '../errors.ts';
import { asQueued } from '../queue/recover-runs.ts';
import type { RunRequest } from '../runs/run-request.ts';
import { sessionPrefix, tenantOf } from './caller.ts';
import { HttpProblem } from './http-problem.ts';
import type { Limits } from './limits.ts';
import { fingerprint } from './metadata.ts';
import type { HttpService } from './service.ts';
import { agentName, requireAgent } from './sessions.ts';

export interface RunAsked extends Omit<RunRequest, 'agent'> {
  readonly session: SessionRecord;
  /** What the client names the request with, so that it can send it again. */
  readonly idempotencyKey?: string | undefined;
}

export interface StartedRun {
  readonly run: RunRecord;
  /** Whether this request made it, and no one before. */
  readonly isNew: boolean;
}

/** Throws an `HttpProblem`, and what the store rejects with. */
export async function startRun(service: HttpService, asked: RunAsked): Promise<StartedRun> {
  if (service.closing.aborted) throw stopping();
  const tenant = tenantOf(asked.session.id);
  const limits = await service.limitsOf(tenant);
  checkLength(asked, limits);
  const started = await service.inTurn(tenant, () => createRun(service, asked, limits));
  if (started.run.state !== 'ended') await enqueue(service, started.run);
  service.pruneSoon();
  return started;
}

async function createRun(service: HttpService, asked: RunAsked, limits: Limits): Promise<StartedRun> {
  const { store, timers, createId } = service;
  const { session, idempotencyKey, input, onBusy } = asked;
  const agent = agentName(service, session);
  requireAgent(service, agent);
  const request = JSON.stringify({
    ...(input ? { input } : {}),
    agent,
    ...(onBusy ? { onBusy } : {}),
  } satisfies RunRequest);
  const id: RunId = idempotencyKey === undefined ? createId() : fingerprint('run', session.id, idempotencyKey);
  const known = idempotencyKey === undefined ? undefined : await store.readRun(id);
  if (known) return { run: sameRequest(known, request), isNew: false };
  await refuseWhenBusy(service, asked);
  await refuseAboveLimits(service, tenantOf(session.id), limits);
  try {
    return { run: await store.createRun({ id, sessionId: session.id, request, at: timers.clock() }), isNew: true };
  } catch (error) {
    // Another process was asked with the same key at the same time.
    const other = hasCode(error, 'checkpoint/run-exists') ? await store.readRun(id) : undefined;
    if (!other) throw error;
    return { run: sameRequest(other, request), isNew: false };
  }
}

function sameRequest(run: RunRecord, request: string): RunRecord {
  if (run.request === request) return run;
  throw new HttpProblem({
    status: 422,
    code: 'service/idempotency-mismatch',
    detail: 'This Idempotency-Key was sent before, with another request; use a new one for each request.',
  });
}

/** The run is durable already: whoever looks after the line finds it there if it cannot be reached now. */
async function enqueue(service: HttpService, run: RunRecord): Promise<void> {
  try {
    await service.queue.enqueue(asQueued(run));
  } catch (error) {
    service.onError(error);
  }
}

function checkLength({ input }: RunAsked, { maxMessageChars }: Limits): void {
  const chars = (input?.content ?? []).reduce((sum, block) => sum + (block.type === 'text' ? block.text.length : 0), 0);
  if (chars <= maxMessageChars) return;
  const detail = `The message has ${chars} characters; at most ${maxMessageChars} are taken.`;
  throw new HttpProblem({ status: 413, code: 'service/message-too-long', detail });
}

async function refuseWhenBusy({ store }: HttpService, { session, onBusy }: RunAsked): Promise<void> {
  if (onBusy !== 'reject') return;
  const { items } = await store.listRuns({ sessionId: session.id, states: ['waiting', 'going'], limit: 1 });
  if (items.length === 0) return;
  const detail =
    "A run has the session; wait for its end, stop it, or send with onBusy 'queue', 'steer' or 'interrupt'.";
  throw new HttpProblem({ status: 409, code: 'agent/session-busy', detail, headers: { 'Retry-After': '1' } });
}

const BUSY_RETRY_S = 5;

async function refuseAboveLimits(service: HttpService, tenant: string, limits: Limits): Promise<void> {
  const { waiting, going } = await service.store.countRuns({ sessionPrefix: sessionPrefix(tenant) });
  if (waiting + going >= limits.maxRuns) {
    const detail = `${waiting + going} runs are waiting or going, and ${limits.maxRuns} are the most; ask again when one has ended.`;
    const headers = { 'Retry-After': `${BUSY_RETRY_S}` };
    throw new HttpProblem({ status: 429, code: 'service/too-many-runs', detail, headers });
  }
  await refuseAboveBudget(service, tenant, limits);
}

const DAY_MS = 86_400_000;

async function refuseAboveBudget(
  { store, timers }: HttpService,
  tenant: string,
  { maxPicoUsdPerDay }: Limits,
): Promise<void> {
  if (maxPicoUsdPerDay === undefined) return;
  const now = timers.clock();
  const since = Math.floor(now / DAY_MS) * DAY_MS;
  const [sum] = await store.sumTurns({ by: [], since, sessionPrefix: sessionPrefix(tenant) });
  if ((sum?.cost.sum ?? 0n) < maxPicoUsdPerDay) return;
  throw new HttpProblem({
    status: 429,
    code: 'service/budget-spent',
    detail: "The day's budget is spent; it begins anew at midnight UTC.",
    headers: { 'Retry-After': `${Math.ceil((since + DAY_MS - now) / 1000)}` },
  });
}

function stopping(): HttpProblem {
  const detail = 'The service is stopping; ask again.';
  return new HttpProblem({ status: 503, code: 'service/stopping', detail, headers: { 'Retry-After': '1' } });
}
