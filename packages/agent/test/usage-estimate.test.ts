import {
  type AgentEvent,
  createAgent,
  initialState,
  runAgent,
  type TurnEndEvent,
  type UsageEstimate,
} from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { countOrZero, promptTokenCount } from '@reprise/providers';
import type { ReplyParts } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { scriptedModel, textTurn } from './support/scripted-stream.ts';
import { FAMILIES, FAMILY_NAMES, LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';

const REPLIES: Readonly<Record<string, ReplyParts>> = {
  prose: {
    text: 'The rain in Bonn falls mainly in the morning, and nobody who lives there is surprised by that. '.repeat(8),
  },
  German: {
    text: 'Der Regen in Bonn fällt überwiegend vormittags, was dort freilich niemanden überrascht. '.repeat(8),
  },
  Chinese: { text: '波恩的雨大多在早晨落下，住在那里的人对此并不感到惊讶。'.repeat(8) },
  code: { text: 'for (const [index, row] of rows.entries()) {\n  total += row.tokens.fresh ?? 0;\n}\n'.repeat(8) },
  JSON: { toolCalls: [{ name: 'keep', arguments: { rows: Array(20).fill({ id: 17, name: 'row', isOpen: true }) } }] },
  thinking: { thinking: 'First I look at the sky, and then at the street below. '.repeat(8), text: 'It rains.' },
};

/** The first turn of a run with this answer. */
async function turnOf(family: keyof typeof FAMILIES, reply: ReplyParts, isReported: boolean): Promise<TurnEndEvent> {
  const server = await simulator(() => reply);
  const faults = isReported ? [] : [{ fault: { type: 'usage', usage: 'missing' } } as const];
  const { url } = server.workspace('own', { faults });
  const model = FAMILIES[family](url);
  const run = runAgent(initialState(), 'What do you see?', {
    model,
    system: LONG_SYSTEM_PROMPT,
    think: 'low',
    maxTokens: 4000,
    maxToolRounds: 0,
    forceText: 'off',
  });
  for await (const event of run) if (event.type === 'turn-end') return event;
  throw new Error('The run had no turn.');
}

function estimateOf(events: readonly AgentEvent[]): UsageEstimate | undefined {
  return events.find((event) => event.type === 'turn-end')?.estimate;
}

const CASES = FAMILY_NAMES.flatMap((family) => Object.keys(REPLIES).map((kind) => ({ family, kind })));

describe('usage that the vendor did not tell (N-12)', () => {
  it.each(CASES)('of $kind from $family is estimated within a factor of two', async ({ family, kind }) => {
    const reply = REPLIES[kind] ?? {};
    const { turn, estimate: none } = await turnOf(family, reply, true);
    const { estimate } = await turnOf(family, reply, false);
    expect(none).toBeUndefined();
    const prompt = Number(promptTokenCount(turn.tokens));
    const output = countOrZero(turn.tokens.output);
    expect(estimate?.promptTokens).toBeGreaterThan(prompt / 2);
    expect(estimate?.promptTokens).toBeLessThan(prompt * 2);
    expect(estimate?.outputTokens).toBeGreaterThan(output / 2);
    expect(estimate?.outputTokens).toBeLessThan(output * 2);
  });

  it('I11 is in no total and no row: those say that it was not reported', async () => {
    const server = await simulator(() => ({ text: 'Well, it rains in Bonn.' }));
    const model = FAMILIES['openai-chat'](server.url);
    const store = openMemoryStore();
    const session = await createAgent({ model, system: LONG_SYSTEM_PROMPT }).openSession(store, { id: 's' });
    const abort = new AbortController();
    const events: AgentEvent[] = [];
    for await (const event of session.send('Rain?', { signal: abort.signal })) {
      events.push(event);
      if (event.type === 'text-delta') abort.abort();
    }
    expect(estimateOf(events)?.promptTokens).toBeGreaterThan(1000);
    expect(estimateOf(events)?.outputTokens).toBeGreaterThan(0);
    expect(session.state).toMatchObject({ totalInputTokens: 0, totalOutputTokens: 0, silentTurnCount: 1 });
    expect(await store.readLedger('s')).toMatchObject([
      { usageState: 'none', tokens: { fresh: null, output: null }, costPicoUsd: null },
    ]);
  });

  it('keeps to the prompt that was reported before the stream was cut, and counts what was written since', async () => {
    const server = await simulator(() => ({ thinking: 'I look at the sky. '.repeat(20), text: 'It rains.' }));
    const model = FAMILIES.anthropic(server.url);
    const abort = new AbortController();
    const events: AgentEvent[] = [];
    const options = { model, think: 'low', maxTokens: 4000, signal: abort.signal } as const;
    for await (const event of runAgent(initialState(), 'Rain?', options)) {
      events.push(event);
      if (event.type === 'thinking-delta' && events.length === 40) abort.abort();
    }
    const turn = events.find((event) => event.type === 'turn-end')?.turn;
    // The thought is cut off, and not in the turn; its tokens were written all the same.
    expect(turn).toMatchObject({ usageState: 'partial', message: { content: [] } });
    expect(estimateOf(events)?.promptTokens).toBe(turn && promptTokenCount(turn.tokens));
    expect(estimateOf(events)?.outputTokens).toBeGreaterThan(20);
  });

  it("is estimated for a model of one's own that never tells, by what its stream brought", async () => {
    const events = await Array.fromAsync(
      runAgent(initialState(), 'hi', { model: scriptedModel(textTurn('x'.repeat(400))) }),
    );
    expect(estimateOf(events)?.outputTokens).toBe(100);
  });
});
