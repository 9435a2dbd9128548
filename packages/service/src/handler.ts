import { randomUUID } from 'node:crypto';
import type { CheckpointStore } from '@reprise/checkpoint';
import { type Agents, namedAgents } from './agents.ts';
import { mountDialects } from './dialects/mount.ts';
import { ServiceError } from './errors.ts';
import { type Auth, authenticator } from './http/auth.ts';
import { isName } from './http/caller.ts';
import { createApp, problemResponse } from './http/create-app.ts';
import { type LimitOptions, limitsOf } from './http/limits.ts';
import { createTurns } from './http/one-at-a-time.ts';
import { type OwnWorker, type OwnWorkerTerms, startOwnWorker } from './http/own-worker.ts';
import { createPruner } from './http/prune-runs.ts';
import type { HttpService } from './http/service.ts';
import { type OperationOptions, observerOf } from './operations/options.ts';
import type { RunQueue } from './queue/run-queue.ts';
import { createRunChanges, type RunChanges } from './runs/run-changes.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface HandlerOptions extends OperationOptions {
  /** One agent, or several by name; the first is the one that sessions get unless told. */
  readonly agent: Agents;
  readonly store: CheckpointStore;
  /** The line in which runs wait for workers elsewhere. Default: the handler does its runs itself. */
  readonly queue?: RunQueue;
  readonly auth: Auth;
  /** What each tenant may ask for. */
  readonly limits?: LimitOptions;
  /** What stands before every path, such as `/api`. Default: nothing. */
  readonly basePath?: string;
  /** Whose pages may ask the service. Default: nobody's. */
  readonly cors?: { readonly origins: readonly string[] };
  /** How long a run can be read after its end, in milliseconds. Default 86 400 000, a day. */
  readonly keepRunsMs?: number;
  /** How many runs the handler does itself at once. Default 8. */
  readonly concurrency?: number;
  /** Is told of what no client reads; `id` is what the client was told it is found under. Default: nobody is told. */
  readonly onError?: (error: unknown, id?: string) => void;
  /** Who may read `/metrics`, which tells of all tenants; there is none without `metrics`. Default `operators`. */
  readonly metricsFor?: 'everybody' | 'operators';
  /** Clock and timers. Default: the system's. */
  readonly timers?: Partial<Timers>;
}

/** Answers requests of the web's own kind, in whatever framework hands them on. Never rejects. */
export interface Handler {
  (request: Request): Promise<Response>;
  /**
   * Takes no further run and ends every stream. Runs that the handler does itself are left at the end of their turn, or after `deadlineMs`
   * (default 10 000) wherever they are; they go on when the store is served again. The store stays open, and so does a queue that was given.
   */
  close(terms?: { readonly deadlineMs?: number }): Promise<void>;
}

const DAY_MS = 86_400_000;
const DEFAULT_DEADLINE_MS = 10_000;
const DEFAULT_CONCURRENCY = 8;

/** A service for other people's clients. Throws `service/invalid-option` for options that cannot work. */
export function createHandler(options: HandlerOptions): Handler {
  const { auth, store, basePath = '', cors = { origins: [] }, keepRunsMs = DAY_MS } = options;
  checkOptions({ basePath, keepRunsMs });
  const agents = checkedAgents(options.agent);
  const authenticate = authenticator(auth);
  const limits = limitsOf(options.limits);
  const timers = { ...systemTimers, ...options.timers };
  const observe = observerOf(options);
  const tell = neverThrowing(options.onError);
  const onError = (error: unknown, id?: string) => {
    observe({ type: 'trouble', error, id });
    tell(error, id);
  };
  const closing = new AbortController();
  let watch: Promise<RunChanges> | undefined;
  const changes = () => {
    watch ??= createRunChanges(store, { onError, ...timers });
    return watch;
  };
  const own = startLine(options, { changes, onError, onWorkError: (error) => tell(error), timers, observe });
  const service: HttpService = {
    store,
    agents,
    queue: own.queue,
    changes,
    limitsOf: limits,
    inTurn: createTurns(),
    pruneSoon: createPruner({ store, keepRunsMs, onError, clock: timers.clock }),
    timers,
    createId: randomUUID,
    closing: closing.signal,
    onError,
    observe,
  };
  const app = createApp(service, {
    auth,
    authenticate,
    basePath,
    origins: cors.origins,
    mountMore: mountDialects,
    metrics: options.metrics,
    metricsFor: options.metricsFor,
  });
  // The framework passes on what is thrown and is no error.
  const answer = async (request: Request) => app.fetch(request);
  const handle = (request: Request) => answer(request).catch((error: unknown) => problemResponse(service, error));
  return Object.assign(handle, {
    async close({ deadlineMs = DEFAULT_DEADLINE_MS }: { readonly deadlineMs?: number } = {}): Promise<void> {
      closing.abort();
      await own.stop({ deadlineMs });
      (await watch)?.close();
    },
  });
}

/** The line that was given, which others look after, or one of the handler's own. */
function startLine(
  { queue, agent, store, concurrency = DEFAULT_CONCURRENCY }: HandlerOptions,
  terms: Pick<OwnWorkerTerms, 'changes' | 'observe' | 'onError' | 'onWorkError' | 'timers'>,
): OwnWorker {
  if (queue) return { queue, stop: async () => {} };
  return startOwnWorker({ agent, store, concurrency, ...terms });
}

function checkOptions({ basePath, keepRunsMs }: Required<Pick<HandlerOptions, 'basePath' | 'keepRunsMs'>>): void {
  if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(basePath)) {
    throw invalidOption('basePath', basePath, "empty, or such as '/api', without a slash at its end");
  }
  if (!(keepRunsMs > 0)) throw invalidOption('keepRunsMs', keepRunsMs, 'a number of milliseconds above 0');
}

function checkedAgents(given: Agents): ReturnType<typeof namedAgents> {
  const agents = namedAgents(given);
  const odd = agents.keys().find((name) => !isName(name));
  if (odd === undefined) return agents;
  throw invalidOption("an agent's name", odd, 'letters, digits and ._~-, at most 128');
}

function invalidOption(name: string, value: unknown, expected: string): ServiceError {
  return new ServiceError('service/invalid-option', `${name} is ${JSON.stringify(value)}; it must be ${expected}.`);
}

/** A listener that fails is no reason to fail a request. */
function neverThrowing(onError: HandlerOptions['onError']): (error: unknown, id?: string) => void {
  return (error, id) => {
    try {
      onError?.(error, id);
    } catch {
      // Nobody is left to be told.
    }
  };
}
