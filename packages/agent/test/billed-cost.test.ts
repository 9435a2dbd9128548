import { createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { tokensFromAnthropic, tokensFromOpenAIChat } from '@reprise/providers';
import { expect, it } from 'vitest';
import { scriptedModel, textTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

type TurnParts = Parameters<typeof textTurn>[1];

/** The cost in the ledger row of one turn. */
async function recordedCost(parts: TurnParts): Promise<bigint | null | undefined> {
  const store = openSqliteStore(tempDatabase());
  try {
    const session = await createAgent({ model: scriptedModel(textTurn('Hi.', parts)) }).openSession(store, { id: 's' });
    await session.send('Hi').result();
    return (await store.readTurns('s'))[0]?.costPicoUsd;
  } finally {
    await store.close();
  }
}

it('a compaction beside the counts is in the cost of the ledger row (P-10)', async () => {
  const rawUsage = {
    input_tokens: 10,
    output_tokens: 2,
    iterations: [
      { type: 'compaction', input_tokens: 1_000, output_tokens: 30 },
      { type: 'message', input_tokens: 10, output_tokens: 2 },
    ],
  };
  const cost = await recordedCost({
    family: 'anthropic',
    model: 'claude-opus-5',
    tokens: tokensFromAnthropic(rawUsage),
    rawUsage,
  });
  expect(cost).toBe(1_010n * 5_000_000n + 32n * 25_000_000n);
});

it('what the vendor charged is the cost of the ledger row', async () => {
  const rawUsage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, cost: 0.25, is_byok: false };
  const cost = await recordedCost({
    family: 'openai-chat',
    model: 'some/model',
    tokens: tokensFromOpenAIChat(rawUsage),
    rawUsage,
  });
  expect(cost).toBe(250_000_000_000n);
});
