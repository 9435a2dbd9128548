import { type CheckpointStore, type NewTurn, openSqliteStore } from '@reprise/checkpoint';
import { tempDatabase } from './agent-session.ts';

export type SampleTurn = Partial<Omit<NewTurn, 'tokens'>> & { readonly tokens?: Partial<NewTurn['tokens']> };

export interface SampleSession {
  readonly id: string;
  readonly metadata?: string;
  readonly turns: readonly SampleTurn[];
}

const NOTHING: NewTurn['tokens'] = {
  fresh: null,
  cacheRead: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  cacheWrite30m: null,
  cacheWrite12h: null,
  cacheWriteUnknown: null,
  output: null,
  reasoning: null,
};

const TURN: Omit<NewTurn, 'id'> = {
  responseId: null,
  family: 'anthropic',
  model: 'claude-opus-5',
  startedAt: Date.UTC(2026, 10, 21, 14, 5),
  firstTokenMs: 100,
  durationMs: 900,
  stopReason: 'end-turn',
  usageState: 'final',
  tokens: NOTHING,
  serverTools: '{}',
  rawUsage: null,
  serviceTier: null,
  prefixFingerprint: 'sha256:00',
  prefixBlocks: null,
  systemHash: null,
  toolsHash: null,
  requestOptions: '{}',
  marks: '[]',
  costPicoUsd: null,
};

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
    const turn: NewTurn = { ...TURN, id: `${id}-${index + 1}`, ...given, tokens: { ...NOTHING, ...given.tokens } };
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
