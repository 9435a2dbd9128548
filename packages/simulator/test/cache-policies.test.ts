import {
  type AssistantTurn,
  anthropicPrefixBlocks,
  type CachePolicy,
  cacheWriteCount,
  type Message,
  type ModelRequest,
  type StreamEvent,
  streamAnthropic,
  userMessage,
} from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import type { ScriptRequest } from '../src/index.ts';
import { createBlockCounter } from '../src/tokenize.ts';
import { LOOK, seenBy, turnOf } from './support/look.ts';
import { CLAUDE, collect, simulate } from './support/simulate.ts';

const LINES = Array.from({ length: 250 }, (_, index) => `${index}: all work and no play makes Jack a dull boy`).join(
  '\n',
);

const LONG_LOOK = { ...LOOK, description: LINES };

/** More blocks than a lookback covers. */
const MANY_TEXTS: Message = {
  role: 'user',
  content: Array.from({ length: 30 }, (_, index) => ({ type: 'text', text: `page ${index}` })),
};

/** What each request of three turns reads and writes, from how many tokens a prefix has. */
type ThreeTurns = (prefix: PrefixTokens) => readonly (readonly [read: number, written: number])[];

interface PrefixTokens {
  readonly tools: number;
  readonly system: number;
  /** Whole requests. */
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

const growing: ThreeTurns = ({ first, second, third }) => [
  [0, first],
  [first, second - first],
  [second, third - second],
];

const POLICIES: readonly (readonly [string, CachePolicy, ThreeTurns])[] = [
  ['auto: all of a request, once', 'auto', growing],
  [
    'none: nothing',
    'none',
    () => [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  ],
  ['P-12 automatic: all of a request, once', 'automatic', growing],
  [
    'D-02 system_and_tools: tools and system prompt',
    'system_and_tools',
    ({ system }) => [
      [0, system],
      [system, 0],
      [system, 0],
    ],
  ],
  [
    'D-03 tools_only: the tools',
    'tools_only',
    ({ tools }) => [
      [0, tools],
      [tools, 0],
      [tools, 0],
    ],
  ],
  ['D-04 last_user_message: all of a request, once', 'last_user_message', growing],
  ['D-05 last_2_user_messages: the same', 'last_2_user_messages', growing],
  ['D-06 last_3_user_messages: the same', 'last_3_user_messages', growing],
  [
    'names: as far as they reach',
    { breakpoints: ['system', 'tools'] },
    ({ system }) => [
      [0, system],
      [system, 0],
      [system, 0],
    ],
  ],
  [
    'L-15 -1: not the results of a tool',
    { breakpoints: [-1] },
    ({ first, third }) => [
      [0, first],
      [first, 0],
      [first, third - first],
    ],
  ],
];

test.each(POLICIES)('%s', async (_name, cache, promised) => {
  const { counts, prefix, statuses } = await threeTurns(() => cache);
  expect(statuses).toEqual([200, 200, 200]);
  expect(prefix.first).toBeGreaterThan(prefix.system);
  expect(counts).toEqual(promised(prefix));
});

test('D-18: a policy may change in mid-talk, and costs what the new one has not kept', async () => {
  const { counts, prefix } = await threeTurns((turn) => (turn < 2 ? 'system_and_tools' : 'last_user_message'));
  const { system, third } = prefix;
  expect(counts).toEqual([
    [0, system],
    [system, 0],
    [system, third - system],
  ]);
});

test('D-03: `tools_only` reads the tools under any system prompt, and so does `auto`', async () => {
  for (const cache of ['tools_only', 'auto'] as const) {
    const { counts, prefix } = await threeTurns(
      () => cache,
      (turn) => `${LINES} on day ${turn}`,
    );
    expect(counts.map(([read]) => read)).toEqual([0, prefix.tools, prefix.tools]);
  }
});

test('X-01: an hour for every mark is never refused, and is counted as an hour', async () => {
  const cache = { breakpoints: ['tools', 'system', 'last'], ttl: '1h' } as const;
  const { turns, prefix, statuses } = await threeTurns(() => cache);
  expect(statuses).toEqual([200, 200, 200]);
  expect(turns.map(({ tokens }) => tokens.cacheWrite['1h'])).toEqual(growing(prefix).map(([, written]) => written));
  expect(turns.map(({ tokens }) => tokens.cacheWrite['5m'])).toEqual([0, 0, 0]);
});

describe('warnings', () => {
  const short: ModelRequest = { messages: [userMessage('hello')] };
  const warned = (events: readonly StreamEvent[]) =>
    events.flatMap((event, index) => (event.type === 'warning' ? [[index, event.code]] : []));

  test('come first and say what was not marked; `auto` has none', async () => {
    const { anthropic } = await simulate(() => 'Yes.');
    const stream = (cache: CachePolicy) => collect(streamAnthropic(anthropic, { ...short, cache }, { model: CLAUDE }));
    expect(warned(await stream('auto'))).toEqual([]);
    expect(warned(await stream('none'))).toEqual([]);
    expect(warned(await stream({ breakpoints: ['tools', 'last', 9] }))).toEqual([
      [0, 'cache/mark-not-placed'],
      [1, 'cache/mark-not-placed'],
      [2, 'cache/mark-not-placed'],
    ]);
  });

  test('marks placed by hand stand alone', async () => {
    const { anthropic, simulator } = await simulate(() => 'Yes.');
    const vendorOptions = { cache_control: { type: 'ephemeral', ttl: '1h' } };
    const byHand = { messages: [userMessage(LINES), MANY_TEXTS], vendorOptions };
    const stream = (request: ModelRequest) => collect(streamAnthropic(anthropic, request, { model: CLAUDE }));
    expect(warned(await stream(byHand))).toEqual([]);
    expect(warned(await stream({ ...byHand, cache: 'last_3_user_messages' }))).toEqual([[0, 'cache/mark-not-placed']]);
    for (const { status, marks } of simulator.requests) {
      expect(status).toBe(200);
      expect(marks).toEqual([{ blockIndex: 30, lifetime: '1h' }]);
    }
  });
});

/** Three requests: a question, the results of two calls, and a second question of many blocks. */
async function threeTurns(cacheOf: (turn: number) => CachePolicy, systemOf: (turn: number) => string = () => LINES) {
  const { anthropic, simulator } = await simulate(script);
  const messages: Message[] = [userMessage('What do you see?')];
  const turns: AssistantTurn[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const request = { system: systemOf(turn), tools: [LONG_LOOK], messages, cache: cacheOf(turn) };
    const events = await collect(streamAnthropic(anthropic, request, { model: CLAUDE }));
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
    const said = turnOf(events);
    turns.push(said);
    messages.push(said.message, seenBy(said.message, MANY_TEXTS));
  }
  return {
    turns,
    counts: turns.map(({ tokens }) => [tokens.cacheRead, cacheWriteCount(tokens)]),
    statuses: simulator.requests.map(({ status }) => status),
    prefix: prefixTokens(simulator.requests.map(({ body }) => body)),
  };
}

function script({ messages }: ScriptRequest) {
  if (messages.length > 1) return { thinking: 'So that is it.', text: 'A bird.' };
  const calls = [1, 2].map((at) => ({ name: 'look', arguments: { at } }));
  return { thinking: 'I should look.', text: 'Looking.', toolCalls: calls };
}

function prefixTokens(bodies: readonly unknown[]): PrefixTokens {
  const count = createBlockCounter();
  const upTo = (body: unknown, roles: readonly string[]) =>
    anthropicPrefixBlocks(body)
      .filter(({ role }) => roles.includes(role))
      .reduce((sum, { text }) => sum + count(text), 0);
  const [first = 0, second = 0, third = 0] = bodies.map((body) => upTo(body, ['tool', 'system', 'user', 'assistant']));
  return { tools: upTo(bodies[0], ['tool']), system: upTo(bodies[0], ['tool', 'system']), first, second, third };
}
