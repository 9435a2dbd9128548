import { billingFromUsage, priceTurn, tokensFromAnthropic, tokensFromOpenAIChat } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { cacheStatement, type LedgerRow, renderStatement } from '../src/index.ts';
import { ledgerRowOf } from './support/rows.ts';

/** A turn of Opus 5 that was shortened first: 40 000 tokens read and 500 written in the compaction, 600 fresh and 20 out in the answer. */
const COMPACTED = rowOf('anthropic', 'claude-opus-5', {
  input_tokens: 600,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  output_tokens: 20,
  iterations: [
    {
      type: 'compaction',
      input_tokens: 0,
      cache_read_input_tokens: 40_000,
      cache_creation_input_tokens: 0,
      output_tokens: 500,
    },
    {
      type: 'message',
      input_tokens: 600,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
      output_tokens: 20,
    },
  ],
});

/** Through a gateway that charged half a cent for 1 000 tokens read, 100 fresh and 10 out. */
const CHARGED = chargedRow('anthropic/claude-opus-5', 0.005);

function rowOf(family: 'anthropic' | 'openai-chat', model: string, usage: object): LedgerRow {
  const tokens = family === 'anthropic' ? tokensFromAnthropic(usage) : tokensFromOpenAIChat(usage);
  return ledgerRowOf(tokens, { family, model, billing: billingFromUsage(family, usage) });
}

function chargedRow(model: string, cost: number): LedgerRow {
  return rowOf('openai-chat', model, {
    prompt_tokens: 1_100,
    completion_tokens: 10,
    total_tokens: 1_110,
    prompt_tokens_details: { cached_tokens: 1_000, cache_write_tokens: 0 },
    cost,
    is_byok: false,
  });
}

describe('compaction', () => {
  test('is paid, with and without a cache alike, and saves nothing of the counted tokens (P-10)', () => {
    const compaction = 40_000n * 500_000n + 500n * 25_000_000n;
    const answer = 600n * 5_000_000n + 20n * 25_000_000n;
    expect(cacheStatement([COMPACTED]).money).toEqual({
      paidPicoUsd: compaction + answer,
      baselinePicoUsd: compaction + answer,
      readSavingsPicoUsd: 0n,
      writeSurchargePicoUsd: 0n,
      savedPicoUsd: 0n,
      besidePicoUsd: compaction,
    });
  });

  test('leaves the token sums to what the response counts', () => {
    expect(cacheStatement([COMPACTED]).tokens).toMatchObject({
      fresh: { tokens: 600 },
      cacheRead: { tokens: 0 },
      output: { tokens: 20 },
    });
  });

  test('is named below the table', () => {
    expect(renderStatement(cacheStatement([COMPACTED]), { width: 200 })).toContain('$0.0325 beside the list price');
  });
});

describe('a charge that the vendor names', () => {
  test('is what was paid; what caching saved is told by the list, and estimated', () => {
    const statement = cacheStatement([CHARGED]);
    const listed = priceTurn(CHARGED.tokens, { family: CHARGED.family, model: CHARGED.model, at: CHARGED.startedAt });
    expect(statement.turns[0]).toMatchObject({
      priceStatus: 'exact',
      reportedBy: 'OpenRouter: usage.cost',
      savingStatus: 'estimated',
      money: {
        paidPicoUsd: 5_000_000_000n,
        readSavingsPicoUsd: 1_000n * 4_500_000n,
        besidePicoUsd: 5_000_000_000n - (listed.picoUsd ?? 0n),
      },
    });
    expect(statement.estimatedTurns).toBe(0);
  });

  test('of a model without a list price tells nothing of savings', () => {
    const statement = cacheStatement([chargedRow('nobody/nothing', 0.005)]);
    expect(statement).toMatchObject({
      unpricedTurns: 0,
      covered: { turnCount: 0 },
      savedRatio: undefined,
      money: { paidPicoUsd: 5_000_000_000n, baselinePicoUsd: 5_000_000_000n, savedPicoUsd: 0n },
    });
    expect(renderStatement(statement, { width: 200 })).toContain('the list price of 1 turn is unknown');
  });

  test('of nothing saves nothing', () => {
    const { money, covered } = cacheStatement([chargedRow('anthropic/claude-opus-5', 0)]);
    expect(money).toMatchObject({ paidPicoUsd: 0n, baselinePicoUsd: 0n, savedPicoUsd: 0n });
    expect(covered.turnCount).toBe(0);
  });

  test('is named below the table', () => {
    expect(renderStatement(cacheStatement([CHARGED]), { width: 200 })).toContain(
      "What 1 turn paid is the vendor's own",
    );
  });
});

test('some turns are silent, so a sum is a lower bound and no miss is claimed (N-07, X-17)', () => {
  const silent = rowOf('openai-chat', 'gpt-5', { prompt_tokens: 500, completion_tokens: 5, total_tokens: 505 });
  const { turns, tokens, silentTurns } = cacheStatement([COMPACTED, silent]);
  expect(silentTurns).toBe(1);
  expect(tokens.cacheRead).toEqual({ tokens: 0, missingTurns: 1 });
  expect(turns.map(({ savingStatus }) => savingStatus)).toEqual(['exact', 'unknown']);
});
