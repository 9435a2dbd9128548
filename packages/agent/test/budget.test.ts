import {
  type AgentEvent,
  type AgentOptions,
  createAgent,
  modelFromStream,
  type RunEndReason,
  type Session,
  tool,
  usd,
} from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import type { Model } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { obedientServer, servedPicoUsd } from './support/obedient-server.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { LONG_SYSTEM_PROMPT } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const lookUp = tool({
  name: 'look_up',
  description: 'Looks up.',
  input: z.object({}),
  effect: 'pure',
  run: () => 'found',
});

/** Everything a run says, and why it ended. */
async function listen(session: Session, input: string, signal?: AbortSignal) {
  const events: AgentEvent[] = [];
  for await (const event of session.send(input, signal ? { signal } : {})) events.push(event);
  const end = events.at(-1);
  const reason: RunEndReason | undefined = end?.type === 'run-end' ? end.reason : undefined;
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event] : []));
  return { events, reason, warnings, error: end?.type === 'run-end' ? end.error : undefined };
}

function open(model: Model, options: Partial<AgentOptions>) {
  const agent = createAgent({ model, system: LONG_SYSTEM_PROMPT, tools: [lookUp], ...options });
  return agent.openSession(openMemoryStore(), { id: 's' });
}

/** Calls the tool each time, with so many words before. */
const busy = (words: number) => () => ({ words, calls: ['look_up'] });

describe('a budget (N-20)', () => {
  it('refuses a request that may cost more, before anything is sent, and says both numbers', async () => {
    const { server, model } = await obedientServer('anthropic', () => ({ words: 5 }));
    const session = await open(model, { budget: { picoUsd: usd('0.01') } });
    const { reason, warnings, error } = await listen(session, 'go');
    expect([reason, error, server.requests.length]).toEqual(['budget-limit', undefined, 0]);
    expect(warnings).toMatchObject([{ code: 'budget/refused' }]);
    expect(warnings[0]?.message).toMatch(
      /may cost \$\d+\.\d+ \(expected: \$\d+\.\d+\), and \$0\.01 of the budget are left/,
    );
    expect(session.state.turnCount).toBe(0);
  });

  it('ends a run between two requests with every call answered, and the session goes on with the next (I4)', async () => {
    const { server, model } = await obedientServer('anthropic', busy(300));
    const session = await open(model, { budget: { picoUsd: usd('0.14') }, maxTokens: 600 });
    const { reason } = await listen(session, 'go');
    expect([reason, server.requests.length > 0]).toEqual(['budget-limit', true]);
    expect(unsendable(session.state.messages)).toEqual([]);
    expect(session.state.messages.at(-1)?.role).toBe('tool');
    const before = server.requests.length;
    await listen(session, 'go on');
    expect(server.requests.length).toBeGreaterThan(before);
    expect(server.requests.map(({ status }) => status)).not.toContain(400);
  });

  it('allows a shorter answer where only the length is in the way, and says so', async () => {
    const { server, model } = await obedientServer('anthropic', () => ({ words: 90_000 }));
    const session = await open(model, { budget: { picoUsd: usd('0.2') } });
    const { reason, warnings } = await listen(session, 'go');
    expect(warnings.map(({ code }) => code)).toEqual(
      ['budget/output-capped', 'response/max-tokens'].slice(0, warnings.length),
    );
    expect(reason).toBe('end-turn');
    const cap = Number(Reflect.get(Object(server.requests[0]?.body), 'max_tokens'));
    expect([cap > 256, cap < 16_000]).toEqual([true, true]);
    expect(server.requests.map(servedPicoUsd).reduce((sum, cost) => sum + cost, 0n)).toBeLessThanOrEqual(usd('0.2'));
  });

  it('of a run is there anew for the next, and that of a session is not', async () => {
    const spends = async (scope: 'run' | 'session') => {
      const { server, model } = await obedientServer('anthropic', () => ({ words: 300 }));
      const session = await open(model, { budget: { picoUsd: usd('0.1'), scope }, maxTokens: 600, tools: [] });
      const reasons = [];
      for (let run = 0; run < 6; run += 1) reasons.push((await listen(session, 'go')).reason);
      return { reasons: new Set(reasons), spent: server.requests.map(servedPicoUsd).reduce((sum, cost) => sum + cost) };
    };
    expect((await spends('run')).reasons).toEqual(new Set(['end-turn']));
    const session = await spends('session');
    expect(session.reasons).toEqual(new Set(['end-turn', 'budget-limit']));
    expect(session.spent).toBeLessThanOrEqual(usd('0.1'));
  });

  it('of a session counts what was spent before it was resumed, on turns that were taken back, too', async () => {
    const { model } = await obedientServer('anthropic', () => ({ words: 300 }));
    const store = openMemoryStore();
    const options = { model, system: LONG_SYSTEM_PROMPT, maxTokens: 600 };
    const first = await createAgent(options).openSession(store, { id: 's' });
    const { state } = await first.send('one').result();
    const to = (await first.snapshots()).at(-1)?.id ?? '';
    for (let turn = 0; turn < 3; turn += 1) await first.send('two').result();
    await first.rewind({ to, what: 'conversation' });
    await first.close();
    const rows = await store.readLedger('s');
    const spent = rows.reduce((sum, { costPicoUsd }) => sum + (costPicoUsd ?? 0n), 0n);
    expect([rows.length, state.turnCount]).toEqual([4, 1]);
    const budget = { picoUsd: spent + usd('0.005'), scope: 'session' } as const;
    const resumed = await createAgent({ ...options, budget }).openSession(store, { id: 's' });
    expect((await listen(resumed, 'three')).reason).toBe('budget-limit');
  });
});

describe('a model whose price is not known', () => {
  it('is refused at once: unknown is not free (I11)', () => {
    const model = scriptedModel();
    expect(() => createAgent({ model, budget: { picoUsd: 1n } })).toThrow(
      expect.objectContaining({ code: 'agent/unpriced-model' }),
    );
  });

  it('passes uncounted where the caller says so', async () => {
    const model = scriptedModel(toolTurn(['c', 'look_up', '{}']), textTurn('done'));
    const session = await open(model, { budget: { picoUsd: 1n, unpriced: 'allow' } });
    expect((await listen(session, 'go')).reason).toBe('end-turn');
  });

  it.each([
    [{ picoUsd: 0n }, 'budget.picoUsd is 0'],
    [{ picoUsd: 1n, scope: 'year' }, 'budget.scope is year'],
    [{ picoUsd: 1n, unpriced: 'maybe' }, 'budget.unpriced is maybe'],
  ])('%o is no budget', (budget, message) => {
    const model = scriptedModel();
    expect(() => createAgent({ model, budget: budget as NonNullable<AgentOptions['budget']> })).toThrow(message);
  });
});

describe('usd', () => {
  it.each([
    ['0.50', 500_000_000_000n],
    ['12', 12_000_000_000_000n],
    ['0.000000000001', 1n],
  ])('%s is %i picoUsd', (text, expected) => expect(usd(text)).toBe(expected));

  it.each(['', '1e3', '-1', '.5', '0.0000000000001', '1,5'])('%s is no amount', (text) => {
    expect(() => usd(text)).toThrow('no amount of US dollars');
  });
});

describe('a response of which not all counts came', () => {
  /** Why the second run ends, of a budget that pays for two answers of known cost. */
  async function secondReason(isAborted: boolean) {
    const { model } = await obedientServer('anthropic', () => ({ words: 300 }));
    const session = await open(model, {
      budget: { picoUsd: usd('0.095'), scope: 'session' },
      maxTokens: 600,
      tools: [],
    });
    const stop = new AbortController();
    for await (const event of session.send('go', { signal: stop.signal })) {
      if (event.type === 'text-delta' && isAborted) stop.abort();
    }
    return (await listen(session, 'go')).reason;
  }

  it('counts as the most it may have cost (I11)', async () => {
    expect([await secondReason(false), await secondReason(true)]).toEqual(['end-turn', 'budget-limit']);
  });

  it.each([
    ['final', 'end-turn'],
    ['partial', 'budget-limit'],
    ['none', 'budget-limit'],
  ] as const)('counts so within its run: %s', async (usageState, expected) => {
    const [call, done] = [toolTurn(['c', 'look_up', '{}']), textTurn('done')].map((turn) => ({
      ...turn,
      usageState,
      tokens: usageState === 'none' ? {} : { fresh: 10, output: 10 },
    }));
    const turns = [call, done].flatMap((turn) => turn ?? []);
    const model = modelFromStream({
      id: 'claude-opus-5',
      family: 'anthropic',
      async *stream() {
        const turn = turns.shift();
        if (turn) yield { type: 'assistant-turn', turn };
      },
    });
    const budget = { picoUsd: usd('0.09') };
    const session = await createAgent({ model, tools: [lookUp], maxTokens: 3000, budget }).openSession(
      openMemoryStore(),
    );
    expect((await listen(session, 'go')).reason).toBe(expected);
  });

  it('counts so, too, when the session is resumed', async () => {
    const { model } = await obedientServer('anthropic', () => ({ words: 300 }));
    const store = openMemoryStore();
    const options = { model, system: LONG_SYSTEM_PROMPT, maxTokens: 600 };
    const session = await createAgent(options).openSession(store, { id: 's' });
    const stop = new AbortController();
    for await (const event of session.send('go', { signal: stop.signal }))
      if (event.type === 'text-delta') stop.abort();
    await session.close();
    const budget = { picoUsd: usd('0.095'), scope: 'session' } as const;
    const resumed = await createAgent({ ...options, budget }).openSession(store, { id: 's' });
    expect((await listen(resumed, 'go')).reason).toBe('budget-limit');
    const [row] = await store.readLedger('s');
    expect(row?.usageState).not.toBe('final');
  });
});

it.each(['anthropic', 'openai-chat'] as const)(
  'N-20 I2 I4: over random runs of %s, with aborts, what the server charges never exceeds the budget',
  async (family) => {
    const wishes = fc.array(fc.record({ words: fc.nat({ max: 900 }), calls: fc.boolean() }), {
      minLength: 30,
      maxLength: 30,
    });
    const anyCase = fc.record({
      wishes,
      cents: fc.integer({ min: 3, max: 60 }),
      maxTokens: fc.option(fc.integer({ min: 100, max: 2000 }), { nil: undefined }),
      aborts: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 4, maxLength: 4 }),
      gapsMs: fc.array(fc.constantFrom(0, 400_000), { minLength: 4, maxLength: 4 }),
    });
    const property = fc.asyncProperty(anyCase, async ({ wishes: wanted, cents, maxTokens, aborts, gapsMs }) => {
      const { server, model } = await obedientServer(family, ({ requestIndex }) => {
        const { words = 1, calls = false } = wanted[requestIndex] ?? {};
        return { words, calls: calls ? ['look_up', 'look_up'] : [] };
      });
      const budget = { picoUsd: usd('0.01') * BigInt(cents), scope: 'session' } as const;
      const session = await open(model, { budget, ...(maxTokens === undefined ? {} : { maxTokens }) });
      for (const [run, abortAt] of aborts.entries()) {
        server.advance(gapsMs[run] ?? 0);
        const stop = new AbortController();
        let seen = 0;
        for await (const event of session.send('go on', { signal: stop.signal })) {
          if (event.type === 'text-delta') seen += 1;
          if (seen === abortAt) stop.abort();
        }
        expect(unsendable(session.state.messages)).toEqual([]);
      }
      const charged = server.requests.map(servedPicoUsd).reduce((sum, cost) => sum + cost, 0n);
      expect(charged).toBeLessThanOrEqual(budget.picoUsd);
      expect(server.requests.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 40 });
  },
  120_000,
);
