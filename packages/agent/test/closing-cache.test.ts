import { createAgent, type ForceText, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { countOrZero, messageText } from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LONG_SYSTEM_PROMPT, MODELS, simulator } from './support/simulated.ts';

/** Calls the tool until it is told to stop. */
const script: Script = ({ messages }) => {
  const last = messages.at(-1);
  const isTold = last?.role === 'user' && messageText(last) !== 'go';
  return isTold ? 'That is what I know.' : { text: 'Let me see.', toolCalls: [{ name: 'look_up' }] };
};

const lookUp = tool({
  name: 'look_up',
  description: 'Looks something up.',
  input: z.object({}),
  effect: 'pure',
  run: () => 'A line of what was found.\n'.repeat(60),
});

async function closedRun(family: keyof typeof MODELS, forceText: ForceText) {
  const server = await simulator(script);
  const model = MODELS[family](server.url);
  const agent = createAgent({ model, system: LONG_SYSTEM_PROMPT, tools: [lookUp], maxToolRounds: 2, forceText });
  const session = await agent.openSession(openMemoryStore());
  const warnings: string[] = [];
  const run = session.send('go');
  for await (const event of run) if (event.type === 'warning') warnings.push(event.code);
  const { turns, reason } = await run.result();
  return { server, session, turns, reason, warnings };
}

/** How much of the prompt before it a turn has read. */
function readOf(turns: Awaited<ReturnType<typeof closedRun>>['turns'], index: number) {
  const [before, turn] = [turns[index - 1], turns[index]];
  if (!before || !turn) throw new Error(`There is no turn ${index}.`);
  return { read: turn.cacheReadTokens, known: before.cacheReadTokens + before.cacheWriteTokens };
}

describe('a run closed by a prompt', () => {
  it('reads every token that the last request has left in the cache (L-32, P-14)', async () => {
    const { turns, warnings, reason } = await closedRun('anthropic', 'prompt');
    const { read, known } = readOf(turns, 2);
    expect(known).toBeGreaterThan(1000);
    expect([read, reason, warnings]).toEqual([known, 'tool-round-limit', []]);
  });

  it('adds nothing but a message to the request before it (I3)', async () => {
    const { server } = await closedRun('anthropic', 'prompt');
    const [second, third] = server.requests.slice(-2);
    expect(third?.prefixHashes.slice(0, second?.prefixHashes.length)).toEqual(second?.prefixHashes);
  });

  it.each(['openai-chat', 'ollama'] as const)('reads what %s keeps unasked', async (family) => {
    const { server } = await closedRun(family, 'prompt');
    const [second, third] = server.requests.slice(-2).map(({ verdict }) => verdict);
    expect(third?.read).toBeGreaterThanOrEqual((second?.read ?? 0) + (second?.fresh ?? 0) - 128);
  });
});

describe('a run closed by tool_choice', () => {
  it('loses what is kept of the messages at Anthropic, and says so once (P-14)', async () => {
    const { turns, warnings } = await closedRun('anthropic', 'tool_choice');
    const { read, known } = readOf(turns, 2);
    expect(read).toBeLessThan(known);
    expect(warnings).toEqual(['cache/messages-not-read']);
  });

  it('loses nothing where the vendor does not mind, and does not warn', async () => {
    const { server, warnings } = await closedRun('openai-chat', 'tool_choice');
    const [second, third] = server.requests.slice(-2).map(({ verdict }) => verdict);
    expect(third?.read).toBeGreaterThanOrEqual((second?.read ?? 0) + (second?.fresh ?? 0) - 128);
    expect(warnings).toEqual([]);
  });

  it('cannot be got around by the model', async () => {
    const { server } = await closedRun('anthropic', 'tool_choice');
    expect(server.requests.map(({ body }) => Reflect.get(Object(body), 'tool_choice'))).toEqual([
      undefined,
      undefined,
      { type: 'none' },
    ]);
  });
});

describe('a run that is not closed', () => {
  it('refuses the calls one too many, and ends with its limit', async () => {
    const { turns, reason, session } = await closedRun('anthropic', 'off');
    expect([turns.length, reason]).toEqual([3, 'tool-round-limit']);
    expect(session.state.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ isError: true }] });
    const { reason: next } = await session.send('Thank you.').result();
    expect(next).toBe('end-turn');
  });
});

it('a server that obeys max_tokens never writes more than maxOutputTokens', async () => {
  let cap = 0;
  const server = await simulator(() => ({ text: 'word '.repeat(Math.max(0, cap - 2)), toolCalls: [] }));
  const model = MODELS.anthropic(server.url);
  const asked: number[] = [];
  const obedient: typeof model = {
    ...model,
    stream(request, options) {
      cap = Math.min(request.maxTokens ?? 400, 400);
      asked.push(request.maxTokens ?? 0);
      return model.stream(request, options);
    },
  };
  const session = await createAgent({ model: obedient, maxOutputTokens: 500 }).openSession(openMemoryStore());
  const { turns } = await session.send('go').result();
  expect(asked).toEqual([500]);
  expect(turns.reduce((sum, { tokens }) => sum + countOrZero(tokens.output), 0)).toBeLessThanOrEqual(500);
});
