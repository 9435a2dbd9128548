import type { AgentState } from '@reprise/agent';
import { anthropic, type Model, ollama, openai, openaiResponses, toolCalls } from '@reprise/providers';
import { type FaultRule, type Simulator, startSimulator, type Workspace } from '@reprise/simulator';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type Call,
  type Disturbance,
  playedScript,
  refusals,
  SESSION_ID,
  type Step,
  startTalk,
  type Talk,
} from './support/random-talk.ts';

/** How many talks each family has; a talk is some five runs. */
const TALKS = Number(process.env['REPRISE_RANDOM_TALKS'] ?? 40);

type ModelAt = (url: string, fetch: typeof globalThis.fetch) => Model;

const FAMILIES: readonly (readonly [family: string, modelAt: ModelAt])[] = Object.entries({
  anthropic: (url, fetch) => anthropic({ apiKey: 'simulated', baseURL: url, fetch }).model('claude-opus-5'),
  'openai-chat': (url, fetch) => openai({ apiKey: 'simulated', baseURL: `${url}/v1`, fetch }).model('gpt-5.2'),
  'openai-responses': (url, fetch) =>
    openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1`, fetch }).model('gpt-5.2'),
  ollama: (url, fetch) => ollama({ host: url, fetch }).model('llama4'),
} satisfies Record<string, ModelAt>);

const FAULTS: readonly FaultRule[] = [
  { fault: { type: 'status', status: 529 }, probability: 0.04 },
  { fault: { type: 'status', status: 429 }, probability: 0.03 },
  { fault: { type: 'cut', afterEvents: 3 }, probability: 0.04 },
  { fault: { type: 'cut', afterBytes: 700 }, probability: 0.04 },
  { fault: { type: 'early-end', afterEvents: 4 }, probability: 0.03 },
  { fault: { type: 'malformed-event', atEvent: 2 }, probability: 0.03 },
  { fault: { type: 'usage', usage: 'missing' }, probability: 0.05 },
];

const call = fc.constantFrom<Call>(
  ...(['pure', 'idempotent', 'effect', 'guarded', 'failing'] as const),
  ...(['endless', 'long', 'stopping', 'nobody', 'not-json'] as const),
);
const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 4, arbitrary: fc.array(call, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom<Answer>('text', 'cut-short', 'refusal') },
);
const point = fc.constantFrom(
  ...(['agent/input-committed', 'agent/turn-prepared', 'agent/turn-begun', 'agent/first-event'] as const),
  ...(['agent/stream-ended', 'agent/turn-committed', 'agent/call-checked', 'agent/intent-written'] as const),
  ...(['agent/tool-ran', 'agent/outcome-written', 'agent/results-committed', 'agent/lease-taken'] as const),
);
const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  fc.constant<Disturbance>({ type: 'none' }),
  fc.record({ type: fc.constantFrom('abort' as const, 'leave' as const, 'steer' as const), atEvent: fc.nat(40) }),
  fc.record({ type: fc.constant('crash' as const), point, passage: fc.integer({ min: 1, max: 3 }) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      answers: fc.array(answer, { maxLength: 6 }),
      disturbance,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('decide' as const), isApproved: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('rewind' as const), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ type: 'compact' }) },
);

/** I2: the state's totals are the sums of the branch's rows, and those of its last snapshot. */
async function expectTotals({ store, state }: Talk): Promise<void> {
  const rows = await store.readTurns(SESSION_ID);
  const sum = (pick: (tokens: (typeof rows)[number]['tokens']) => number | null) =>
    rows.reduce((total, { tokens }) => total + (pick(tokens) ?? 0), 0);
  const sums = {
    turns: rows.length,
    input: sum(({ fresh }) => fresh),
    output: sum(({ output }) => output),
    cacheRead: sum(({ cacheRead }) => cacheRead),
  };
  expect(totalsOf(state)).toEqual(sums);
  const snapshot = await store.readLastSnapshot(SESSION_ID);
  if (snapshot) {
    const { input, output, cacheRead } = snapshot.tokenSnapshot;
    expect({ turns: snapshot.turnCount, input, output, cacheRead }).toEqual(sums);
  }
}

function totalsOf(state: AgentState) {
  return {
    turns: state.turnCount,
    input: state.totalInputTokens,
    output: state.totalOutputTokens,
    cacheRead: state.totalCacheReadTokens,
  };
}

/** I4: every call has its one result right after it; the last message's calls may be open. */
function expectSendable({ messages }: AgentState): void {
  for (const [index, message] of messages.entries()) {
    const calls = toolCalls(message).map(({ id }) => id);
    const next = messages[index + 1];
    if (calls.length > 0 && next)
      expect(next).toMatchObject({ role: 'tool', content: calls.map((id) => ({ toolCallId: id })) });
    if (message.role === 'tool') expect(toolCalls(messages[index - 1] ?? message)).not.toEqual([]);
  }
}

/** I5: what must not happen twice has not, and nothing has that nobody had approved. */
function expectEffectsOnce({ effects }: Talk): void {
  const twice = [...effects.runs].filter(
    ([, { name, times }]) => times > 1 && name !== 'pure' && name !== 'idempotent' && name !== 'long',
  );
  expect(twice).toEqual([]);
  expect(effects.unapproved).toBe(0);
}

describe.each(FAMILIES)('random talks with %s', (_family, modelAt) => {
  let server: Simulator;
  let runs = 0;
  let talks = 0;

  beforeAll(async () => {
    server = await startSimulator({ script: () => '' });
  });
  afterAll(() => server.close());

  async function playTalk(steps: readonly Step[], workspace: Workspace, played: ReturnType<typeof playedScript>) {
    const talk = await startTalk(played, (fetch) => modelAt(workspace.url, fetch));
    for (const next of steps) {
      await talk.play(next);
      expectSendable(talk.state);
      await expectTotals(talk);
      expectEffectsOnce(talk);
    }
    await talk.finish();
    expectSendable(talk.state);
    await expectTotals(talk);
    expectEffectsOnce(talk);
    expect(refusals(workspace)).toEqual([]);
    runs += talk.runs;
    await talk.close();
  }

  it('I2 I4 I5 I12 end every run, with one truth on what was used, a history that the vendor takes, and no effect twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), fc.nat(), async (steps, seed) => {
        const played = playedScript();
        talks += 1;
        const workspace = server.workspace(`talk-${talks}`, { script: played.script, faults: FAULTS, seed });
        await playTalk(steps, workspace, played);
      }),
      { numRuns: TALKS },
    );
    expect(runs).toBeGreaterThan(TALKS);
  }, 1_800_000);
});
