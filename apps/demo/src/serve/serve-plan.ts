import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { requireDoor } from '@reprise/service';
import { DemoError } from '../errors.ts';
import { openFolder } from '../folder.ts';
import { chooseModel } from '../plan.ts';
import type { ModelChoice } from '../session/protocol.ts';

/** As they were given. */
export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly workers: number;
  readonly concurrency: number;
  readonly dir: string;
  readonly model?: string;
  readonly store?: string;
  readonly token?: string;
}

/** Options that can work. */
export interface ServePlan {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  /** Absolute. */
  readonly folder: string;
  readonly model: ModelChoice;
  /** `temporary`: a PostgreSQL of its own, which goes when it ends. */
  readonly place: { readonly sqlite: string } | { readonly postgres: string | 'temporary' };
  /** How many processes work on runs; 0 if this one does. */
  readonly workers: number;
  /** How many runs a process works on at once. */
  readonly concurrency: number;
}

export const DEFAULT_DATABASE = '.reprise/serve.db';

/** Checks everything that can be checked before something is started. Rejects with an error that says what to do. */
export async function planServe(options: ServeOptions): Promise<ServePlan> {
  const { port, host, workers, concurrency, token } = options;
  const { root: folder } = await openFolder(options.dir);
  const model = chooseModel(options.model);
  requireToken(host, token);
  return { port, host, token, folder, model, place: planPlace(options), workers, concurrency };
}

function requireToken(host: string, token: string | undefined): void {
  if (token !== undefined) return;
  try {
    requireDoor(host, 'none');
  } catch {
    throw new DemoError(
      `--host ${host} is open to other machines: give a --token, or set REPRISE_TOKEN, so that not everybody can ask.`,
    );
  }
}

function planPlace({ store, workers }: ServeOptions): ServePlan['place'] {
  if (store !== undefined && /^postgres(ql)?:/.test(store)) return { postgres: store };
  if (workers > 0) {
    if (store === undefined) return { postgres: 'temporary' };
    throw new DemoError(
      `Several processes need PostgreSQL, and ${store} is a file: give --store postgres://…, or leave out --store for a temporary one.`,
    );
  }
  return { sqlite: databaseFile(store) };
}

function databaseFile(store: string | undefined): string {
  if (store === undefined) mkdirSync(dirname(DEFAULT_DATABASE), { recursive: true });
  else if (!existsSync(dirname(store))) throw new DemoError(`There is no folder ${dirname(store)} for ${store}.`);
  return store ?? DEFAULT_DATABASE;
}
