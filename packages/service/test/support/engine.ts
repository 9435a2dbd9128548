import { type AgentOptions, createAgent } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import {
  createLocalQueue,
  type RunOutcome,
  type RunQueue,
  startWorker,
  type Worker,
  type WorkerOptions,
} from '@reprise/service';
import { onTestFinished } from 'vitest';
import { asQueued } from '../../src/queue/recover-runs.ts';
import type { RunRequest } from '../../src/runs/run-request.ts';
import type { RunEvent } from '../../src/wire/run-event.ts';
import { askRun, eventsOf, storeWithSession } from './run-rows.ts';
import { untilEqual } from './until.ts';

/** A worker with its line, in this process. */
export interface Engine {
  readonly store: CheckpointStore;
  readonly queue: RunQueue;
  readonly worker: Worker;
  /** What was told to nobody but the operator. */
  readonly errors: unknown[];
  /** Asks for a run, and puts it in line. */
  ask(id: string, request?: Partial<RunRequest> & { readonly sessionId?: string }): Promise<void>;
  /** How the run ended, when it has. */
  outcome(id: string): Promise<RunOutcome>;
  events(id: string): Promise<readonly RunEvent[]>;
}

/** Ends with the test. The store is one with a session unless given. */
export async function startEngine(
  agent: AgentOptions | WorkerOptions['agent'],
  { store, ...options }: Partial<WorkerOptions> = {},
): Promise<Engine> {
  const opened = store ?? (await storeWithSession(openMemoryStore()));
  const queue = options.queue ?? createLocalQueue();
  const errors: unknown[] = [];
  const worker = await startWorker({
    agent: isOptions(agent) ? createAgent(agent) : agent,
    store: opened,
    queue,
    flushMs: 1,
    onError: (error) => errors.push(error),
    ...options,
  });
  onTestFinished(async () => {
    await worker.stop({ deadlineMs: 0 });
    await queue.close();
  });
  return {
    store: opened,
    queue,
    worker,
    errors,
    async ask(id, request) {
      await queue.enqueue(asQueued(await askRun(opened, id, request)));
    },
    async outcome(id) {
      await untilEqual(async () => (await opened.readRun(id))?.state, 'ended');
      return JSON.parse((await opened.readRun(id))?.outcome ?? '');
    },
    events: (id) => eventsOf(opened, id),
  };
}

function isOptions(agent: AgentOptions | WorkerOptions['agent']): agent is AgentOptions {
  return 'model' in agent && !('openSession' in agent);
}

export function typesOf(events: readonly RunEvent[]): readonly string[] {
  return events.map(({ type }) => type);
}
