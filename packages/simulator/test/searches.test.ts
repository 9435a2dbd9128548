import {
  type AssistantMessage,
  anthropic,
  citationsOf,
  completeTurn,
  type JsonObject,
  type Message,
  messageText,
  ollama,
  openai,
  openaiResponses,
  userMessage,
} from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { parseScriptRules, type ReplyParts, type Simulator, scriptFromRules } from '../src/index.ts';
import { CLAUDE, collect, GPT, LLAMA, post, simulate } from './support/simulate.ts';

const FOUND = [
  { url: 'https://example.test/a', title: 'Rain in Bonn', text: 'It rains until noon.' },
  { url: 'https://example.test/b', title: 'Bonn' },
];
const SEARCHING: ReplyParts = {
  searches: [
    { query: 'weather Bonn', results: FOUND },
    { query: 'more weather', results: [] },
  ],
  text: 'It rains until noon.',
};
const QUESTION = { model: CLAUDE, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Rain?' }] };

const MODELS = {
  Anthropic: ({ url }: Simulator) => anthropic({ apiKey: 'x', baseURL: url }).model(CLAUDE),
  Responses: ({ url }: Simulator) => openaiResponses({ apiKey: 'x', baseURL: `${url}/v1` }).model(GPT),
  Chat: ({ url }: Simulator) => openai({ apiKey: 'x', baseURL: `${url}/v1` }).model(GPT),
  Ollama: ({ url }: Simulator) => ollama({ host: url }).model(LLAMA),
};

describe('a reply that searched', () => {
  test('to Anthropic is a call, what it found, and a text that cites it', async () => {
    const { anthropic: client } = await simulate(() => SEARCHING);
    const { content, usage } = await client.messages.create(QUESTION);
    expect(content).toMatchObject([
      { type: 'server_tool_use', name: 'web_search', input: { query: 'weather Bonn' } },
      {
        type: 'web_search_tool_result',
        content: FOUND.map(({ url, title }) => ({ url, title, encrypted_content: expect.stringMatching(/.{20}/) })),
      },
      { type: 'server_tool_use', input: { query: 'more weather' } },
      { type: 'web_search_tool_result', content: [] },
      {
        type: 'text',
        text: SEARCHING.text,
        citations: [
          { type: 'web_search_result_location', url: FOUND[0]?.url, cited_text: 'It rains until noon.' },
          { url: FOUND[1]?.url, cited_text: 'Bonn' },
        ],
      },
    ]);
    const [call, result] = content as { id?: string; tool_use_id?: string }[];
    expect(result?.tool_use_id).toBe(call?.id);
    expect(usage.server_tool_use).toEqual({ web_search_requests: 2, web_fetch_requests: 0 });
  });

  test('streams to Anthropic as the same blocks, and counts what it read only at its end', async () => {
    const { anthropic: client, time } = await simulate(() => SEARCHING);
    const whole = await client.messages.create(QUESTION);
    time.advance(1);
    const stream = client.messages.stream(QUESTION);
    const bare = (content: readonly object[]) =>
      content.map((block) => JSON.parse(JSON.stringify(block).replaceAll(/srvtoolu_\w+/g, 'srvtoolu')));
    const folded = await stream.finalMessage();
    expect(bare(folded.content)).toEqual(bare(whole.content));
    time.advance(1);
    const raw = await collect(await client.messages.create({ ...QUESTION, stream: true }));
    const start = raw.find((event) => event.type === 'message_start')?.message.usage;
    expect(folded.usage.input_tokens).toBe(whole.usage.input_tokens);
    expect(start?.input_tokens).toBeLessThan(whole.usage.input_tokens);
  });

  test('to Responses is a call, a cited text, and a number of searches beside the usage', async () => {
    const { openai: client } = await simulate(() => SEARCHING);
    const listed = await client.responses.create({
      model: GPT,
      input: 'Rain?',
      include: ['web_search_call.action.sources'],
    });
    expect(listed).toMatchObject({
      output: [
        {
          type: 'web_search_call',
          status: 'completed',
          action: { type: 'search', query: 'weather Bonn', sources: FOUND.map(({ url }) => ({ type: 'url', url })) },
        },
        { type: 'web_search_call' },
        {
          type: 'message',
          content: [{ annotations: FOUND.map(({ url, title }) => ({ type: 'url_citation', url, title })) }],
        },
      ],
      tool_usage: { web_search: { num_requests: 2 } },
    });
    const unlisted = await client.responses.create({ model: GPT, input: 'Rain?' });
    expect(JSON.stringify(unlisted)).not.toContain('"sources"');
    const stream = await client.responses.create({ model: GPT, input: 'Rain?', stream: true });
    const types = (await collect(stream)).map(({ type }) => type);
    expect(types).toContain('response.web_search_call.searching');
    expect(types.filter((type) => type === 'response.output_text.annotation.added')).toHaveLength(2);
  });

  test('to Chat Completions is a text with annotations, and to Ollama a text', async () => {
    const { openai: client, ollama: local } = await simulate(() => SEARCHING);
    const { choices } = await client.chat.completions.create({ model: GPT, messages: QUESTION.messages });
    expect(choices[0]?.message).toMatchObject({
      content: SEARCHING.text,
      annotations: FOUND.map(({ url, title }) => ({
        type: 'url_citation',
        url_citation: { url, title, start_index: 0 },
      })),
    });
    const { message } = await local.chat({ model: LLAMA, messages: QUESTION.messages });
    expect(message).toEqual({ role: 'assistant', content: SEARCHING.text });
  });
});

describe('our adapter (L-50, L-51)', () => {
  test.each([
    ['Anthropic', 2, 2],
    ['Responses', 2, 2],
    ['Chat', 2, 0],
    ['Ollama', 0, 0],
  ] as const)(
    'reads citations and searches of %s, and sends them back as they came',
    async (name, citations, searches) => {
      const { simulator } = await simulate(({ requestIndex }) => (requestIndex === 0 ? SEARCHING : 'Still.'));
      const model = MODELS[name](simulator);
      const messages: Message[] = [userMessage('Rain?')];
      const { message, tokens } = await completeTurn(model, { messages });
      expect(messageText(message)).toBe(SEARCHING.text);
      expect(citationsOf(message)).toHaveLength(citations);
      expect(Object.values(tokens.serverTools).reduce((sum, count) => sum + Number(count), 0)).toBe(searches);
      const again = await completeTurn(model, { messages: [...messages, message, userMessage('And now?')] });
      expect(messageText(again.message)).toBe('Still.');
    },
  );

  test('goes on from a turn that paused for its searches', async () => {
    const script = [{ ...SEARCHING, text: '', stopReason: 'pause' as const }, 'It rains.'];
    const { simulator } = await simulate(({ requestIndex }) => script[requestIndex] ?? 'Over.');
    const model = MODELS.Anthropic(simulator);
    const messages: Message[] = [userMessage('Rain?')];
    const paused = await completeTurn(model, { messages });
    expect(paused.stopReason).toBe('pause');
    messages.push(paused.message);
    const ended = await completeTurn(model, { messages });
    expect(messageText(ended.message)).toBe('It rains.');
    messages.push(ended.message, userMessage('And now?'));
    expect((await completeTurn(model, { messages })).stopReason).toBe('end-turn');
  });
});

describe('what was found has to come back unchanged', () => {
  test.each<[string, (json: string) => string]>([
    ['content', (json) => json.replace(/"encrypted_content":"\w{8}/, '"encrypted_content":"AAAAAAAA')],
    [
      'content of another page',
      (json) => json.replace('"url":"https://example.test/a","title"', '"url":"https://x.test","title"'),
    ],
    ['index of a citation', (json) => json.replace(/"encrypted_index":"\w{8}/, '"encrypted_index":"AAAAAAAA')],
    ['content that is gone', (json) => json.replace(/"encrypted_content":"[^"]*",?/, '')],
    ['index that is gone', (json) => json.replace(/,"encrypted_index":"[^"]*"/, '')],
  ])('%s', async (_what, change) => {
    const { simulator, anthropic: client } = await simulate(() => SEARCHING);
    const { content } = await client.messages.create(QUESTION);
    const send = async (blocks: string) => {
      const messages = [...QUESTION.messages, { role: 'assistant', content: JSON.parse(blocks) }, ...QUESTION.messages];
      const headers = { authorization: 'Bearer x', 'anthropic-version': '2026-10-21' };
      return post(`${simulator.url}/v1/messages`, JSON.stringify({ ...QUESTION, messages }), headers);
    };
    const sent = JSON.stringify(content);
    expect((await send(sent)).status).toBe(200);
    expect(change(sent)).not.toBe(sent);
    const refused = await send(change(sent));
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { message: expect.stringMatching(/encrypted_(content|index)/) },
    });
  });
});

describe('a reply may also', () => {
  const redacted: ReplyParts = { redactedThinking: 'Nobody reads this.', text: 'Yes.' };

  test('hold a thought that only the vendor can read, which has to come back unchanged', async () => {
    const { anthropic: client, openai: other } = await simulate(() => redacted);
    const { content, usage } = await client.messages.create(QUESTION);
    expect(content).toMatchObject([{ type: 'redacted_thinking' }, { type: 'text' }]);
    expect(usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
    const changed = content.with(0, { type: 'redacted_thinking', data: 'AAAA' });
    const follow = (blocks: typeof content) =>
      client.messages.create({
        ...QUESTION,
        messages: [...QUESTION.messages, { role: 'assistant', content: blocks }, ...QUESTION.messages],
      });
    await expect(follow(changed)).rejects.toThrow(/Invalid `data` in `redacted_thinking`/);
    expect((await follow(content)).stop_reason).toBe('end_turn');
    const { output } = await other.responses.create({ model: GPT, input: 'Rain?' });
    expect(output).toMatchObject([{ type: 'reasoning', summary: [], encrypted_content: expect.any(String) }, {}]);
  });

  test.each(['Anthropic', 'Responses', 'Chat', 'Ollama'] as const)(
    'hide that thought from a client of %s',
    async (name) => {
      const { simulator } = await simulate(() => redacted);
      const model = MODELS[name](simulator);
      const { message } = await completeTurn(model, { messages: [userMessage('Rain?')] });
      expect(messageText(message)).toBe('Yes.');
      expect(JSON.stringify(message)).not.toContain('Nobody reads');
      const history: AssistantMessage[] = [message];
      const messages = [userMessage('Rain?'), ...history, userMessage('And?')];
      expect(messageText((await completeTurn(model, { messages })).message)).toBe('Yes.');
    },
  );

  test('refuse for a reason', async () => {
    const { anthropic: client } = await simulate(({ requestIndex }) => ({
      text: 'No.',
      stopReason: 'refusal',
      ...(requestIndex === 0 ? { refusalCategory: 'cyber' } : {}),
    }));
    const named = { type: 'refusal', category: 'cyber', explanation: null };
    expect((await client.messages.create(QUESTION)).stop_details).toEqual(named);
    expect((await client.messages.create(QUESTION)).stop_details).toEqual({ ...named, category: null });
  });

  test.each(['Anthropic', 'Responses', 'Chat', 'Ollama'] as const)(
    'come in pieces of one character from %s',
    async (name) => {
      const said = {
        thinking: 'Hm: 🌦',
        text: 'Es regnet. ☂️🌦',
        chunkCharacters: 1,
        toolCalls: [{ name: 'look', arguments: { a: 'ä' } }],
      };
      const { simulator } = await simulate(() => said);
      const events = await collect(MODELS[name](simulator).stream({ messages: [userMessage('Rain?')] }));
      const pieces = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));
      expect(pieces).toEqual([...said.text]);
      const turn = events.at(-1);
      expect(turn).toMatchObject({
        turn: { message: { content: expect.arrayContaining([expect.objectContaining({ arguments: { a: 'ä' } })]) } },
      });
    },
  );
});

test('rules of a script may hold all of it', async () => {
  const reply = {
    ...SEARCHING,
    redactedThinking: 'x',
    refusalCategory: 'bio',
    stopReason: 'refusal',
    chunkCharacters: 3,
  };
  const rules = [{ reply }] as unknown as JsonObject[];
  expect(parseScriptRules(JSON.stringify(rules))).toEqual(rules);
  const { anthropic: client } = await simulate(scriptFromRules(parseScriptRules(JSON.stringify(rules))));
  expect(await client.messages.create(QUESTION)).toMatchObject({ stop_details: { category: 'bio' } });
  for (const wrong of [{ refusalCategory: 'other' }, { chunkCharacters: 0 }, { searches: [{ query: 'x' }] }]) {
    expect(() => parseScriptRules(JSON.stringify([{ reply: { ...reply, ...wrong } }]))).toThrow(/rules\.0/);
  }
});
