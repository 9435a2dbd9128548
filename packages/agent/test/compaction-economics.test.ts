// Row N-14: what a compaction costs and saves, stated before it and measured at the simulator.

import { createAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { anthropic, type Model, messageText, ollama, openai } from '@reprise/providers';
import { startSimulator, virtualClock } from '@reprise/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LONG_SYSTEM_PROMPT } from './support/simulated.ts';

const MINUTE_MS = 60_000;

const MODELS = {
  anthropic: (url: string) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
  'openai 5.6': (url: string) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.6'),
  'openai before 5.6': (url: string) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'),
  ollama: (url: string) => ollama({ host: url }).model('llama4'),
} satisfies Record<string, (url: string) => Model>;

/** A session of so many turns of the same length, a minute apart, and a summary of about so many tokens. */
async function world(family: keyof typeof MODELS, turns: number, summaryWords: number) {
  const clock = virtualClock();
  const server = await startSimulator({
    clock: clock.now,
    script({ messages }) {
      const last = messages.at(-1);
      const isPrompt = last !== undefined && messageText(last).startsWith('Summarise');
      return isPrompt ? 'word '.repeat(summaryWords) : 'So it is said, and so it is done. '.repeat(100);
    },
  });
  onTestFinished(() => server.close());
  const store = openMemoryStore();
  let ids = 0;
  const ports = { clock: clock.now, createId: () => `id-${ids++}` };
  const agent = createAgent({ model: MODELS[family](server.url), system: LONG_SYSTEM_PROMPT, ports });
  const session = await agent.openSession(store, { id: 's' });
  const turn = async () => {
    await session.send('Tell me more of what was said and done there. '.repeat(4)).result();
  };
  for (let count = 0; count < turns; count += 1) {
    clock.advance(MINUTE_MS);
    await turn();
  }
  return { server, store, session, clock, turn };
}

type World = Awaited<ReturnType<typeof world>>;

async function costOf({ store, session }: World): Promise<bigint> {
  const rows = await store.readLedger(session.id);
  return rows.reduce((sum, { costPicoUsd }) => sum + (costPicoUsd ?? 0n), 0n);
}

/** Compacts one of two worlds that are alike, and goes on in both until it has cost no more. */
async function measure(made: World, twin: World, options: { readonly keepLast: number }, mostTurns: number) {
  const { plan } = await made.session.compact(options);
  for (let turns = 1; turns <= mostTurns; turns += 1) {
    for (const each of [made, twin]) {
      each.clock.advance(MINUTE_MS);
      await each.turn();
    }
    if ((await costOf(made)) <= (await costOf(twin))) return { plan, turns };
  }
  return { plan, turns: 'more' };
}

describe('the break-even of a compaction (N-14)', { timeout: 30_000 }, () => {
  it.each<readonly [keyof typeof MODELS, number, number, number]>([
    ['anthropic', 12, 150, 2],
    ['anthropic', 12, 600, 2],
    ['anthropic', 8, 100, 0],
    ['anthropic', 12, 300, 5],
    ['openai 5.6', 12, 150, 2],
    ['openai 5.6', 8, 300, 4],
    ['openai before 5.6', 12, 150, 2],
    ['openai before 5.6', 8, 400, 0],
  ])('with %s, of %i turns, by %i words, %i messages kept, is the one that is measured', async (...of) => {
    const [family, turns, words, keepLast] = of;
    const [made, twin] = [await world(family, turns, words), await world(family, turns, words)];
    const planned = await made.session.planCompaction({ keepLast, summaryTokens: words + 1 });
    const { plan, turns: measured } = await measure(made, twin, { keepLast }, 60);
    expect(plan.breakEvenTurns).toBe(measured);
    expect(planned.breakEvenTurns).toBe(measured);
  });

  it('is told of a cache that has gone cold, too', async () => {
    const [made, twin] = [await world('anthropic', 8, 150), await world('anthropic', 8, 150)];
    const warm = await made.session.planCompaction({ summaryTokens: 151 });
    for (const { clock } of [made, twin]) clock.advance(10 * MINUTE_MS);
    const planned = await made.session.planCompaction({ summaryTokens: 151 });
    expect(planned.summaryPicoUsd).toBeGreaterThan((warm.summaryPicoUsd ?? 0n) * 4n);
    const { plan, turns } = await measure(made, twin, { keepLast: 2 }, 30);
    expect([plan.breakEvenTurns, planned.breakEvenTurns]).toEqual([turns, turns]);
  });

  it('states what the summary costs before it is paid', async () => {
    const made = await world('anthropic', 8, 150);
    const planned = await made.session.planCompaction({ summaryTokens: 151 });
    const { plan } = await made.session.compact();
    const difference = Number((plan.summaryPicoUsd ?? 0n) - (planned.summaryPicoUsd ?? 0n));
    expect(Math.abs(difference)).toBeLessThan(0.02 * Number(plan.summaryPicoUsd));
  });

  it('states what is left to begin with, within the estimate of the summary', async () => {
    const made = await world('anthropic', 8, 150);
    const { plan } = await made.session.compact();
    const next = await made.session.warmUntil();
    const { fresh, cacheRead, cacheWrite } = next.nextMessage.cold;
    await made.turn();
    const { verdict } = made.server.requests.at(-1) ?? {};
    const prompt = (verdict?.fresh ?? 0) + (verdict?.read ?? 0) + (verdict?.written['5m'] ?? 0);
    expect(fresh + cacheRead + cacheWrite).toBeGreaterThan(plan.tokensAfter);
    expect(Math.abs(prompt - 50 - plan.tokensAfter)).toBeLessThan(0.02 * prompt);
  });

  it('never comes where the summary is as long as what it replaces', async () => {
    const { session } = await world('anthropic', 3, 1000);
    const plan = await session.planCompaction({ keepLast: 2, summaryTokens: 3000 });
    expect(plan).toMatchObject({ breakEvenTurns: 'never' });
    expect(plan.savingPerTurnPicoUsd).toBeLessThan(0n);
  });

  it('is not known where a price is not, and what is saved is not 0 (I11)', async () => {
    const { session } = await world('ollama', 5, 100);
    expect(await session.planCompaction()).toMatchObject({
      breakEvenTurns: 'unknown',
      summaryPicoUsd: undefined,
      savingPerTurnPicoUsd: undefined,
    });
  });
});
