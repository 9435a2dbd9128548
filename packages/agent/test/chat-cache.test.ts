import { Chat, type ChatOptions, tool } from '@reprise/agent';
import {
  asArray,
  asObject,
  type CachePolicy,
  type ConversationItem,
  conversation,
  type Message,
  msg,
  synth,
  toolCalls,
} from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LONG_SYSTEM_PROMPT, MODEL_NAMES, MODELS, simulator } from './support/simulated.ts';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'a tree' });

const call = synth.toolCall('look', {}, 'toolu_1');

/** A history of every kind of message, the last of which awaits an answer; long enough to be cached from the first one on. */
const TALK: readonly ConversationItem[] = [
  ...[LONG_SYSTEM_PROMPT, 'two', 'three'],
  synth.request('', [call]),
  synth.results([call], ['a tree']),
  ...['four', 'five'],
];

/** Every place that an Anthropic body marks: `system`, or the number of the message, with the lifetime. */
function marksIn(body: unknown): readonly string[] {
  const { system, tools, messages } = asObject(body) ?? {};
  const messageMarks = asArray(messages).flatMap((message, index) => {
    const marked = asArray(asObject(message)?.['content']).flatMap(markOf);
    return marked.map((ttl) => `${index} ${ttl}`);
  });
  const named = [
    ...asArray(tools)
      .flatMap(markOf)
      .map((ttl) => `tools ${ttl}`),
    ...asArray(system)
      .flatMap(markOf)
      .map((ttl) => `system ${ttl}`),
  ];
  return [...named, ...messageMarks];
}

function markOf(block: unknown): readonly string[] {
  const mark = asObject(asObject(block)?.['cache_control']);
  return mark ? [String(mark['ttl'] ?? 'shortest')] : [];
}

/** Where the reference marks, from its documents: messages without tool results and tool-calling ones, by number, the system prompt shifted in. */
function referenceMarks(messages: readonly Message[], hasSystem: boolean, idxs: readonly number[]): readonly string[] {
  const counted = [...messages.keys()].filter((index) => {
    const message = messages[index];
    return message !== undefined && message.role !== 'tool' && toolCalls(message).length === 0;
  });
  const marked = idxs.flatMap((number) => {
    if (hasSystem && number === 0) return ['system shortest'];
    const index = counted.at(hasSystem && number > 0 ? number - 1 : number);
    return index === undefined ? [] : [`${index} shortest`];
  });
  return [...new Set(marked)].toSorted();
}

async function marksOf(options: ChatOptions, history: readonly ConversationItem[] = TALK): Promise<readonly string[]> {
  const vendor = await simulator(() => 'six');
  await new Chat(MODELS.anthropic(vendor.url), { tools: [look], ...options, history }).ask();
  return marksIn(vendor.requests[0]?.body);
}

describe('the cache marks of a chat', () => {
  it('are none unless it is asked for them (L-55, X-01)', async () => {
    expect(await marksOf({ system: LONG_SYSTEM_PROMPT })).toEqual([]);
    expect(await marksOf({ system: LONG_SYSTEM_PROMPT, cache: false, ttl: '1h', cacheIdxs: [0, -1] })).toEqual([]);
  });

  it.each([
    [undefined, [], ['6 shortest']],
    [LONG_SYSTEM_PROMPT, [0], ['system shortest']],
    [LONG_SYSTEM_PROMPT, [0, 1, 4, -2], ['system shortest', '0 shortest', '5 shortest']],
    [undefined, [0, 4, -2], ['0 shortest', '5 shortest', '6 shortest']],
    [undefined, [99, -99, -1], ['6 shortest']],
  ])('stand where numbers say (L-15, L-16): system %#', async (system, cacheIdxs, expected) => {
    const options = { cache: true, ...(system ? { system } : {}), ...(cacheIdxs.length > 0 ? { cacheIdxs } : {}) };
    expect((await marksOf(options)).toSorted()).toEqual(expected.toSorted());
  });

  it('stand where the reference puts them, for any numbers (L-15, L-16)', async () => {
    const vendor = await simulator(() => 'six');
    const number = fc.integer({ min: -7, max: 7 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(number, { minLength: 1, maxLength: 4 }), async (hasSystem, cacheIdxs) => {
        const system = hasSystem ? { system: LONG_SYSTEM_PROMPT } : {};
        const options = { cache: true, cacheIdxs, tools: [look], history: TALK, ...system };
        await new Chat(MODELS.anthropic(vendor.url), options).ask();
        const marks = marksIn(vendor.requests.at(-1)?.body);
        expect(marks.toSorted()).toEqual(referenceMarks(conversation(TALK), hasSystem, cacheIdxs));
      }),
      { numRuns: 60 },
    );
  });

  it('all have the lifetime that is asked for, the system prompt among them (L-17, X-01)', async () => {
    const marks = await marksOf({ system: LONG_SYSTEM_PROMPT, cache: true, cacheIdxs: [0, 1, -1], ttl: '1h' });
    expect(marks).toEqual(['system 1h', '0 1h', '6 1h']);
  });

  it.each([
    ['last_2_user_messages (D-05)', 'last_2_user_messages', ['4 shortest', '6 shortest']],
    ['last_3_user_messages (D-06)', 'last_3_user_messages', ['2 shortest', '4 shortest', '6 shortest']],
    ['breakpoints', { breakpoints: [1, 'last'], ttl: '1h' }, ['1 1h', '6 1h']],
  ] as const)('may be those of a policy: %s', async (_name, cache: CachePolicy, expected) => {
    expect(await marksOf({ cache })).toEqual(expected);
  });

  it("may be the vendor's own flag (D-07)", async () => {
    const vendor = await simulator(() => 'six');
    await new Chat(MODELS.anthropic(vendor.url), { cache: 'automatic', history: TALK, tools: [look] }).ask();
    expect(asObject(vendor.requests[0]?.body)?.['cache_control']).toEqual({ type: 'ephemeral' });
    expect(marksIn(vendor.requests[0]?.body)).toEqual([]);
  });
});

describe('the prefix of a chat', () => {
  it('is frozen over the rounds of its tools, its mark pinned to the question (B-19)', async () => {
    const vendor = await simulator(({ messages }) =>
      messages.filter(({ role }) => role === 'tool').length % 3 < 2 ? { toolCalls: [{ name: 'look' }] } : 'A tree.',
    );
    const chat = new Chat(MODELS.anthropic(vendor.url), {
      system: LONG_SYSTEM_PROMPT,
      tools: [look],
      cache: true,
      maxToolRounds: 3,
    });
    await chat.ask('What is there?');
    expect(vendor.requests.map(({ body }) => marksIn(body))).toEqual([['0 shortest'], ['0 shortest'], ['0 shortest']]);
    for (const [index, { prefixHashes }] of vendor.requests.entries()) {
      const before = vendor.requests[index - 1]?.prefixHashes ?? [];
      expect(prefixHashes.slice(0, before.length)).toEqual(before);
    }
    const written = vendor.requests[0]?.verdict.written ?? {};
    const read = Object.values(written).reduce((sum, count) => sum + count, 0);
    expect(vendor.requests.slice(1).map(({ verdict }) => verdict.read)).toEqual([read, read]);
  });

  it('is read to the token by the next message, once it was written (L-71)', async () => {
    const vendor = await simulator(() => 'Understood.');
    const lines = Array.from({ length: 250 }, () => 'This line is repeated many times.').join('\n');
    const chat = new Chat(MODELS.anthropic(vendor.url), { cache: true, history: [lines, 'Go on.'] });
    const first = await chat.ask('Are you there?');
    expect(first.usage.cacheRead).toBe(0);
    expect(first.usage.cacheWrite).toBeGreaterThan(1000);
    const second = await chat.ask('And now?');
    expect(second.usage.cacheRead).toBe(first.usage.cacheWrite);
    expect(second.usage.fresh + second.usage.cacheWrite).toBeGreaterThan(0);
    expect(chat.lifetimeUsage).toMatchObject({ cacheRead: second.usage.cacheRead, turns: 2 });
  });

  it.each(MODEL_NAMES)('is no answer: what was asked before is asked again (L-70, D-20): %s', async (family) => {
    const vendor = await simulator(({ requestIndex }) => `Answer ${requestIndex}.`);
    const model = MODELS[family](vendor.url);
    const ask = async () => (await new Chat(model, { cache: true, system: LONG_SYSTEM_PROMPT }).ask('Same?')).text;
    expect([await ask(), await ask()]).toEqual(['Answer 0.', 'Answer 1.']);
    expect(vendor.requests).toHaveLength(2);
  });
});

it('a mark on a message holds for its run, beside those of the chat (L-04)', async () => {
  const vendor = await simulator(() => 'Yes.');
  const chat = new Chat(MODELS.anthropic(vendor.url));
  await chat.ask(msg(LONG_SYSTEM_PROMPT, { ttl: '1h' }));
  await chat.ask('And this.');
  expect(vendor.requests.map(({ body }) => marksIn(body))).toEqual([['0 1h'], []]);
});
