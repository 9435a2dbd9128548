import { initialState } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore, type RunRecord } from '@reprise/checkpoint';
import type { UserMessage } from '@reprise/providers';
import { userMessage } from '@reprise/providers';
import type { RunRequest } from '../../src/runs/run-request.ts';
import { totalsOf } from '../../src/wire/encode-event.ts';
import type { RunEvent, RunEventBody, Totals } from '../../src/wire/run-event.ts';

export const SESSION = 'acme/s';

/** A store with an empty session. */
export async function storeWithSession(store: CheckpointStore = openMemoryStore()): Promise<CheckpointStore> {
  await store.createSession({ id: SESSION, createdAt: 1 });
  return store;
}

/** A run that was asked for. */
export function askRun(
  store: CheckpointStore,
  id: string,
  request: Partial<RunRequest> & { readonly sessionId?: string } = {},
): Promise<RunRecord> {
  const { sessionId = SESSION, agent = 'agent', ...asked } = request;
  const input: UserMessage = userMessage(`question of ${id}`);
  return store.createRun({ id, sessionId, request: JSON.stringify({ input, agent, ...asked }), at: 1 });
}

/** A run that was taken up. */
export async function takenRun(store: CheckpointStore, id: string): Promise<RunRecord> {
  await askRun(store, id);
  return store.takeUpRun({ runId: id, holder: 'test', at: 2 });
}

export async function eventsOf(store: CheckpointStore, runId: string): Promise<readonly RunEvent[]> {
  const rows = await store.readRunEvents(runId, { limit: 100_000 });
  return rows.map(({ number, event }) => ({ ...(JSON.parse(event) as RunEventBody), number }));
}

export function word(text: string): RunEventBody {
  return { type: 'text-delta', blockIndex: 0, text };
}

/** What an empty conversation has used. */
export const NO_TOTALS: Totals = totalsOf(initialState());

export const OUTCOME = { reason: 'end-turn', text: '', totals: NO_TOTALS } as const;
