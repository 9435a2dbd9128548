// Row N-02: causes that are no change of a block, and what is said where not all is known.

import { type Hook, tool } from '@reprise/agent';
import { explainMiss, explainSession } from '@reprise/audit';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import {
  anthropic,
  type CacheDiagnostics,
  type CachePolicy,
  type Message,
  type ModelRequest,
  msg,
  openaiResponses,
  userMessage,
} from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask, mainCause, onlyBreak, world } from './support/explained.ts';
import { LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';

const claude = (url: string, id = 'claude-opus-5') => anthropic({ apiKey: 'simulated', baseURL: url }).model(id);
const gptResponses = (url: string) =>
  openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1`, vendor: 'openai' }).model('gpt-5.6');

const LONG_TEXT = 'A thing that is worth many words. '.repeat(100);
const look = tool({ name: 'look', description: LONG_TEXT, input: z.object({}), effect: 'pure', run: () => 'done' });

const said = (text: string): Message => ({ ...msg(text), role: 'assistant' }) as Message;

async function pair(modelOf: typeof gptResponses, before: ModelRequest, after: ModelRequest) {
  const server = await simulator(() => 'Aha.');
  const model = modelOf(server.url);
  const first = await ask(server, model, before);
  return explainMiss(first, await ask(server, model, after));
}

describe('marks that', () => {
  it('look back too few blocks are told, with the block that they do not reach (N-02)', async () => {
    const cache: CachePolicy = { breakpoints: ['tools', 'system', 1, 'last'] };
    const tools = [look.definition];
    const messages = [userMessage(LONG_TEXT), said('Yes.'), userMessage(`More. ${LONG_TEXT}`)];
    const many: Message = {
      role: 'user',
      content: Array.from({ length: 25 }, (_, index) => ({ type: 'text', text: `Part ${index}.` })),
    };
    const request: ModelRequest = { system: LONG_SYSTEM_PROMPT, tools, messages, cache };
    const found = await pair((url) => claude(url), request, {
      ...request,
      messages: [...messages, said('Aha.'), many],
    });
    expect(found?.causes).toEqual([{ why: 'beyond-lookback', path: 'messages[2].content[0]', reach: 20 }]);
  });

  it('stand elsewhere, where they look back nowhere, are told with both places (N-02)', async () => {
    const messages = [userMessage(LONG_TEXT), said('Yes.'), userMessage('More.')];
    const request: ModelRequest = { system: LONG_SYSTEM_PROMPT, messages };
    const found = await pair(
      gptResponses,
      { ...request, cache: { breakpoints: ['system'] } },
      { ...request, cache: { breakpoints: ['last'] } },
    );
    expect(found?.causes).toMatchObject([
      { why: 'mark-change', path: 'input[0].content[0]', before: 'a mark ({"breakpoints":["system"]})' },
    ]);
  });
});

describe('requests under way together', () => {
  it('cannot read what the other writes, and that is told of the later one (N-02)', async () => {
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { say, store, wait } = await world((url) => claude(url), {
      agent: { system: LONG_SYSTEM_PROMPT },
      script: async ({ requestIndex }) => {
        arrived[requestIndex]?.resolve();
        await arrived[1]?.promise;
        wait(1000);
        return 'Aha.';
      },
    });
    const first = say({}, 'One.', 'a');
    await arrived[0]?.promise;
    wait(1);
    await Promise.all([first, say({}, 'Two.', 'b')]);
    const [of, alone] = [await explainSession(store, 'b', { beside: ['a'] }), await explainSession(store, 'b')];
    expect(onlyBreak(of)).toMatchObject({
      causes: [{ why: 'not-yet-visible' }],
      readTokens: 0,
      comparedWith: undefined,
    });
    expect(onlyBreak(of).expectedTokens).toBeGreaterThan(1000);
    expect(alone.turns.map(({ verdict }) => verdict)).toEqual(['first']);
    expect((await explainSession(store, 'a', { beside: ['b'] })).breaks).toEqual([]);
  });
});

describe('a fork', () => {
  it('keeps alive what its origin reads later, which only both together tell (N-02)', async () => {
    const { say, use, store, wait } = await world((url) => claude(url), { agent: { system: LONG_SYSTEM_PROMPT } });
    await say({}, 'One.');
    let fork = '';
    await use({}, async (session) => {
      const forked = await session.fork();
      fork = forked.id;
      wait(200_000);
      await forked.send('Two.').result();
      await forked.close();
    });
    wait(200_000);
    await say({}, 'Three.');
    const explained = await explainSession(store, 's', { beside: [fork] });
    expect(explained.turns.map(({ verdict }) => verdict)).toEqual(['first', 'complete']);
    expect((await explainSession(store, fork, { beside: ['s'] })).turns.map(({ verdict }) => verdict)).toEqual([
      'first',
      'complete',
    ]);
  });
});

describe('a conversation that was compacted', () => {
  it('has lost its messages by that, and the compaction owns it (N-02)', async () => {
    const { say, use, explain } = await world((url) => claude(url), { agent: { system: LONG_SYSTEM_PROMPT } });
    for (const input of ['One.', 'Two.', 'Three.']) await say({}, input);
    await use({}, (session) => session.compact());
    await say({}, 'Four.');
    const explained = await explain();
    expect(explained.breaks.at(-1)?.turn).toBe(explained.turns.length);
    expect(explained.breaks.at(-1)?.causes).toMatchObject([
      {
        why: 'difference',
        part: 'messages',
        path: expect.stringContaining('messages[0]'),
        owner: { kind: 'history-edit', name: 'compaction' },
      },
    ]);
  });
});

describe('a hook that', () => {
  const rewriting = (change: (messages: readonly Message[]) => readonly Message[]): Hook => ({
    name: 'meddler',
    beforeRequest: ({ request }) => ({ replace: { ...request, messages: change(request.messages) } }),
  });

  it('rewrites messages, which are stored nowhere, is named with the block that was there, and nothing is made up (N-02)', async () => {
    const { say, explain } = await world((url) => claude(url), { agent: { system: LONG_SYSTEM_PROMPT } });
    for (const input of [LONG_TEXT, 'Two.']) await say({}, input);
    await say({ hooks: [rewriting(([_, ...others]) => [userMessage('Forget it.'), ...others])] }, 'Three.');
    expect(mainCause(onlyBreak(await explain()))).toMatchObject({
      why: 'difference',
      kind: 'edit',
      path: 'messages[0].content[0]',
      byteOffset: undefined,
      before: expect.stringContaining('A thing that is worth'),
      after: undefined,
      owner: { kind: 'hook', name: 'meddler' },
    });
  });

  it('adds something behind each request breaks nothing (N-02)', async () => {
    const date: Hook = { name: 'date', beforeRequest: ({ state }) => ({ inject: `Turn ${state.turnCount}.` }) };
    const { say, explain } = await world((url) => claude(url), {
      agent: { system: LONG_SYSTEM_PROMPT, hooks: [date] },
    });
    for (const input of ['One.', 'Two.', 'Three.']) await say({}, input);
    expect((await explain()).turns.map(({ verdict }) => verdict)).toEqual(['first', 'complete', 'complete']);
  });
});

/** The store with some of its methods replaced. */
function overriding(store: CheckpointStore, methods: Partial<CheckpointStore>): CheckpointStore {
  return new Proxy(store, {
    get(target, name: keyof CheckpointStore) {
      const value = methods[name] ?? target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('a store that has lost', () => {
  const withoutBlobs = (store: CheckpointStore) =>
    overriding(store, { readBlobs: () => openMemoryStore().readBlobs(['sha256:none']) });

  it('its blobs tells the block by the hashes that were kept, and no more (N-02)', async () => {
    const { say, store } = await world((url) => claude(url), { agent: { system: LONG_SYSTEM_PROMPT } });
    await say({}, 'One.');
    await say({ system: `${LONG_SYSTEM_PROMPT} So.` }, 'Two.');
    const { breaks } = await explainSession(withoutBlobs(store), 's');
    expect(breaks).toMatchObject([
      {
        causes: [
          {
            why: 'difference',
            blockIndex: 0,
            path: undefined,
            byteOffset: undefined,
            before: undefined,
            after: undefined,
          },
        ],
      },
    ]);
  });

  it('its blobs, with nothing changed, does not guess (N-02)', async () => {
    const faults = [{ fault: { type: 'replica-miss' }, when: { requestIndexes: [1] } }] as const;
    const { say, store } = await world((url) => claude(url), { agent: { system: LONG_SYSTEM_PROMPT }, faults });
    for (const input of ['One.', 'Two.']) await say({}, input);
    const { breaks } = await explainSession(withoutBlobs(store), 's');
    expect(breaks).toMatchObject([{ causes: [{ why: 'unknown', missing: 'content' }] }]);
  });
});

describe('the vendor’s own verdict', () => {
  const cases: readonly (readonly [string, object, CacheDiagnostics['verdict'], string])[] = [
    ['another system prompt', { system: `${LONG_SYSTEM_PROMPT} So.` }, 'miss', 'agrees'],
    [
      'another tool',
      { tools: [{ ...look, definition: { ...look.definition, description: 'Looks.' } }] },
      'miss',
      'agrees',
    ],
    ['more thinking', { think: 'high' }, 'unavailable', 'silent'],
  ];

  it.each(cases)('on %s stands beside ours (P-04, N-02)', async (_, change, verdict, opinion) => {
    const agent = { system: LONG_SYSTEM_PROMPT, tools: [look], diagnostics: true };
    const { use, store } = await world((url) => claude(url), { agent });
    for (const options of [{}, change]) await use(options, (session) => session.send('Well?').result());
    const { breaks } = await explainSession(store, 's');
    expect(breaks[0]?.vendor).toMatchObject({ verdict: { verdict }, opinion });
  });

  it('that contradicts ours is shown with it (P-04, N-02)', async () => {
    const server = await simulator(() => 'Aha.');
    const model = claude(server.url);
    const request: ModelRequest = { system: LONG_SYSTEM_PROMPT, messages: [userMessage('One.')] };
    const first = await ask(server, model, request);
    const second = await ask(server, model, { ...request, system: `Now. ${LONG_SYSTEM_PROMPT}` });
    for (const diagnostics of [
      { verdict: 'hit', wire: null },
      { verdict: 'miss', reason: 'tools_changed', wire: {} },
    ] as const) {
      expect(explainMiss(first, { ...second, diagnostics })?.vendor).toEqual({
        verdict: diagnostics,
        opinion: 'contradicts',
      });
    }
    expect(explainMiss(first, { ...second, diagnostics: { verdict: 'pending', wire: {} } })?.vendor?.opinion).toBe(
      'silent',
    );
  });
});
