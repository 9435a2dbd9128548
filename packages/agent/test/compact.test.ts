// Row N-14: a compaction of a session, with the real SDKs, the strict simulator and a real database.

import { type AgentOptions, createAgent, type Session, tool } from '@reprise/agent';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import { messageText, userMessage } from '@reprise/providers';
import type { Reply, ScriptRequest, Simulator } from '@reprise/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { FAMILIES, FAMILY_NAMES, LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';
import { tempDatabase } from './support/temp-store.ts';
import { unsendable } from './support/wire-rules.ts';

const SUMMARY = 'They spoke of rules, and kept them.';

const isSummaryRequest = ({ messages }: ScriptRequest) =>
  messages.at(-1)?.role === 'user' && messageText(messages.at(-1) ?? userMessage('')).startsWith('Summarise');

interface World {
  readonly server: Simulator;
  readonly store: CheckpointStore;
  readonly session: Session;
  /** The session in another process. */
  reopen(): Promise<Session>;
}

/** A session of five turns. `summary` is what comes of being asked for one. */
async function world(
  family: keyof typeof FAMILIES,
  summary: Reply = SUMMARY,
  options: Partial<AgentOptions> = {},
): Promise<World> {
  const server = await simulator((request) =>
    isSummaryRequest(request) ? summary : `Answer ${request.messages.length}. ${'So it is. '.repeat(30)}`,
  );
  const database = tempDatabase();
  const open = async () => {
    const store = openSqliteStore(database);
    onTestFinished(() => store.close());
    const model = FAMILIES[family](server.url);
    const agent = createAgent({ model, system: LONG_SYSTEM_PROMPT, retry: false, ...options });
    return { store, session: await agent.openSession(store, { id: 's' }) };
  };
  const { store, session } = await open();
  for (const question of ['one', 'two', 'three', 'four', 'five']) await session.send(question).result();
  return { server, store, session, reopen: async () => (await open()).session };
}

const wordsOf = ({ state }: Session) => state.messages.map(messageText);

describe.each(FAMILY_NAMES)('a compaction with %s (N-14)', (family) => {
  it('asks with the very prefix that the vendor holds, and reads at least 95 % of it', async () => {
    const { server, session } = await world(family);
    await session.compact();
    const [before, asked] = server.requests.slice(-2);
    expect(asked?.prefixHashes.slice(0, before?.prefixHashes.length)).toEqual(before?.prefixHashes);
    const { fresh = 0, read = 0, written = {} } = before?.verdict ?? {};
    const held = fresh + read + Object.values(written).reduce((sum, tokens) => sum + tokens, 0);
    expect(asked?.verdict.read ?? 0).toBeGreaterThanOrEqual(0.95 * held);
  });

  it('leaves the summary and the last messages, and the vendor takes what is left', async () => {
    const { session, reopen } = await world(family);
    const tail = session.state.messages.slice(6);
    const { state } = await session.compact();
    expect(messageText(state.messages[0] ?? userMessage(''))).toContain(SUMMARY);
    expect(state.messages.slice(2)).toEqual(tail);
    expect(session.state).toEqual(state);
    await session.send('six').result();
    const resumed = await reopen();
    expect(resumed.state).toEqual(session.state);
    await resumed.send('seven').result();
    expect(wordsOf(resumed).filter((words) => ['one', 'three', 'four', 'seven'].includes(words))).toEqual([
      'four',
      'seven',
    ]);
  });
});

describe('a compaction', () => {
  it('is a turn for the books: its row, its snapshot, and totals that are their sum (I2, I6)', async () => {
    const { store, session, server } = await world('anthropic');
    const { turn, snapshot, plan } = await session.compact();
    const rows = await store.readLedger('s');
    expect(rows).toHaveLength(6);
    expect(rows.at(-1)?.responseId).toBe(turn?.responseId);
    expect(plan.summaryPicoUsd).toBe(rows.at(-1)?.costPicoUsd);
    expect(snapshot).toMatchObject({ turnCount: 6, id: (await store.readLastSnapshot('s'))?.id });
    expect(session.state.totalCacheReadTokens).toBe(rows.reduce((sum, { tokens }) => sum + (tokens.cacheRead ?? 0), 0));
    expect(session.state.totalOutputTokens).toBe(rows.reduce((sum, { tokens }) => sum + (tokens.output ?? 0), 0));
    expect(server.requests).toHaveLength(6);
  });

  it('reads the prefix, however many blocks the turns before it have added (L-19, N-14)', async () => {
    const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'seen' });
    const server = await simulator((request) => {
      if (isSummaryRequest(request)) return SUMMARY;
      const rounds = request.messages.filter(({ role }) => role === 'tool').length;
      return rounds < 25 ? { text: `Round ${rounds}.`, toolCalls: [{ name: 'look' }, { name: 'look' }] } : 'Done.';
    });
    const model = FAMILIES.anthropic(server.url);
    const agent = createAgent({ model, system: LONG_SYSTEM_PROMPT, tools: [look], maxToolRounds: 30 });
    const store = openSqliteStore(tempDatabase());
    onTestFinished(() => store.close());
    const session = await agent.openSession(store, { id: 's' });
    await session.send('Look 25 times.').result();
    await session.compact({ keepLast: 0 });
    const [before, asked] = server.requests.slice(-2);
    const held = (before?.verdict.read ?? 0) + (before?.verdict.written['5m'] ?? 0);
    expect(asked?.verdict.read).toBe(held);
    expect(session.state.messages).toHaveLength(2);
  });

  it('is no change of the prefix to be warned of, and the next turn begins anew behind the system prompt', async () => {
    const { session, server } = await world('anthropic', SUMMARY, { onPrefixChange: 'refuse' });
    await session.compact();
    await session.send('six').result();
    const verdict = server.requests.at(-1)?.verdict;
    expect(verdict?.read).toBeGreaterThan(1000);
    expect(verdict?.read).toBeLessThan(server.requests.at(-2)?.verdict.read ?? 0);
  });

  it('leaves the old prefix to a fork and to a rewind, which read it again', async () => {
    const { session, store, server } = await world('anthropic');
    const before = session.state;
    const [, , , , fifth] = await store.readSnapshots('s');
    await session.compact();
    const fork = await session.fork({ at: fifth?.id ?? '', id: 'fork' });
    expect(fork.state).toEqual(before);
    await fork.send('another way').result();
    const held = server.requests[5]?.verdict.read ?? Number.NaN;
    expect(server.requests.at(-1)?.verdict.read).toBeGreaterThanOrEqual(held);
    await session.rewind({ to: fifth?.id ?? '', what: 'conversation' });
    expect(session.state).toEqual(before);
    await session.send('this way').result();
    expect(server.requests.at(-1)?.verdict.read).toBeGreaterThanOrEqual(held);
    expect(await store.readLedger('s')).toHaveLength(7);
  });

  it('can be made again and again', async () => {
    const { session, server } = await world('anthropic');
    await session.compact();
    for (const question of ['six', 'seven', 'eight']) await session.send(question).result();
    await session.compact({ keepLast: 1 });
    expect(wordsOf(session).slice(2)).toEqual(['eight', expect.stringContaining('Answer')]);
    await session.send('nine').result();
    expect(server.requests.every(({ status }) => status === 200)).toBe(true);
  });

  it('tells its listener of the plan, the summary as it comes, and what it came to', async () => {
    const { session } = await world('anthropic');
    const types: string[] = [];
    await session.compact({ onEvent: ({ type }) => void (types.at(-1) === type || types.push(type)) });
    expect(types).toEqual([
      'compaction-start',
      'text-delta',
      'block-end',
      'assistant-turn',
      'turn-end',
      'compaction-end',
    ]);
  });
});

describe('a compaction whose summary does not come', () => {
  const calls = { text: 'Let me look.', toolCalls: [{ name: 'look' }] };
  it.each<readonly [string, Reply, string]>([
    ['tool calls', calls, 'the model called look instead'],
    ['half a summary', { text: 'They', stopReason: 'max-tokens' }, 'the answer ended with max-tokens'],
    ['a refusal', { text: 'No.', stopReason: 'refusal' }, 'the answer ended with refusal'],
    ['nothing', { text: '', thinking: 'Hm.' }, 'no text'],
  ])('but %s leaves the conversation as it was, and its row in the ledger (I4, I6)', async (_what, reply, why) => {
    const { session, store, reopen } = await world('anthropic', reply);
    const { messages } = session.state;
    await expect(session.compact()).rejects.toMatchObject({
      code: 'agent/compaction-failed',
      message: expect.stringContaining(why),
    });
    expect(session.state.messages).toEqual(messages);
    expect(session.state.turnCount).toBe(6);
    expect((await reopen()).state).toEqual(session.state);
    expect(await store.readLedger('s')).toHaveLength(6);
    await session.send('six').result();
    expect(unsendable(session.state.messages)).toEqual([]);
  });

  it('since its listener threw is as one that was aborted: nothing is left of it but what was billed', async () => {
    const { session, store } = await world('anthropic');
    const { messages } = session.state;
    const onEvent = ({ type }: { readonly type: string }) => {
      if (type === 'text-delta') throw new Error('enough');
    };
    await expect(session.compact({ onEvent })).rejects.toThrow('enough');
    expect(session.state.messages).toEqual(messages);
    expect(await store.readLedger('s')).toHaveLength(6);
    await session.compact();
    expect(session.state.messages).toHaveLength(6);
  });

  it('since its signal was aborted rejects as an aborted run does', async () => {
    const { session } = await world('anthropic');
    const { messages } = session.state;
    const abort = new AbortController();
    const onEvent = ({ type }: { readonly type: string }) => {
      if (type === 'text-delta') abort.abort();
    };
    await expect(session.compact({ onEvent, signal: abort.signal })).rejects.toMatchObject({
      code: 'provider/aborted',
    });
    expect(session.state.messages).toEqual(messages);
  });
});

describe('a compaction that is not made', () => {
  it('sends nothing: a plan, and a dry run (N-14)', async () => {
    const { session, server, store } = await world('anthropic');
    const { state } = session;
    const plan = await session.planCompaction();
    expect(await session.compact({ dryRun: true })).toEqual({ plan, state });
    expect(plan).toMatchObject({ cut: 6, droppedMessages: 6, keptMessages: 4 });
    expect(plan.tokensAfter).toBeLessThan(plan.tokensBefore);
    expect(server.requests).toHaveLength(5);
    expect(await store.readEntries('s')).toHaveLength(10);
  });

  it('is refused where nothing can be dropped, with what to do', async () => {
    const { session, server } = await world('anthropic');
    await expect(session.compact({ keepLast: 5 })).rejects.toMatchObject({
      code: 'agent/nothing-to-compact',
      message: expect.stringContaining('keepLast'),
    });
    expect(await session.planCompaction({ keepLast: 5 })).toMatchObject({
      droppedMessages: 0,
      breakEvenTurns: 'never',
    });
    expect(server.requests).toHaveLength(5);
  });

  it.each([{ keepLast: -1 }, { keepLast: 1.5 }, { summaryTokens: 0.5 }, { gapMs: Number.NaN }, { prompt: ' ' }])(
    'is refused with %j',
    async (options) => {
      const { session, server } = await world('anthropic');
      await expect(session.compact(options)).rejects.toMatchObject({ code: 'agent/invalid-option' });
      await expect(session.planCompaction(options)).rejects.toMatchObject({ code: 'agent/invalid-option' });
      expect(server.requests).toHaveLength(5);
    },
  );

  it('is refused while a run has the session, and once the session is closed (I7)', async () => {
    const { session } = await world('anthropic');
    const run = session.send('six').result();
    await expect(session.compact()).rejects.toMatchObject({ code: 'agent/session-busy' });
    await run;
    await session.close();
    await expect(session.compact()).rejects.toMatchObject({ code: 'agent/session-closed' });
  });
});
