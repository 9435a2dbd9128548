// Row N-13: the clock of a session's cache, against the vendors' simulator and its clock.

import { type AgentOptions, createAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import {
  anthropic,
  type Message,
  type Model,
  ollama,
  openai,
  openaiResponses,
  priceTurn,
  tokenCounts,
  userMessage,
} from '@reprise/providers';
import { startSimulator, virtualClock } from '@reprise/simulator';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { planningInputs } from '../src/context/planning-inputs.ts';
import { warmUntil } from '../src/context/warm-until.ts';
import { readBranch } from '../src/session/read-branch.ts';
import { LONG_SYSTEM_PROMPT } from './support/simulated.ts';

const MINUTE_MS = 60_000;

const HOURLY: Partial<AgentOptions> = { cache: { breakpoints: [{ at: 'system', ttl: '1h' }, 'last'] } };

const VENDORS: readonly (readonly [string, (url: string) => Model, Partial<AgentOptions>])[] = [
  ['anthropic', (url) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'), {}],
  [
    'anthropic, an hour for the system prompt',
    (url) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-sonnet-5'),
    HOURLY,
  ],
  ['openai 5.6', (url) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.6'), {}],
  [
    'openai responses 5.6',
    (url) => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.6'),
    {},
  ],
  ['openai before 5.6', (url) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'), {}],
  ['ollama', (url) => ollama({ host: url }).model('llama4'), {}],
];

async function world(makeModel: (url: string) => Model, options: Partial<AgentOptions> = {}) {
  const clock = virtualClock();
  const server = await startSimulator({
    clock: clock.now,
    script: ({ requestIndex }) => `It is ${requestIndex}. `.repeat(30),
  });
  onTestFinished(() => server.close());
  const [store, model] = [openMemoryStore(), makeModel(server.url)];
  let ids = 0;
  const ports = { clock: clock.now, createId: () => `id-${ids++}` };
  const frame = { tools: [], requestOptions: { ...options, system: LONG_SYSTEM_PROMPT } };
  const agent = createAgent({ ...frame.requestOptions, model, ports });
  const session = await agent.openSession(store, { id: 's' });
  /** What is known before a message is sent, which the message is a part of. */
  const inputs = async (message: Message) => {
    const now = clock.now();
    const { ask, ...known } = planningInputs([], await readBranch(store, 's', { model, at: now }), {
      ...frame,
      model,
      now,
    });
    return { ...known, next: ask([...session.state.messages, message]) };
  };
  const lastRow = async () => (await store.readTurns('s')).at(-1);
  return { clock, server, store, model, session, inputs, lastRow };
}

describe.each(VENDORS)('the price of the next message with %s (N-13)', (_name, makeModel, options) => {
  it('is what is charged, whenever it is sent', { timeout: 60_000 }, async () => {
    const { clock, server, model, session, inputs, lastRow } = await world(makeModel, options);
    const gaps = fc.sample(fc.oneof(fc.nat(11 * MINUTE_MS), fc.nat(90 * MINUTE_MS)), { numRuns: 50, seed: 13 });
    await session.send('Hello').result();
    for (const [index, gapMs] of gaps.entries()) {
      clock.advance(gapMs);
      const before = promptOf(server.requests.at(-1)?.verdict);
      const known = await inputs(userMessage(`And ${index}?`));
      await session.send(`And ${index}?`).result();
      const { verdict, at = 0 } = server.requests.at(-1) ?? {};
      const told = warmUntil(known, { addedTokens: promptOf(verdict) - before }).nextMessage.now;
      expect([told.cacheRead, told.fresh]).toEqual([verdict?.read, verdict?.fresh]);
      // The answer is no part of it.
      const row = await lastRow();
      const answer = priceTurn(tokenCounts({ fresh: 0, output: row?.tokens.output ?? 0 }), {
        family: model.family,
        model: model.id,
        at,
      });
      const charged = row?.costPicoUsd === null ? undefined : (row?.costPicoUsd ?? 0n) - (answer.picoUsd ?? 0n);
      expect(told.picoUsd).toBe(charged);
    }
  });
});

function promptOf(
  verdict: { fresh: number; read: number; written: Readonly<Record<string, number>> } | undefined,
): number {
  const { fresh = 0, read = 0, written = {} } = verdict ?? {};
  return Object.values(written).reduce((sum, tokens) => sum + tokens, fresh + read);
}

describe('a session (N-13)', () => {
  const [, makeModel] = VENDORS[0] ?? ['', (url: string) => ollama({ host: url }).model('llama4')];

  it('tells the clock of its breakpoints, what waiting costs, and sends nothing', async () => {
    const { clock, server, session } = await world(makeModel);
    await session.send('Hello').result();
    const asked = server.requests[0];
    clock.advance(2 * MINUTE_MS);
    const { breakpoints, nextMessage, at } = await session.warmUntil();
    expect(breakpoints.at(-1)).toMatchObject({
      place: 'messages[0].content[0]',
      tokens: promptOf(asked?.verdict),
      lifetime: '5m',
      expiresAt: (asked?.at ?? 0) + 5 * MINUTE_MS,
    });
    expect(at).toBe(clock.now());
    expect(nextMessage.now).toEqual(nextMessage.warm);
    expect((nextMessage.cold.picoUsd ?? 0n) > 5n * (nextMessage.warm.picoUsd ?? 0n)).toBe(true);
    clock.advance(3 * MINUTE_MS);
    const late = await session.warmUntil();
    expect(late.nextMessage.now).toEqual(late.nextMessage.cold);
    expect(late.keepAlive.pays).toBe(false);
    expect(server.requests).toHaveLength(1);
  });

  it('expects the answer and the message to add what the answer counted, unless it is told', async () => {
    const { session } = await world(makeModel);
    const { turns } = await session.send('Hello').result();
    expect((await session.warmUntil()).nextMessage.addedTokens).toBe(turns[0]?.tokens.output);
    expect((await session.warmUntil({ addedTokens: 7 })).nextMessage.addedTokens).toBe(7);
  });

  it('knows that a compaction has left nothing of use but the system prompt', async () => {
    const { session, server } = await world(makeModel);
    for (const question of ['one', 'two', 'three']) await session.send(question).result();
    const { cacheRead } = (await session.warmUntil()).nextMessage.now;
    await session.compact({ keepLast: 1 });
    const { now } = (await session.warmUntil()).nextMessage;
    await session.send('four').result();
    expect(now.cacheRead).toBeLessThan(cacheRead);
    expect(Math.abs(now.cacheRead - (server.requests.at(-1)?.verdict.read ?? 0))).toBeLessThan(0.02 * now.cacheRead);
  });

  it.each([{ addedTokens: 1.5 }, { addedTokens: -1 }, { expectedGapMs: Number.NaN }])('refuses %j', async (options) => {
    const { session } = await world(makeModel);
    await expect(session.warmUntil(options)).rejects.toMatchObject({ code: 'agent/invalid-option' });
  });

  it('has no clock before its first turn', async () => {
    const { session } = await world(makeModel);
    expect(await session.warmUntil()).toMatchObject({ breakpoints: [], keepAlive: { pays: false } });
  });

  it('whose model has no price has no advice, and its clock all the same (I11)', async () => {
    const { session } = await world((url) => ollama({ host: url }).model('llama4'));
    await session.send('Hello').result();
    const { breakpoints, nextMessage, keepAlive } = await session.warmUntil();
    expect(breakpoints).toMatchObject([{ expiresAt: 'not-told' }]);
    expect(nextMessage.warm).toMatchObject({ picoUsd: undefined });
    expect(nextMessage.warm.cacheRead).toBeGreaterThan(1000);
    expect(keepAlive).toMatchObject({ pays: false, costPerRefreshPicoUsd: undefined });
  });
});
