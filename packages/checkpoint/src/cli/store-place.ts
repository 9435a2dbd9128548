import type { Command } from 'commander';

/** Where a store is: the path of a SQLite file, or a Postgres URL with the name of a schema. */
export interface StorePlace {
  readonly location: string;
  readonly schema?: string;
}

/** The place that a command was given, with the options of the program. */
export function placeOf(program: Command, location: string): StorePlace {
  return { ...program.opts<Pick<StorePlace, 'schema'>>(), location };
}

export function isPostgres({ location }: StorePlace): boolean {
  return /^postgres(ql)?:\/\//.test(location);
}

/** What an argument that names a store is, for help. */
export const STORE = 'the path of a SQLite store, or a postgres:// URL';
