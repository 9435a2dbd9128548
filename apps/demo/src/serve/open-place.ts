import { type CheckpointStore, openPostgresStore, openSqliteStore } from '@reprise/checkpoint';
import { startPostgres } from '@reprise/local-postgres';
import type { RunQueue } from '@reprise/service';
import { openPgBossQueue } from '@reprise/service/pg-boss';
import type { Closers } from './closers.ts';
import type { ServePlan } from './serve-plan.ts';

/** Where sessions and runs are kept. */
export interface Place {
  readonly store: CheckpointStore;
  /** None where one process does everything. */
  readonly shared: { readonly queue: RunQueue; readonly connectionString: string } | undefined;
}

/** Opens the place; `closers` closes it. Rejects as the stores do. */
export async function openPlace({ place }: Pick<ServePlan, 'place'>, closers: Closers): Promise<Place> {
  if ('sqlite' in place) {
    const store = openSqliteStore(place.sqlite);
    closers.add(() => store.close());
    return { store, shared: undefined };
  }
  const connectionString = place.postgres === 'temporary' ? await startTemporary(closers) : place.postgres;
  const store = await openPostgresStore({ connectionString });
  closers.add(() => store.close());
  const queue = await openPgBossQueue({ connectionString, store });
  closers.add(() => queue.close());
  return { store, shared: { queue, connectionString } };
}

async function startTemporary(closers: Closers): Promise<string> {
  const server = await startPostgres();
  closers.add(() => server.stop());
  return server.url;
}
