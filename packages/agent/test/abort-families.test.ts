import { type AgentEvent, createAgent, type Session, tool } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { type AssistantMessage, type Message, messageText, type ToolResultBlock } from '@reprise/providers';
import { type ReplyParts, type Script, startSimulator, type Workspace } from '@reprise/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { FAMILIES, FAMILY_NAMES, LONG_SYSTEM_PROMPT } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const STARTED_AT = Date.UTC(2026, 10, 1);

/** Families whose vendor searches by itself. */
const SEARCHES: readonly string[] = ['anthropic', 'openai-responses'];

const calls = [1, 2].map((number) => ({ name: 'count', arguments: { number } }));

/** Everything an answer can hold, in small pieces; its text begins with white space alone. */
function wholeReply(family: string): ReplyParts {
  const searches = [{ query: 'Bonn', results: [{ url: 'https://example.test/a', title: 'Bonn', text: 'Rain.' }] }];
  return {
    thinking: 'First I look.',
    ...(SEARCHES.includes(family) ? { searches } : {}),
    text: '\n Let me count.',
    toolCalls: calls,
    chunkCharacters: 2,
  };
}

const script: Script = ({ family, messages }) => {
  const last = messages.at(-1);
  if (last?.role === 'tool') return { thinking: 'Now I know.', text: ' Two of them.', chunkCharacters: 2 };
  return last && messageText(last) === 'go' ? wholeReply(family) : 'Fine.';
};

interface World {
  readonly server: Workspace;
  readonly store: CheckpointStore;
  readonly session: Session;
}

async function world(family: keyof typeof FAMILIES, server: Workspace): Promise<World> {
  const model = FAMILIES[family](server.url);
  const count = tool({
    name: 'count',
    description: 'Counts.',
    input: z.object({ number: z.number() }),
    effect: 'pure',
    run: ({ number }) => `counted ${number}`,
  });
  const store = openMemoryStore();
  const search = SEARCHES.includes(family) ? 'low' : false;
  const options = { model, tools: [count], system: LONG_SYSTEM_PROMPT, think: 'low', search, maxTokens: 4000 } as const;
  const session = await createAgent(options).openSession(store, { id: 's' });
  await session.send('hello').result();
  return { server, store, session };
}

/** Does the same at every event of the run, each time in a session, and against a server, of its own. */
async function atEveryEvent(
  family: keyof typeof FAMILIES,
  check: (place: AgentEvent, world: World, whole: World) => Promise<void>,
): Promise<void> {
  // At rest: the ids of its answers, and with them their tokens, are the same every time.
  const server = await startSimulator({ script, clock: () => STARTED_AT });
  onTestFinished(() => server.close());
  const whole = await world(family, server.workspace('whole'));
  const events = await Array.fromAsync(whole.session.send('go'));
  await whole.session.send('go on').result();
  expect(events.at(-1)).toMatchObject({ reason: 'end-turn' });
  for (const event of events.slice(0, -1)) {
    await check(event, await world(family, server.workspace(`${event.sequence}`)), whole);
  }
}

function deltaText(events: readonly AgentEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

/** The events of the last model call that was begun. */
function lastCall(events: readonly AgentEvent[]): readonly AgentEvent[] {
  const turns = events.flatMap(({ type }, index) => (type === 'turn-end' ? [index] : []));
  const [first = -1, second = -1] = turns;
  return events.slice(second === -1 ? 0 : first + 1);
}

const assistants = (messages: readonly Message[]): readonly AssistantMessage[] =>
  messages.filter((message) => message.role === 'assistant');

const results = (messages: readonly Message[]): readonly ToolResultBlock[] =>
  messages.flatMap((message) => (message.role === 'tool' ? message.content : []));

async function expectTotals({ session, store }: World): Promise<void> {
  const rows = await store.readLedger('s');
  const sum = (name: 'fresh' | 'cacheRead' | 'output' | 'reasoning') =>
    rows.reduce((total, { tokens }) => total + (tokens[name] ?? 0), 0);
  expect(rows).toHaveLength(session.state.turnCount);
  expect(session.state).toMatchObject({
    totalInputTokens: sum('fresh'),
    totalCacheReadTokens: sum('cacheRead'),
    totalOutputTokens: sum('output'),
    totalReasoningTokens: sum('reasoning'),
  });
}

/** What the next request finds: a history it takes, and all of the cache that an unaborted one would have. */
async function expectGoesOn(aborted: World, whole: World): Promise<void> {
  const { server, session } = aborted;
  const sent = server.requests.length;
  expect(await session.send('go on').result()).toMatchObject({ reason: 'end-turn', text: 'Fine.' });
  expect(server.requests.map(({ status }) => status)).toEqual(Array(sent + 1).fill(200));
  expect(unsendable(session.state.messages)).toEqual([]);
  await expectTotals(aborted);
  const [next, unaborted] = [server.requests[sent], whole.server.requests[sent]];
  expect(unaborted?.verdict.read).toBeGreaterThan(1000);
  expect(next?.verdict.read).toBe(unaborted?.verdict.read);
  const before = server.requests[sent - 1]?.prefixHashes ?? [];
  expect(next?.prefixHashes.slice(0, before.length)).toEqual(before);
}

describe.each(FAMILY_NAMES)('a run with %s (N-12)', (family) => {
  it('I2 I4 I6 that is aborted at any of its events goes on from what came, with its rows and its cached prefix', async () => {
    await atEveryEvent(family, async (place, aborted, whole) => {
      const abort = new AbortController();
      const events: AgentEvent[] = [];
      for await (const event of aborted.session.send('go', { signal: abort.signal })) {
        events.push(event);
        // As `AbortSignal.timeout` does it.
        if (event.sequence === place.sequence) abort.abort(new DOMException('Time is up.', 'TimeoutError'));
      }
      expect(events.at(-1)).toMatchObject({ type: 'run-end' });
      const { messages } = aborted.session.state;
      const heard = deltaText(lastCall(events));
      expect(messageText(assistants(messages).at(-1) ?? { role: 'assistant', content: [] })).toMatch(heard);
      for (const event of events) if (event.type === 'tool-end') expect(results(messages)).toContainEqual(event.result);
      const rows = await aborted.store.readLedger('s');
      // The vendor bills what it began to answer, and only that.
      expect(rows).toHaveLength(aborted.server.requests.length);
      await expectGoesOn(aborted, whole);
    });
  }, 60_000);

  it('I2 I4 I6 whose listener leaves at any of its events goes on from what came, too', async () => {
    await atEveryEvent(family, async (place, aborted, whole) => {
      for await (const event of aborted.session.send('go')) if (event.sequence === place.sequence) break;
      expect(await aborted.store.readLedger('s')).toHaveLength(aborted.server.requests.length);
      await expectGoesOn(aborted, whole);
    });
  }, 60_000);
});
