import { type AgentOptions, createAgent } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import type { Message } from '@reprise/providers';
import { createHandler, createLocalQueue, type Handler, type HandlerOptions, startWorker } from '@reprise/service';
import { type ClientOptions, createClient, type RunEvent, type ServiceClient } from '@reprise/service/client';

export interface Spoken {
  readonly client: ServiceClient;
  /** Another client of it. */
  readonly clientOf: (options: ClientOptions) => ServiceClient;
  readonly fetch: typeof globalThis.fetch;
  readonly handler: Handler;
}

export interface TakenOver {
  readonly events: readonly RunEvent[];
  readonly messages: readonly Message[];
}

/** A handler and a client of it, with no network between. */
export function spoken(
  agent: AgentOptions,
  store: CheckpointStore = openMemoryStore(),
  options: Partial<HandlerOptions> = {},
): Spoken {
  const handler = createHandler({ agent: createAgent(agent), store, auth: 'none', ...options });
  const fetch: typeof globalThis.fetch = (input, init) => handler(new Request(input, init));
  const clientOf = (more: ClientOptions) =>
    createClient('http://localhost', { fetch, patience: { minDelayMs: 1 }, ...more });
  return { handler, fetch, clientOf, client: clientOf({}) };
}

/** Says something, and resolves to all events of the run. */
export async function heard({ client }: Spoken, id: string, input: string): Promise<readonly RunEvent[]> {
  const run = await client.sessions.send(id, input, { create: true });
  return Array.fromAsync(run);
}

/**
 * A run that one worker leaves as soon as its client has heard `word`, and another one ends: its events, and what the session holds after it.
 * `first` and `second` are the agents of the two.
 */
export async function takenOver(first: AgentOptions, second: AgentOptions, word: string): Promise<TakenOver> {
  const [store, queue] = [openMemoryStore(), createLocalQueue()];
  const service = spoken(first, store, { queue });
  const worker = await startWorker({ agent: createAgent(first), store, queue });
  const run = await service.client.sessions.send('talk', 'Hi', { create: true });
  for await (const event of run) if (JSON.stringify(event).includes(word)) break;
  await worker.stop({ deadlineMs: 0 });
  const other = await startWorker({ agent: createAgent(second), store, queue });
  const events = await Array.fromAsync(run);
  const messages = await Array.fromAsync(service.client.sessions.messages('talk'), ({ message }) => message);
  await other.stop({ deadlineMs: 0 });
  await service.handler.close();
  return { events, messages };
}
