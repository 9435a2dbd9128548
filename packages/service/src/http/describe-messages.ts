import type { StoredMessage } from '@reprise/agent';
import type { CheckpointStore, SessionId, ToolCallRecord, TurnRow } from '@reprise/checkpoint';
import type { BegunCallBody, MessageItemBody, MessageTurnBody } from './schemas/message.ts';

/** Messages of a session's branch as clients see them, the first of them at that place. Asks the journal about those that called tools. */
export async function describeMessages(
  store: Pick<CheckpointStore, 'readToolCalls' | 'readTurns'>,
  sessionId: SessionId,
  messages: readonly StoredMessage[],
  start: number,
): Promise<readonly MessageItemBody[]> {
  const isAnswered = messages.some(({ message }) => message.role === 'assistant');
  const rows = isAnswered ? await store.readTurns(sessionId) : [];
  const byEntry = new Map(rows.map((row) => [row.entryId, row]));
  return Promise.all(
    messages.map(async ({ message, entryId, edit }, place): Promise<MessageItemBody> => {
      const row = message.role === 'assistant' && edit === undefined ? byEntry.get(entryId) : undefined;
      const turn = row && (await describeTurn(store, row, message));
      return { index: start + place, message, ...(turn && { turn }), ...(edit && { edit }) };
    }),
  );
}

async function describeTurn(
  store: Pick<CheckpointStore, 'readToolCalls'>,
  { id, model, stopReason, startedAt }: TurnRow,
  { content }: StoredMessage['message'],
): Promise<MessageTurnBody> {
  const calls = content.some(({ type }) => type === 'tool-call') ? await store.readToolCalls(id) : [];
  return { id, model, stopReason, startedAt, calls: calls.map(describeCall) };
}

function describeCall({ position, effect, attempts, startedAt, finishedAt }: ToolCallRecord): BegunCallBody {
  // Clocks may be set back.
  return { position, effect, attempts, durationMs: finishedAt === null ? null : Math.max(0, finishedAt - startedAt) };
}
