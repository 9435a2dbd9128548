import { createAgent, modelFromStream } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { type AssistantTurnParts, assistantTurn, malformedCounts, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';

const MESSAGE = { role: 'assistant', content: [{ type: 'text', text: 'Hi.' }] } as const;
const NO_COUNTS: readonly unknown[] = [Number.NaN, Number.POSITIVE_INFINITY, -4, 1.5, '7', null, {}];

/** Parts as a program without types may give them. */
function parts(counts: object): AssistantTurnParts {
  return { message: MESSAGE, ...counts };
}

const modelOf = (turn: AssistantTurnParts) =>
  modelFromStream({
    id: 'own',
    async *stream() {
      yield { type: 'assistant-turn', turn };
    },
  });

describe.each(NO_COUNTS)('%o in the place of a count', (bad) => {
  it('is not reported, and 0 where a number is asked for (B-05, B-06)', () => {
    const turn = assistantTurn(parts({ cacheReadTokens: bad, cacheWriteTokens: 6 }));
    expect(turn).toMatchObject({ cacheReadTokens: 0, cacheWriteTokens: 6 });
    expect(turn.tokens).toMatchObject({ cacheRead: 'not-reported', cacheWrite: { unknown: 6 } });
  });

  it('is not reported among the counts by bucket (B-05)', () => {
    const tokens = {
      fresh: bad,
      output: 3,
      cacheWrite: { '5m': bad, '1h': 2 },
      serverTools: { webSearch: bad, code: 1 },
    };
    expect(assistantTurn(parts({ tokens })).tokens).toMatchObject({
      fresh: 'not-reported',
      output: 3,
      cacheWrite: { '5m': 'not-reported', '1h': 2 },
      serverTools: { code: 1 },
    });
    expect(malformedCounts(parts({ tokens })).map((fault) => fault.split(':')[0])).toEqual([
      'tokens.fresh',
      'tokens.cacheWrite.5m',
      'tokens.serverTools.webSearch',
    ]);
  });

  it('costs a session neither its answer nor its totals, and is told (B-08, I2, N-12)', async () => {
    const agent = createAgent({ model: modelOf(parts({ cacheReadTokens: bad, cacheWriteTokens: 6 })) });
    const session = await agent.openSession(openMemoryStore(), { id: 's' });
    const run = session.send('Hello?');
    const warnings: string[] = [];
    for await (const event of run) if (event.type === 'warning') warnings.push(event.code);
    expect(warnings).toContain('usage/malformed-count');
    expect(await run.result()).toMatchObject({ text: 'Hi.' });
    expect(session.state.totalCacheReadTokens).toBe(0);
    await session.close();
  });
});

describe('a turn whose counts are counts', () => {
  it('is told nothing of', async () => {
    const turn = parts({ tokens: { fresh: 0, cacheRead: 'not-reported', output: undefined, cacheWrite: { '5m': 3 } } });
    expect(malformedCounts(turn)).toEqual([]);
    const events = await Array.fromAsync(modelOf(turn).stream({ messages: [userMessage('Hello?')] }));
    expect(events.map(({ type }) => type)).toEqual(['assistant-turn']);
  });
});
