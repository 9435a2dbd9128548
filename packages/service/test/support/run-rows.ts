import { type CheckpointStore, openMemoryStore, type RunRecord } from '@reprise/checkpoint';
import type { UserMessage } from '@reprise/providers';
import { userMessage } from '@reprise/providers';
import type { RunRequest } from '../../src/runs/run-request.ts';
import type { RunEvent, RunEventBody } from '../../src/wire/run-event.ts';

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

export const OUTCOME = {
  reason: 'end-turn',
  text: '',
  totals: {
    turnCount: 0,
    totalInputTokens: 0,
    totalOutputTokens: 0,
    totalReasoningTokens: 0,
    totalCacheReadTokens: 0,
    totalCacheWriteTokens: 0,
    silentTurnCount: 0,
  },
} as const;
