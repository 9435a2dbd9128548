import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { type AgentOptions, createAgent } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { createHandler, type Handler, type HandlerOptions } from '@reprise/service';
import { type ClientOptions, createClient, type ServiceClient } from '@reprise/service/client';
import { onTestFinished } from 'vitest';

export const TOKEN = 'a-token-of-anna-0123456789';

export interface LiveService {
  readonly url: string;
  readonly store: CheckpointStore;
  readonly handler: Handler;
  readonly errors: readonly unknown[];
  client(options?: ClientOptions): ServiceClient;
}

/** A service on a port of its own, which ends with the test. */
export async function liveService(
  agent: AgentOptions,
  options: Partial<HandlerOptions> & { readonly store?: CheckpointStore } = {},
): Promise<LiveService> {
  const errors: unknown[] = [];
  const store = options.store ?? openMemoryStore();
  const handler = createHandler({
    agent: createAgent(agent),
    store,
    auth: { tokens: { anna: { token: TOKEN, tenant: 'acme' } } },
    onError: (error) => errors.push(error),
    ...options,
  });
  const server = createAdaptorServer({ fetch: handler }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  onTestFinished(async () => {
    await handler.close({ deadlineMs: 1000 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await store.close();
  });
  return { url, store, handler, errors, client: (more = {}) => createClient(url, { token: TOKEN, ...more }) };
}
