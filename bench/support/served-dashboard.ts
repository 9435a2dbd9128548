import { createAgent } from '@reprise/agent';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import { anthropic } from '@reprise/providers';
import { createHandler } from '@reprise/service';
import { openFrontDoor } from '../../apps/demo/src/serve/front-door.ts';
import { SessionWriter } from './stored-session.ts';

/** The page before a service whose sessions are of this store; no model is asked. */
export interface ServedDashboard {
  readonly url: string;
  close(): Promise<void>;
}

export async function serveDashboard(database: string, page: string): Promise<ServedDashboard> {
  const store = openSqliteStore(database);
  const agent = createAgent({ model: anthropic({ apiKey: 'bench' }).model('claude-opus-5') });
  const handler = createHandler({ agent, store, auth: 'none' });
  const door = await openFrontDoor({ host: '127.0.0.1', port: 0, page }, handler);
  return {
    url: door.url,
    async close() {
      await door.close();
      await handler.close({ deadlineMs: 0 });
      await store.close();
    },
  };
}

/** Fills a store with sessions of one turn, and one named `long` of many. */
export async function fillStore(
  database: string,
  { sessions, turns }: { readonly sessions: number; readonly turns: number },
): Promise<void> {
  // Nobody minds if it is lost.
  const store: CheckpointStore = openSqliteStore({ path: database, synchronous: 'normal' });
  for (let number = 1; number <= sessions; number += 1) {
    await (await SessionWriter.open(store, `local/session-${number}`)).growTo(1);
  }
  await (await SessionWriter.open(store, 'local/long')).growTo(turns);
  await store.close();
}
