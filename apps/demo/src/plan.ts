import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import { ProviderError, resolveModel } from '@reprise/providers';
import { DemoError } from './errors.ts';
import { openFolder } from './folder.ts';
import { FOLDER_QUESTIONS, REPOSITORY_QUESTIONS } from './questions.ts';
import type { ModelChoice } from './session/protocol.ts';

/** As they were given. */
export interface CommandOptions {
  readonly dir?: string;
  readonly ask?: readonly string[];
  readonly model?: string;
  readonly db?: string;
  readonly session?: string;
  readonly kill: boolean;
}

/** Options that can work. */
export interface DemoPlan {
  /** Absolute. */
  readonly folder: string;
  readonly questions: readonly string[];
  readonly model: ModelChoice;
  readonly database: string;
  /** The session to go on with; a new one if there is none. */
  readonly sessionId: string | undefined;
  readonly kills: boolean;
  /** What to type to go on with a session and ask these questions. */
  resumeCommand(sessionId: string, questions: readonly string[]): string;
}

/** Which model is simulated where none is named. */
export const SIMULATED_MODEL = 'anthropic/claude-opus-5';
const DEFAULT_DATABASE = '.reprise/demo.db';

/** Checks everything that can be checked before something is written. Rejects with an error that says what to do. */
export async function planDemo(options: CommandOptions, command: string): Promise<DemoPlan> {
  const { dir = '.', db: database = DEFAULT_DATABASE, session: sessionId, kill: kills } = options;
  const { root: folder } = await openFolder(dir);
  const model = chooseModel(options.model);
  if (sessionId !== undefined && !existsSync(database)) throw noSession(sessionId, database);
  return {
    folder,
    questions: options.ask ?? defaultQuestions(options),
    model,
    database,
    sessionId,
    kills,
    resumeCommand: (id, questions) => [command, ...resumeArguments(options, id, questions)].join(' '),
  };
}

function defaultQuestions({ dir, session }: CommandOptions): readonly string[] {
  if (session !== undefined) return [];
  return dir === undefined ? REPOSITORY_QUESTIONS : FOLDER_QUESTIONS;
}

/** The model of that name, or the simulated one. Throws a `DemoError` for one whose key is missing, and as `resolveModel` does. */
export function chooseModel(name: string | undefined): ModelChoice {
  if (name === undefined) return { name: SIMULATED_MODEL, isSimulated: true };
  try {
    resolveModel(name);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.code !== 'provider/missing-credentials') throw error;
    const variable = `${name.slice(0, name.indexOf('/')).toUpperCase()}_API_KEY`;
    throw new DemoError(`${name} needs a key: set ${variable}, or leave out --model to run the simulated one.`);
  }
  return { name, isSimulated: false };
}

function resumeArguments({ dir, model, db, kill }: CommandOptions, session: string, questions: readonly string[]) {
  const options = Object.entries({ dir, model, db, session }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${shellQuoted(value)}`],
  );
  return [...options, ...(kill ? [] : ['--no-kill']), ...questions.map((question) => `--ask ${shellQuoted(question)}`)];
}

function shellQuoted(value: string): string {
  return /^[\w./:@=+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/**
 * Opens the database of a plan for as long as `use` takes, once the session to go on with is known to be in it. The default folder is
 * created; any other must exist.
 */
export async function withPlannedStore<T>(
  { database, sessionId }: DemoPlan,
  use: (store: CheckpointStore) => Promise<T>,
): Promise<T> {
  if (database === DEFAULT_DATABASE) createFolder(dirname(database));
  const store = openSqliteStore(database);
  try {
    if (sessionId !== undefined && !(await store.readSession(sessionId))) throw noSession(sessionId, database);
    return await use(store);
  } finally {
    await store.close();
  }
}

function createFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw new DemoError(
      `The folder ${resolve(folder)} cannot be created (${reason}); name another database with --db.`,
    );
  }
}

function noSession(sessionId: string, database: string): DemoError {
  return new DemoError(`There is no session ${sessionId} in ${database}; leave out --session to begin a new one.`);
}
