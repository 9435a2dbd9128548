// Rows N-02 and N-03: the requests of a stored session, made again by the audit from what the agent has recorded.

import { type AgentOptions, type Hook, tool } from '@reprise/agent';
import { readRecordedTurns } from '@reprise/audit';
import {
  anthropic,
  cacheHashes,
  type Model,
  NO_PARAMETERS,
  ollama,
  openai,
  openaiCacheParameters,
  openaiResponses,
  prefixFingerprint,
  type UserMessage,
} from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { world } from './support/explained.ts';
import { LONG_SYSTEM_PROMPT } from './support/simulated.ts';

const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ a: z.string() }),
  effect: 'pure',
  run: () => 'a zebra',
});

const script: Script = ({ messages }) =>
  messages.at(-1)?.role === 'tool'
    ? { thinking: 'So that is it.', text: 'A zebra.' }
    : { thinking: 'Hm.', toolCalls: [{ name: 'look', arguments: { a: '1' } }] };

const PICTURE: UserMessage = {
  role: 'user',
  content: [
    { type: 'text', text: 'What is this?' },
    { type: 'image', mediaType: 'image/png', data: Buffer.from('89504e470d0a1a0a00', 'hex').toString('base64') },
  ],
};

const MODELS: readonly (readonly [string, (url: string) => Model])[] = [
  ['Messages', (url) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5')],
  ['Chat Completions', (url) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2')],
  [
    'Responses',
    (url) => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1`, vendor: 'openai' }).model('gpt-5.6'),
  ],
  ['Ollama', (url) => ollama({ host: url }).model('llama4')],
];

/** Its histories are encoded in a way that only its name tells. */
const OF_ITS_OWN: (typeof MODELS)[number] = [
  'Chat Completions of a vendor of its own',
  (url) => openai({ apiKey: 'simulated', baseURL: `${url}/v1`, vendor: 'deepseek' }).model('deepseek-chat'),
];

const AGENT: Partial<AgentOptions> = { system: LONG_SYSTEM_PROMPT, tools: [look], vendorOptions: {} };

describe.each(MODELS)('a session of %s', (_, modelOf) => {
  it('gives its requests again as they met the vendor’s cache, settings and marks among them (N-02, N-03)', async () => {
    const { say, server, store } = await world(modelOf, { agent: AGENT, script });
    await say({}, 'Well?');
    await say({}, PICTURE);
    await say({ think: 'low' }, 'Sure?');
    const turns = [...(await readRecordedTurns(store, 's'))];
    expect(turns).toHaveLength(server.requests.length);
    for (const [index, { prefix, parameters, marks }] of turns.entries()) {
      const request = server.requests[index];
      expect(cacheHashes(prefix?.blocks ?? [], parameters ?? NO_PARAMETERS)).toEqual(request?.prefixHashes);
      const placed = marks?.map(({ blockIndex, lifetime }) => ({ blockIndex, lifetime }));
      expect(placed).toEqual(request?.marks.map(({ blockIndex, lifetime }) => ({ blockIndex, lifetime })));
    }
  });
});

describe.each([...MODELS, OF_ITS_OWN])('a session of %s', (_, modelOf) => {
  it('gives the same requests again, read twice, each with its own blocks (N-02)', async () => {
    const { say, store } = await world(modelOf, { agent: AGENT, script });
    await say({}, 'What is this?');
    await say({ system: `${LONG_SYSTEM_PROMPT} So.` }, 'Sure?');
    const recorded = await readRecordedTurns(store, 's');
    const rows = await store.readTurns('s');
    const [once, again] = [[...recorded], [...recorded]];
    expect(again).toEqual(once);
    expect(once.map(({ prefix }) => prefix && prefixFingerprint(prefix.blocks))).toEqual(
      rows.map((row) => row.prefixFingerprint),
    );
    expect(once.map(({ row }) => row.id)).toEqual(rows.map(({ id }) => id));
  });
});

test('the settings of a request are those that its own adapter sent (N-02)', async () => {
  const { say, server, store } = await world(OF_ITS_OWN[1], {
    agent: { system: LONG_SYSTEM_PROMPT, think: 'medium' },
    script: () => ({ thinking: 'Hm.', text: 'So.' }),
  });
  for (const input of ['One.', 'Two.']) await say({}, input);
  const turns = [...(await readRecordedTurns(store, 's'))];
  expect(turns.map(({ parameters }) => parameters)).toEqual(
    server.requests.map(({ body }) => openaiCacheParameters(body)),
  );
});

describe('a recorded turn', () => {
  const claude = (url: string) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5');

  it('names who injected into its request, and who replaced it (N-02)', async () => {
    const hooks: readonly Hook[] = [
      { name: 'date', beforeRequest: () => ({ inject: 'It is late.' }) },
      { name: 'cool', beforeRequest: ({ request }) => ({ replace: { ...request, temperature: 0.1 } }) },
    ];
    const { say, store } = await world(claude, { agent: { system: LONG_SYSTEM_PROMPT, cache: 'last_user_message' } });
    await say({ hooks }, 'One.');
    const [turn] = await readRecordedTurns(store, 's');
    expect(turn).toMatchObject({
      injectedBy: ['date'],
      replacedBy: [{ owner: 'cool', fields: ['temperature'] }],
      isWhole: false,
      policy: 'last_user_message',
      asked: { family: 'anthropic', model: 'claude-opus-5' },
    });
    expect(turn?.prefix).toBeDefined();
  });

  it('of a request that can no longer be made has the hashes that were kept, and no blocks (N-02)', async () => {
    const hooks: readonly Hook[] = [
      {
        name: 'meddler',
        beforeRequest: ({ request }) => ({ replace: { ...request, messages: request.messages.slice(-1) } }),
      },
    ];
    const { say, store } = await world(claude, { agent: { system: LONG_SYSTEM_PROMPT } });
    await say({}, 'One.');
    await say({ hooks }, 'Two.');
    const [first, second] = await readRecordedTurns(store, 's');
    expect(second).toMatchObject({ prefix: undefined, parameters: undefined, blockCount: 2 });
    expect(second?.keptHashes).toHaveLength(2);
    expect(first?.prefix?.hashes.map((hash) => hash.slice(0, 16))).toEqual(first?.keptHashes);
    expect(second?.keptHashes[0]).toBe(first?.keptHashes[0]);
  });

  it('of a session that does not exist is refused', async () => {
    const { store } = await world(claude);
    await expect(readRecordedTurns(store, 'none')).rejects.toMatchObject({ code: 'audit/session-missing' });
  });
});
