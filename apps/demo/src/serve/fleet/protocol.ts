import type { ServedModels } from '../served-models.ts';

/** What the server and its worker processes tell each other. */

/** The argument that makes `main.ts` a worker process. */
export const WORKER_PROCESS = 'worker-process';

export interface WorkerTask {
  readonly connectionString: string;
  /** What the tools look into. */
  readonly folder: string;
  /** Keys come from the environment, and are never sent. */
  readonly models: ServedModels;
  readonly concurrency: number;
}

export type ServerMessage =
  | { readonly type: 'start'; readonly task: WorkerTask }
  /** Leave what is going to the others, at the end of a turn or after this time at once. */
  | { readonly type: 'stop'; readonly deadlineMs: number };

export type WorkerMessage = { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };
