import { describe, expect, test } from 'vitest';
import { encodeRequest } from '../src/anthropic/encode/encode-request.ts';
import { anthropicPrefixBlocks } from '../src/anthropic/encode/prefix-blocks.ts';
import { anthropic } from '../src/anthropic/provider.ts';
import { cacheRules } from '../src/cache/family-rules.ts';
import { planRequest } from '../src/cache/plan-request.ts';
import { checkRequest } from '../src/check-request.ts';
import { type Message, userMessage } from '../src/message.ts';
import type { ModelRequest } from '../src/request.ts';
import { type Random, seededRandom } from './support/random.ts';
import { sentBody } from './support/sent-body.ts';

const MODEL = 'claude-haiku-4-5';
const rules = { ...cacheRules('anthropic', MODEL), minimumTokens: 0 };

/** Plans as an adapter does, and counts how often it had to encode. The beginning of no request that could be sent is an error. */
function plan(request: ModelRequest, by = rules) {
  let encodings = 0;
  const { marks, notes } = planRequest(request, by, (asked) => {
    encodings += 1;
    checkRequest({ ...asked, messages: [...asked.messages, userMessage('next')] }, []);
    expect(asked.prefill).toBeUndefined();
    return { blocks: anthropicPrefixBlocks(encodeRequest(asked, MODEL).body), hasMarks: false };
  });
  return { paths: marks.map(({ path }) => path), notes, encodings };
}

describe('planning a request', () => {
  test('takes one encoding where no message asks for a mark, and none where nothing can be marked', () => {
    const request: ModelRequest = { messages: [userMessage('hi')] };
    expect(plan(request).encodings).toBe(1);
    expect(plan(request, cacheRules('ollama', 'llama4'))).toEqual({ paths: [], notes: [], encodings: 0 });
  });

  test('takes a few encodings however many messages ask', () => {
    const asking = Array.from({ length: 500 }, (_, index): Message => ({ ...userMessage(`${index}`), cache: {} }));
    const { paths, encodings } = plan({ messages: asking, cache: 'none' });
    expect(paths).toEqual([496, 497, 498, 499].map((index) => `messages[${index}].content[0]`));
    expect(encodings).toBeLessThan(10);
  });

  test('refuses a policy that there is not, also where nothing can be marked (L-04)', () => {
    const request = { messages: [userMessage('hi')], cache: 'everything' } as unknown as ModelRequest;
    for (const by of [rules, cacheRules('ollama', 'llama4')]) {
      expect(() => plan(request, by)).toThrow(expect.objectContaining({ code: 'provider/invalid-request' }));
    }
  });

  test('leaves a prefill out: the next request begins with the answer that goes on from it', async () => {
    const history: readonly Message[] = [
      userMessage('x'.repeat(4200)),
      { role: 'assistant', content: [{ type: 'text', text: 'an answer' }] },
      userMessage('second'),
    ];
    const bodyFor = async (request: ModelRequest) =>
      (await sentBody((send) => anthropic({ apiKey: 'k', fetch: send }).model(MODEL), request)).body['messages'];
    expect(plan({ messages: history, prefill: 'Well' })).toEqual(plan({ messages: history }));
    const messages = await bodyFor({ messages: history });
    expect(JSON.stringify(messages).split('cache_control')).toHaveLength(3);
    expect(await bodyFor({ messages: history, prefill: 'Well' })).toEqual([
      ...(messages as object[]),
      { role: 'assistant', content: [{ type: 'text', text: 'Well' }] },
    ]);
  });
});

describe('a tool choice that has surely changed (P-14)', () => {
  const tools = [{ name: 'look', description: 'Looks.', inputSchema: { type: 'object' } }];
  const call = { type: 'tool-call', id: 'a', name: 'look', arguments: {}, argumentsText: '{}' } as const;
  const seen = { type: 'tool-result', toolCallId: 'a', toolName: 'look', content: [], isError: false } as const;
  const called: readonly Message[] = [
    userMessage('first'),
    { role: 'assistant', content: [call] },
    { role: 'tool', content: [seen] },
  ];
  const answered: readonly Message[] = [
    userMessage('first'),
    { role: 'assistant', content: [{ type: 'text', text: 'an answer' }] },
    userMessage('second'),
  ];
  const causes = (request: Omit<ModelRequest, 'tools'>, by = rules) =>
    plan({ tools, ...request }, by).notes.map(({ code, cause }) => `${code} ${cause}`);

  test('is said, as it takes the cached messages away', () => {
    const lost = ['cache/messages-not-read tool-choice'];
    expect(causes({ messages: called, toolChoice: 'none' })).toEqual(lost);
    expect(causes({ messages: answered, toolChoice: 'required' })).toEqual(lost);
    expect(causes({ messages: answered, toolChoice: { tool: 'look' } })).toEqual(lost);
  });

  test('is not said where it may have been so before, where nothing is kept, or where the vendor does not mind', () => {
    expect(causes({ messages: answered, toolChoice: 'none' })).toEqual([]);
    expect(causes({ messages: called, toolChoice: 'required' })).toEqual([]);
    expect(causes({ messages: called, toolChoice: { tool: 'look' } })).toEqual([]);
    expect(causes({ messages: called })).toEqual([]);
    expect(causes({ messages: called, toolChoice: 'none', cache: 'none' })).toEqual([]);
    expect(causes({ messages: called, toolChoice: 'none', cache: 'tools_only' })).toEqual([]);
    expect(causes({ messages: called, toolChoice: 'none' }, cacheRules('openai-chat', 'gpt-6'))).toEqual([]);
  });
});

test('a message is marked on its own last block, whatever stands around it (L-05)', () => {
  const random = seededRandom(3);
  for (let run = 0; run < 500; run += 1) {
    const messages = randomHistory(random);
    const index = random.upTo(messages.length - 1);
    const asking = messages.map((message, at) => (at === index ? { ...message, cache: {} } : message));
    const { paths, notes } = plan({ system: 'Be brief.', messages: asking, cache: 'none' });
    const expected = lastPath(messages, index);
    expect(paths, JSON.stringify({ messages, index })).toEqual(expected === undefined ? [] : [expected]);
    expect(notes.map(({ cause }) => cause)).toEqual(expected === undefined ? ['no-block'] : []);
  }
});

/** Where a message's last markable block stands, counted by hand: messages without a block are not sent. */
function lastPath(messages: readonly Message[], index: number): string | undefined {
  const isSent = (message: Message) => message.content.some((block) => block.type !== 'thinking');
  const message = messages[index];
  if (!message || !isSent(message)) return undefined;
  const place = messages.slice(0, index).filter(isSent).length;
  return `messages[${place}].content[${message.content.filter((block) => block.type !== 'thinking').length - 1}]`;
}

/** Turns of questions, thoughts, calls and answers; a message may be empty, or hold nothing that is sent. */
function randomHistory(random: Random): readonly Message[] {
  const messages: Message[] = [userMessage('first')];
  for (let turn = random.upTo(4); turn >= 0; turn -= 1) {
    const ids = Array.from({ length: random.upTo(2) }, (_, at) => `${turn}-${at}`);
    const thought = { type: 'thinking', text: 'hm' } as const;
    const texts = Array.from({ length: random.upTo(2) }, () => ({ type: 'text', text: 'well' }) as const);
    const calls = ids.map(
      (id) => ({ type: 'tool-call', id, name: 'look', arguments: {}, argumentsText: '{}' }) as const,
    );
    messages.push({ role: 'assistant', content: [thought, ...texts, ...calls] });
    const result = { type: 'tool-result', toolName: 'look', content: [], isError: false } as const;
    if (ids.length > 0) messages.push({ role: 'tool', content: ids.map((toolCallId) => ({ ...result, toolCallId })) });
    if (ids.length === 0 || random.upTo(2) === 0) messages.push(userMessage(`more ${turn}`));
    if (random.upTo(4) === 0) messages.push({ role: 'user', content: [] });
  }
  return messages;
}
