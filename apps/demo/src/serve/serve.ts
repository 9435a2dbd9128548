import { createHandler, createMetrics, startWorker } from '@reprise/service';
import { openFolder } from '../folder.ts';
import { startSimulatedVendor } from '../simulated-vendor.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Closers, createClosers } from './closers.ts';
import { type FleetNews, startFleet } from './fleet/fleet.ts';
import { openFrontDoor } from './front-door.ts';
import { openPlace, type Place } from './open-place.ts';
import type { ServePlan } from './serve-plan.ts';
import { servedAgents } from './served-agents.ts';
import { type ServedModels, servedModels } from './served-models.ts';
import { trialScript } from './trial/trial-script.ts';
import { sayWhatToTry } from './what-to-try.ts';

export interface ServeTerms {
  readonly plan: ServePlan;
  readonly terminal: Terminal;
  /** What a worker process is started from. */
  readonly mainFile: string;
  /** Ends the service. */
  readonly signal: AbortSignal;
}

/** Between two words of the simulated model, in milliseconds: slow enough to read along, and to be killed meanwhile. */
const WORD_DELAY_MS = 25;

/** How long runs may take to come to the end of a turn when the service ends, in milliseconds. */
const DEADLINE_MS = 10_000;

/** Serves until it is told to end. Rejects with an error that says what to do. */
export async function serve(terms: ServeTerms): Promise<void> {
  const closers = createClosers();
  try {
    await open(terms, closers);
    await aborted(terms.signal);
    terms.terminal.line(
      `Stopping: what runs is left at the end of its turn, at the latest in ${DEADLINE_MS / 1000} s.`,
    );
  } finally {
    await closers.close();
  }
  terms.terminal.line('Stopped.');
}

async function open(terms: ServeTerms, closers: Closers): Promise<void> {
  const { plan, terminal } = terms;
  const models = await modelsOf(plan, closers);
  const place = await openPlace(plan, closers);
  const agent = servedAgents(await openFolder(plan.folder), models);
  const onError = (error: unknown) => terminal.line(`! ${error instanceof Error ? error.message : String(error)}`);
  const metrics = createMetrics();
  const handler = createHandler({
    agent,
    metrics,
    store: place.store,
    ...(place.shared ? { queue: place.shared.queue } : {}),
    auth: authOf(plan),
    concurrency: plan.concurrency,
    onError,
  });
  const door = await openFrontDoor(plan, handler);
  closers.add(() => door.close());
  closers.add(() => handler.close({ deadlineMs: DEADLINE_MS }));
  if (plan.workers > 0) await startWorkers(terms, { models, place, closers });
  else if (place.shared) {
    const worker = await startWorker({
      ...place.shared,
      agent,
      metrics,
      store: place.store,
      concurrency: plan.concurrency,
      onError,
    });
    closers.add(() => worker.stop({ deadlineMs: DEADLINE_MS }));
  }
  closers.add(async () => door.shut());
  sayWhatToTry(terms, { url: door.url, others: Object.keys(models.others) });
}

/** The simulated vendor is always there: it costs nothing until it is asked, and nothing then. */
async function modelsOf({ model }: ServePlan, closers: Closers): Promise<ServedModels> {
  const vendor = await startSimulatedVendor(WORD_DELAY_MS, trialScript);
  closers.add(() => vendor.close());
  return servedModels(model, vendor.url);
}

function authOf({ token }: ServePlan): Parameters<typeof createHandler>[0]['auth'] {
  return token === undefined ? 'none' : { tokens: { operator: { token, tenant: 'local', isOperator: true } } };
}

async function startWorkers(
  { plan, terminal, mainFile }: ServeTerms,
  { models, place, closers }: { readonly models: ServedModels; readonly place: Place; readonly closers: Closers },
): Promise<void> {
  const { folder, workers, concurrency } = plan;
  const connectionString = place.shared?.connectionString ?? '';
  const onNews = ({ worker, pid, what, how }: FleetNews) =>
    terminal.line(
      `Worker ${worker} (process ${pid}) ${what}${how === undefined ? '' : `: ${how.replace(/\.$/, '')}`}.`,
    );
  const task = { connectionString, folder, models, concurrency };
  const fleet = await startFleet({ mainFile, size: workers, task, onNews });
  closers.add(() => fleet.stop({ deadlineMs: DEADLINE_MS }));
}

async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (!signal.aborted) await promise;
}
