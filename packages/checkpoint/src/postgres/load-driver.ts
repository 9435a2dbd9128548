import { createRequire } from 'node:module';
import { CheckpointError } from '../errors.ts';
import { loadDrizzle } from '../sql/load-drizzle.ts';

/** The packages this store is written with, loaded when one is opened. */
export interface Driver {
  readonly pg: typeof import('pg');
  readonly drizzle: typeof import('drizzle-orm/node-postgres').drizzle;
  readonly orm: typeof import('drizzle-orm');
  readonly core: typeof import('drizzle-orm/pg-core');
}

/** Throws `checkpoint/missing-driver` unless the application has installed `pg`. */
export function loadDriver(): Driver {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('pg');
  } catch (error) {
    throw new CheckpointError(
      'checkpoint/missing-driver',
      'The Postgres store needs the package pg, version 8.16 or newer, which is not installed: npm install pg',
      { cause: error },
    );
  }
  return {
    pg: require('pg'),
    drizzle: require('drizzle-orm/node-postgres').drizzle,
    orm: loadDrizzle(),
    core: require('drizzle-orm/pg-core'),
  };
}
