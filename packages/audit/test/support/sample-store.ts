import { type CheckpointStore, type NewTurn, openSqliteStore } from '@reprise/checkpoint';
import { tempDatabase } from './agent-session.ts';
import { BLANK_TURN, NO_COUNTS } from './blank-turn.ts';

export type SampleTurn = Partial<Omit<NewTurn, 'tokens'>> & { readonly tokens?: Partial<NewTurn['tokens']> };

export interface SampleSession {
  readonly id: string;
  readonly metadata?: string;
  readonly turns: readonly SampleTurn[];
}

/** The path of a SQLite store with these sessions, closed. */
export async function sampleStore(sessions: readonly SampleSession[]): Promise<string> {
  const path = tempDatabase();
  const store = openSqliteStore({ path, synchronous: 'normal' });
  for (const [index, session] of sessions.entries()) await addSession(store, session, index + 1);
  await store.close();
  return path;
}

async function addSession(store: CheckpointStore, { id, metadata, turns }: SampleSession, at: number): Promise<void> {
  let { tip } = await store.createSession({ id, createdAt: at, ...(metadata === undefined ? {} : { metadata }) });
  for (const [index, given] of turns.entries()) {
    const turn: NewTurn = {
      ...BLANK_TURN,
      id: `${id}-${index + 1}`,
      ...given,
      tokens: { ...NO_COUNTS, ...given.tokens },
    };
    const commit = await store.commitTurn({
      sessionId: id,
      expectedTip: tip,
      entry: { kind: 'assistant-message', payload: `{"turn":"${turn.id}"}` },
      turn,
      snapshot: {
        id: `${id}-snapshot-${index}`,
        turnCount: index + 1,
        messageCount: index + 1,
        silentTurnCount: 0,
        promptPreview: '',
        tokenSnapshot: { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
      },
      at: turn.startedAt,
    });
    tip = commit.tip;
  }
}

/** Opus 5: $5 fresh, $0.50 read, $6.25 written, $25 output per million. */
export const FIRST: SampleTurn = { tokens: { fresh: 100, cacheRead: 0, cacheWrite5m: 2_000, output: 50 } };
/** A minute later. */
export const SECOND: SampleTurn = {
  startedAt: Date.UTC(2026, 10, 21, 14, 6),
  tokens: { fresh: 40, cacheRead: 2_000, cacheWrite5m: 160, output: 80 },
};
/** A day later, of a model without a price. */
export const UNPRICED: SampleTurn = {
  family: 'ollama',
  model: 'llama3.2',
  startedAt: Date.UTC(2026, 10, 22, 9),
  tokens: { fresh: 10, cacheRead: 90, output: 5 },
};
