import { createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import type { Script } from '@reprise/simulator';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startProcess } from './support/child-process.ts';
import { scriptedModel } from './support/scripted-stream.ts';
import { simulator } from './support/simulated.ts';
import { tempDatabase } from './support/temp-store.ts';
import { unsendable } from './support/wire-rules.ts';

const KILLS = 20;
const TURNS = 20;

/** Thinks, calls a tool on every question, and answers at some length; slowly enough to be killed in the middle. */
const script: Script = ({ messages }) =>
  messages.at(-1)?.role === 'tool'
    ? { thinking: 'That was helpful.', text: 'The number is known now. '.repeat(4), delayMs: 2 }
    : {
        thinking: 'I need the number.',
        text: 'Let me look.',
        toolCalls: [{ name: 'look_up', arguments: { number: messages.length } }],
        delayMs: 2,
      };

/** Runs the process until it has printed `events` lines, then kills it; without a number, until it ends. Resolves to how it ended. */
async function runProcess(database: string, url: string, events = Number.POSITIVE_INFINITY): Promise<string> {
  const child = startProcess('twenty-turns-process.ts', database, url);
  let seen = 0;
  for await (const _line of child.lines) {
    seen += 1;
    if (seen === events) child.signal('SIGKILL');
  }
  const { ending, errors } = await child.ended;
  expect(errors).toBe('');
  return ending;
}

/** What must hold of the file whenever nobody writes to it. */
async function checkSession(database: string): Promise<number> {
  const store = openSqliteStore(database);
  const { state } = await createAgent({ model: scriptedModel() }).openSession(store, { id: 'twenty-turns' });
  const rows = await store.readTurns('twenty-turns');
  const sum = (pick: (tokens: (typeof rows)[number]['tokens']) => number | null) =>
    rows.reduce((total, { tokens }) => total + (pick(tokens) ?? 0), 0);

  expect(unsendable(state.messages)).toEqual([]);
  expect(state.messages.filter(({ role }) => role === 'assistant')).toHaveLength(rows.length);
  expect({
    turnCount: state.turnCount,
    input: state.totalInputTokens,
    output: state.totalOutputTokens,
    cacheRead: state.totalCacheReadTokens,
    cacheWrite: state.totalCacheWriteTokens,
  }).toEqual({
    turnCount: rows.length,
    input: sum(({ fresh }) => fresh),
    output: sum(({ output }) => output),
    cacheRead: sum(({ cacheRead }) => cacheRead),
    cacheWrite: sum(({ cacheWrite5m }) => cacheWrite5m),
  });
  expect(await store.readSnapshots('twenty-turns')).toHaveLength(rows.length);
  await store.close();
  return state.turnCount;
}

it(`I2 I4 I6 a session killed at ${KILLS} random moments of its ${TURNS} turns loses no committed turn and counts none twice`, async () => {
  const server = await simulator(script);
  const database = tempDatabase();
  // A turn has some 35 events, so a process is killed within its first or second.
  const moments = fc.sample(fc.integer({ min: 1, max: 60 }), KILLS);
  let turns = 0;
  for (const moment of moments) {
    const ending = await runProcess(database, server.url, moment);
    const now = await checkSession(database);
    if (now < TURNS) expect(ending).toBe('SIGKILL');
    expect(now, `after a kill at event ${moment} of ${moments.join(', ')}`).toBeGreaterThanOrEqual(turns);
    turns = now;
  }
  expect(await runProcess(database, server.url)).toBe('exit 0');
  const end = await checkSession(database);
  expect(end).toBeGreaterThanOrEqual(TURNS);
  // Calls that a kill has cut off have their rows, too.
  expect(end).toBeGreaterThanOrEqual(server.requests.length);
  expect(server.requests.filter(({ status }) => status !== 200)).toEqual([]);
}, 120_000);
