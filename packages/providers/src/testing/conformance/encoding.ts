import { describe, expect, test } from 'vitest';
import type { CachePolicy } from '../../cache/plan-breakpoints.ts';
import type { PrefixBlock } from '../../cache/prefix.ts';
import { asArray, asObject } from '../../json.ts';
import { type Message, type ToolMessage, userMessage } from '../../message.ts';
import type { Model, StreamOptions } from '../../model.ts';
import type { ModelRequest } from '../../request.ts';
import type { ScriptedResponse } from '../harness.ts';
import { play, type Stage } from './play.ts';
import { agentRequest, longConversation, toolResults } from './requests.ts';

const GOOD: ScriptedResponse = { content: [{ type: 'text', pieces: ['Good', '.'] }] };

/** What a model sends, and what it says of that beforehand. */
export function describeEncoding(stage: Stage): void {
  describe('a request', () => {
    test('is the same to the byte, whenever it is sent', async () => {
      const { model, requests } = await stage.open(GOOD);
      for (let time = 0; time < 3; time += 1) await play(model, agentRequest(...longConversation()));
      expect(new Set(requests()).size).toBe(1);
    });

    test('is not changed by being sent', async () => {
      const { model } = await stage.open(GOOD);
      const request = agentRequest(...longConversation());
      const before = JSON.stringify(request);
      await play(model, request);
      expect(JSON.stringify(request)).toBe(before);
    });

    test.each(callerMistakes())('with %s is refused at once', async (_mistake, request, options) => {
      const { model, requests } = await stage.open(GOOD);
      expect(() => model.stream(request, options)).toThrow(
        expect.objectContaining({
          name: 'ProviderError',
          code: expect.stringMatching(/^provider\/(invalid-request|unsupported)$/),
        }),
      );
      expect(requests()).toEqual([]);
    });
  });
  describePrefix(stage);
}

function callerMistakes(): readonly (readonly [mistake: string, request: ModelRequest, options: StreamOptions])[] {
  const [question, asked, results] = longConversation();
  const orphans = results?.role === 'tool' ? [results] : [];
  const calls = asked?.role === 'assistant' ? [asked] : [];
  const plain = agentRequest();
  return [
    ['no messages', { messages: [] }, {}],
    ['a tool call without its result', agentRequest(...calls, userMessage('Well?')), {}],
    ['a tool call at its end', agentRequest(...calls), {}],
    ['a result without its call', agentRequest(...orphans), {}],
    ['a result for each call but one', agentRequest(...calls, ...orphans.map(withoutLastResult)), {}],
    ['the choice of a tool it lacks', { ...plain, toolChoice: { tool: 'no_such_tool' } }, {}],
    ['a required choice and no tools', { messages: question ? [question] : [], toolChoice: 'required' }, {}],
    ['a time limit of 0', plain, { timeoutMs: 0 }],
    ['a stall limit below 0', plain, { stallTimeoutMs: -1 }],
    ['no attempts', plain, { retry: { attempts: 0 } }],
  ];
}

function withoutLastResult(message: ToolMessage): Message {
  return { ...message, content: message.content.slice(0, -1) };
}

function describePrefix(stage: Stage): void {
  describe('the prefix of a request', () => {
    test('is the same, whenever it is asked for', async () => {
      const { model } = await stage.open(GOOD);
      const [one, other] = [1, 2].map(() => model.prefixBlocks(agentRequest(...longConversation())));
      expect(one).toEqual(other);
      expect(one?.length).toBeGreaterThan(0);
    });

    test('is the beginning of that of a longer history (I3)', async () => {
      const { model } = await stage.open(GOOD);
      const history = longConversation();
      const lengths = [0, 1, 3, 4, 5];
      const prefixes = lengths.map((length) => model.prefixBlocks(agentRequest(...history.slice(0, length))));
      for (const [index, longer] of prefixes.slice(1).entries()) {
        const shorter = prefixes[index] ?? [];
        expect(longer.length).toBeGreaterThan(shorter.length);
        expect(longer.slice(0, shorter.length)).toEqual(shorter);
      }
    });

    test('goes on with the answer, and keeps what stood before it (I3)', async () => {
      const call = { type: 'tool-call', id: 'c1', name: 'read_file', pieces: ['{"path":', '"a"}'] } as const;
      const { model } = await stage.open({ content: [{ type: 'text', pieces: ['I will', ' look.'] }, call] });
      const request = agentRequest();
      const { message } = (await play(model, request)).turn;
      const longer = model.prefixBlocks(agentRequest(message, toolResults(message)));
      expect(longer.slice(0, model.prefixBlocks(request).length)).toEqual(model.prefixBlocks(request));
    });

    test('says what is sent at the places it names (I3)', async ({ skip }) => {
      skip(stage.lacks('body'), 'This model sends no JSON body.');
      const { model, requests } = await stage.open(GOOD);
      const request = agentRequest(...longConversation());
      await play(model, request);
      const body: unknown = JSON.parse(requests()[0] ?? '');
      for (const block of model.prefixBlocks(request)) {
        const sent = textsIn(valueAt(body, block));
        expect(sent, block.path).not.toEqual([]);
        expect(textsIn(JSON.parse(block.text)), block.path).toEqual(expect.arrayContaining([...sent]));
      }
    });
  });

  const policies: readonly CachePolicy[] = [
    'auto',
    'automatic',
    'system_and_tools',
    'tools_only',
    'last_user_message',
    'last_3_user_messages',
    { breakpoints: ['system', 'last'], ttl: '5m' },
  ];

  describe('the cache marks of a request', () => {
    test.each(policies)('stand on its blocks, in their order: %j', async (cache) => {
      const { model } = await stage.open(GOOD);
      const request = { ...agentRequest(...longConversation()), cache };
      const marks = model.planMarks(request);
      expect(model.planMarks(request)).toEqual(marks);
      const blocks = model.prefixBlocks(request);
      expect(model.planMarks(request, blocks)).toEqual(marks);
      for (const { path, blockIndex, reason } of marks) {
        expect(reason).not.toBe('');
        if (path === 'cache_control') continue;
        expect(blocks[blockIndex]).toMatchObject({ path, markable: true });
      }
      const places = marks.map(({ blockIndex }) => blockIndex);
      expect(places).toEqual([...new Set(places)].sort((one, other) => one - other));
    });

    test('are none with the policy none, and none of them is in the prefix', async () => {
      const { model } = await stage.open(GOOD);
      const request = agentRequest(...longConversation());
      expect(model.planMarks({ ...request, cache: 'none' })).toEqual([]);
      expect(prefixUnder(model, request, 'none')).toEqual(prefixUnder(model, request, 'last_2_user_messages'));
    });
  });
}

function prefixUnder(model: Model, request: ModelRequest, cache: CachePolicy): readonly PrefixBlock[] {
  return model.prefixBlocks({ ...request, cache });
}

/** What a body holds at a block's place. */
function valueAt(body: unknown, { path }: PrefixBlock): unknown {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  return steps.reduce(
    (value, step) => (/^\d+$/.test(step) ? asArray(value)[Number(step)] : asObject(value)?.[step]),
    body,
  );
}

/** Every text in a value, but for names of types and for cache marks: a text may stand alone, or in a part of a type. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return Object.entries(asObject(value) ?? {}).flatMap(([name, field]) => (NOT_SAID.has(name) ? [] : textsIn(field)));
}

const NOT_SAID: ReadonlySet<string> = new Set(['type', 'cache_control', 'prompt_cache_breakpoint']);
