import type { CheckpointStore, NewTurn, TokenColumns } from '@reprise/checkpoint';
import { priceTurn } from '@reprise/providers';
import fc from 'fast-check';
import { ledgerRow } from '../../src/index.ts';
import { NO_COUNTS } from './blank-turn.ts';

/** A row of the ledger, and the session that committed it. */
export interface RandomTurn {
  readonly session: string;
  readonly turn: Omit<NewTurn, 'id'>;
}

const count = fc.oneof(
  { weight: 8, arbitrary: fc.nat(3_000) },
  { weight: 1, arbitrary: fc.constant(0) },
  fc.nat(290_000),
);
const maybe = fc.option(count, { freq: 6 });
const some = fc.option(count, { freq: 25 });

const tokens: fc.Arbitrary<TokenColumns> = fc
  .record({
    counts: fc.record({
      fresh: some,
      cacheRead: some,
      cacheWrite5m: maybe,
      cacheWrite1h: maybe,
      cacheWrite30m: fc.constant(null),
      cacheWrite12h: fc.constant(null),
      cacheWriteUnknown: fc.constant(null),
      output: some,
      reasoning: maybe,
    }),
    isCutOff: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ counts, isCutOff }) => (isCutOff === 0 ? NO_COUNTS : counts));

/** What a vendor says beside its counts, rarely something that the counts do not tell. */
const rawUsage = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(null, '{}', '{"service_tier":"standard","inference_geo":"global"}') },
  fc.constantFrom(
    '{"speed":"fast"}',
    '{"inference_geo":"us"}',
    '{"service_tier":"batch"}',
    '{"is_byok":false,"cost":0.25}',
    '{"is_byok":false,"cost":0}',
    '{"iterations":[{"type":"compaction","input_tokens":900,"output_tokens":20},{"type":"message"}]}',
  ),
);

const model = fc.constantFrom(
  ...(['claude-opus-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-nonesuch-9'] as const).map((id) => ({
    family: 'anthropic',
    model: id,
  })),
  { family: 'openai-responses', model: 'gpt-6.1-sol' },
  { family: 'ollama', model: 'llama3.2' },
);

function times<Value>(count: number, value: Value): readonly Value[] {
  return Array.from({ length: count }, () => value);
}

const turn: fc.Arbitrary<Omit<NewTurn, 'id'>> = fc
  .record({
    tokens,
    rawUsage,
    model,
    startedAt: fc.integer({ min: Date.UTC(2026, 9, 4), max: Date.UTC(2026, 9, 10) }),
    serverTools: fc.constantFrom(...times(9, '{}'), '{"webSearch":2}'),
    serviceTier: fc.constantFrom(...times(9, null), 'standard', 'batch'),
    usageState: fc.constantFrom(...times(9, 'final' as const), 'partial' as const),
    recorded: fc.constantFrom(...times(20, 'priced' as const), 'unknown' as const, 'otherwise' as const),
  })
  .map(({ model: asked, recorded, ...given }) => {
    const row: NewTurn = { ...EMPTY, ...asked, ...given, id: '', costPicoUsd: null };
    const { family, tokens: counts, billing = {}, startedAt: at } = ledgerRow(row);
    const picoUsd = priceTurn(counts, { family, model: row.model, at, billing }).picoUsd ?? null;
    const costs = { priced: picoUsd, unknown: null, otherwise: 1n };
    return { ...row, costPicoUsd: costs[recorded] };
  });

const EMPTY: Omit<NewTurn, 'costPicoUsd' | 'family' | 'id' | 'model' | 'startedAt' | 'tokens'> = {
  responseId: null,
  firstTokenMs: null,
  durationMs: 1,
  stopReason: 'end-turn',
  usageState: 'final',
  serverTools: '{}',
  rawUsage: null,
  serviceTier: null,
  prefixFingerprint: 'sha256:00',
  prefixBlocks: null,
  systemHash: null,
  toolsHash: null,
  requestOptions: '{}',
  marks: '[]',
};

export const randomTurns: fc.Arbitrary<readonly RandomTurn[]> = fc.array(
  fc.record({ session: fc.constantFrom('a', 'b', 'c'), turn }),
  { maxLength: 60 },
);

/** Commits the turns to sessions of their own, each with its letter as a tag, `b` and `c` with another one as well, `a` with none. */
export async function commitAll(store: CheckpointStore, turns: readonly RandomTurn[]): Promise<void> {
  const tips = new Map<string, string>();
  for (const id of ['a', 'b', 'c']) {
    const metadata = id === 'a' ? '{}' : JSON.stringify({ tags: [id, 'both'] });
    tips.set(id, (await store.createSession({ id, createdAt: 1, metadata })).tip);
  }
  for (const [index, { session, turn: of }] of turns.entries()) {
    const { tip } = await store.commitTurn({
      sessionId: session,
      expectedTip: tips.get(session) ?? '',
      entry: { kind: 'assistant-message', payload: `{"turn":${index}}` },
      turn: { ...of, id: `turn-${index}` },
      snapshot: {
        id: `snapshot-${index}`,
        turnCount: 0,
        messageCount: 0,
        silentTurnCount: 0,
        promptPreview: '',
        tokenSnapshot: { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
      },
      at: 2,
    });
    tips.set(session, tip);
  }
}
