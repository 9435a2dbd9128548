// Row N-02: what broke the cache of a stored session, told from the store alone.

import { type AgentOptions, type Hook, type Tool, tool } from '@reprise/agent';
import { type BreakCause, explainSession } from '@reprise/audit';
import { anthropic, type Model, ollama, openai, openaiResponses } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mainCause, onlyBreak, world } from './support/explained.ts';
import { LONG_SYSTEM_PROMPT } from './support/simulated.ts';

const MINUTE_MS = 60_000;

const claude = (url: string, id = 'claude-opus-5') => anthropic({ apiKey: 'simulated', baseURL: url }).model(id);
const gpt = (url: string, id = 'gpt-5.2') => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model(id);
const gptResponses = (url: string) =>
  openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1`, vendor: 'openai' }).model('gpt-5.6');
const behindHost = (url: string) => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.6');
const llama = (url: string) => ollama({ host: url }).model('llama4');

const noop = (name: string, description = `Does ${name}.`): Tool =>
  tool({ name, description, input: z.object({ a: z.string() }), effect: 'pure', run: () => 'done' });

const AGENT: Partial<AgentOptions> = { system: LONG_SYSTEM_PROMPT, tools: [noop('add'), noop('look')] };

const replacing = (change: (text: string) => string): Hook => ({
  name: 'meddler',
  beforeRequest: ({ request }) => ({ replace: { ...request, system: change(request.system ?? '') } }),
});

type Breaker = readonly [name: string, Partial<AgentOptions>, object];

const CLAUDES: readonly Breaker[] = [
  [
    'another system prompt',
    { system: `${LONG_SYSTEM_PROMPT} Today is Monday.` },
    { why: 'difference', path: 'system[0].text', kind: 'edit', owner: { kind: 'system-prompt' } },
  ],
  ['no system prompt', { system: '' }, { why: 'difference', path: 'system[0]', kind: 'remove', part: 'system' }],
  [
    'a tool more',
    { tools: [noop('add'), noop('list'), noop('look')] },
    { why: 'difference', path: 'tools[1]', kind: 'insert', owner: { kind: 'tool', name: 'list' } },
  ],
  [
    'an edited tool',
    { tools: [noop('add'), noop('look', 'Looks.')] },
    { why: 'difference', path: 'tools[1].description', kind: 'edit', owner: { kind: 'tool', name: 'look' } },
  ],
  [
    'a search',
    { search: 'low' },
    { why: 'difference', path: 'tools[2]', kind: 'insert', owner: { kind: 'search', name: 'web_search' } },
  ],
  [
    'more thinking',
    { think: 'high' },
    {
      why: 'parameter-changed',
      part: 'messages',
      parameters: expect.arrayContaining([expect.objectContaining({ path: 'output_config.effort' })]),
    },
  ],
  ['no marks any more', { cache: 'none' }, { why: 'no-mark', on: 'this-request', policy: 'none' }],
  [
    'marks on the system prompt alone',
    { cache: 'system_and_tools' },
    {
      why: 'mark-change',
      path: 'messages[0].content[0]',
      before: 'a mark (auto)',
      after: 'the mark at system[0] (system_and_tools)',
    },
  ],
  [
    'a hook that changes the system prompt',
    { hooks: [replacing((text) => text.replace('Rule 7', 'Rule VII'))] },
    { why: 'difference', path: 'system[0].text', kind: 'edit', owner: { kind: 'hook', name: 'meddler' } },
  ],
];

describe('a session that goes on with', () => {
  it.each(CLAUDES)('%s names it as what broke its cache (N-02)', async (_, change, expected) => {
    const { say, explain, server } = await world((url) => claude(url), { agent: AGENT });
    await say({}, 'What is there?');
    await say(change, 'And there?');
    const explanation = await explain();
    expect(explanation.turns.map(({ verdict }) => verdict)).toEqual(['first', 'break']);
    const found = onlyBreak(explanation);
    expect(mainCause(found)).toMatchObject(expected);
    const [first, second] = server.requests.map(({ verdict }) => verdict);
    const kept = Object.values(first?.written ?? {}).reduce((sum, tokens) => sum + tokens, 0);
    expect(found).toMatchObject({
      expectedTokens: kept,
      readTokens: second?.read,
      missedTokens: kept - (second?.read ?? 0),
    });
    expect(found.causes.map(({ why }) => why)).not.toContain('provider-side');
  });

  it('the same has no break, whatever the policy (N-02)', async () => {
    for (const cache of ['auto', 'automatic', 'system_and_tools', 'last_user_message'] as const) {
      const { say, explain } = await world((url) => claude(url), { agent: { ...AGENT, cache } });
      for (const input of ['One.', 'Two.', 'Three.']) await say({}, input);
      expect((await explain()).turns.map(({ verdict }) => verdict)).toEqual(['first', 'complete', 'complete']);
    }
  });

  it('another model is told by the names of both (N-02)', async () => {
    const { say, explain, server } = await world((url) => claude(url), { agent: AGENT });
    await say({}, 'What is there?');
    await say({ model: claude(server.url, 'claude-opus-4-8') }, 'And there?');
    const found = onlyBreak(await explain());
    expect(found).toMatchObject({
      isEstimated: true,
      causes: [{ why: 'model-changed', before: 'claude-opus-5', after: 'claude-opus-4-8' }],
    });
  });

  it('another cache key, or shape of answer, has lost everything at OpenAI (N-02)', async () => {
    const output = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const settings: readonly (readonly [Partial<AgentOptions>, string])[] = [
      [{ think: 'high' }, 'reasoning.effort'],
      [{ output }, 'text.format'],
      [{ cacheKey: 'bob' }, 'prompt_cache_key'],
    ];
    for (const [change, path] of settings) {
      const { say, explain } = await world(gptResponses, { agent: { ...AGENT, cacheKey: 'anna' } });
      await say({}, 'What is there?');
      await say(change, 'And there?');
      expect(onlyBreak(await explain()).causes).toMatchObject([
        { why: 'parameter-changed', part: 'tools', parameters: [{ path }] },
      ]);
    }
  });
});

const LIFETIMES: readonly (readonly [string, (url: string) => Model, Partial<AgentOptions>, number, object])[] = [
  ['five minutes', (url) => claude(url), {}, 5, { lifetime: '5m', isDocumented: true }],
  [
    'an hour',
    (url) => claude(url),
    { cache: { breakpoints: ['system', 'last'], ttl: '1h' } },
    60,
    { lifetime: '1h', isDocumented: true },
  ],
  ['half an hour', gptResponses, {}, 30, { lifetime: '30m', isDocumented: true }],
  ['what a vendor does not say', (url) => gpt(url), {}, 5, { lifetime: 'unknown', isDocumented: false }],
];

describe('a session that waited', () => {
  it.each(LIFETIMES)(
    'longer than %s has expired, and not a second earlier (N-02)',
    async (_, modelOf, options, minutes, expected) => {
      const { say, explain, wait } = await world(modelOf, { agent: { ...AGENT, ...options } });
      await say({}, 'One.');
      wait(minutes * MINUTE_MS - 2000);
      await say({}, 'Two.');
      wait(minutes * MINUTE_MS - 1000);
      await say({}, 'Three.');
      const explanation = await explain();
      expect(explanation.turns.map(({ verdict }) => verdict)).toEqual(['first', 'complete', 'break']);
      expect(onlyBreak(explanation).causes).toMatchObject([
        { why: 'expired', idleMs: minutes * MINUTE_MS, ...expected },
      ]);
    },
  );
});

describe('a change in a session that had expired as well', () => {
  const agent = { system: LONG_SYSTEM_PROMPT, tools: [noop('add', 'Adds one thing to another. '.repeat(150))] };

  it.each([
    ['first if it has lost most of it', { system: `So. ${LONG_SYSTEM_PROMPT}` }, ['difference', 'expired']],
    ['behind that if it has not', { think: 'high' }, ['expired', 'parameter-changed']],
  ] as const)('stands %s (N-02)', async (_, change, whys) => {
    const { say, explain, wait } = await world((url) => claude(url), { agent });
    await say({}, 'One.');
    wait(10 * MINUTE_MS);
    await say(change, 'Two.');
    expect(onlyBreak(await explain()).causes.map(({ why }) => why)).toEqual(whys);
  });
});

describe('a miss that nobody has caused', () => {
  it.each([
    ['Claude', (url: string) => claude(url)],
    ['GPT', (url: string) => gpt(url)],
    ['marked GPT', gptResponses],
    ['GPT behind a host that takes no marks', behindHost],
    ['Ollama', llama],
  ])('at %s is the provider’s, and no one else’s (N-02)', async (_, modelOf) => {
    const faults = [{ fault: { type: 'replica-miss' }, when: { requestIndexes: [2] } }] as const;
    const { say, explain } = await world(modelOf, { agent: AGENT, faults });
    for (const input of ['One.', 'Two.', 'Three.', 'Four.']) await say({}, input);
    const explanation = await explain();
    expect(explanation.turns.map(({ verdict }) => verdict)).toEqual(['first', 'complete', 'break', 'complete']);
    expect(onlyBreak(explanation).causes).toEqual([{ why: 'provider-side' }]);
  });

  it('is named beside a change that explains only a part of it (N-02)', async () => {
    const faults = [{ fault: { type: 'replica-miss' }, when: { requestIndexes: [2] } }] as const;
    const { say, explain } = await world((url) => claude(url), { agent: AGENT, faults });
    for (const input of ['One.', 'Two.']) await say({}, input);
    await say({ think: 'high' }, 'Three.');
    expect(onlyBreak(await explain()).causes.map(({ why }: BreakCause) => why)).toEqual([
      'provider-side',
      'parameter-changed',
    ]);
  });
});

describe('a prompt that is never kept', () => {
  it('because it is too short is told so, and no loss is blamed on a change (N-02)', async () => {
    const { say, explain } = await world((url) => claude(url), { agent: { system: 'Be kind.' }, script: () => 'Aha.' });
    await say({}, 'One.');
    await say({ system: 'Be kind and exact.' }, 'Two.');
    expect(onlyBreak(await explain()).causes).toMatchObject([{ why: 'below-minimum', minimumTokens: 512 }]);
  });

  it('because nothing marks it is told so, with the policy (N-02)', async () => {
    const { say, explain } = await world((url) => claude(url), { agent: { ...AGENT, cache: 'none' } });
    for (const input of ['One.', 'Two.']) await say({}, input);
    expect(onlyBreak(await explain()).causes).toEqual([{ why: 'no-mark', on: 'request-before', policy: 'none' }]);
  });
});

describe('a vendor that says nothing of cache reads', () => {
  it('gets no verdict, and no miss is claimed of its turns (N-02, N-07)', async () => {
    const { say, explain, server } = await world((url) => claude(url), { agent: AGENT });
    const silent = gpt(server.workspace('silent', { usageProfile: 'vllm' }).url, 'some-model');
    await say({}, 'One.');
    await say({ model: silent }, 'Two.');
    await say({}, 'Three.');
    expect((await explain()).turns.map(({ verdict }) => verdict)).toEqual(['first', 'silent', 'complete']);
  });
});

describe('an Ollama model', () => {
  it('that another session has used since has lost the only place there is (N-02)', async () => {
    const { say, store } = await world(llama, { agent: AGENT });
    await say({}, 'One.');
    await say({ system: `Other. ${LONG_SYSTEM_PROMPT}` }, 'Hm?', 'other');
    await say({}, 'Two.');
    expect(mainCause(onlyBreak(await explainSession(store, 's', { beside: ['other'] })))).toMatchObject({
      why: 'replaced',
    });
    expect(mainCause(onlyBreak(await explainSession(store, 's')))).toMatchObject({ why: 'provider-side' });
  });
});
