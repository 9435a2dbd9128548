import { describe, expect, it } from 'vitest';
import { encodeRequest } from '../src/anthropic/encode/encode-request.ts';
import { anthropicPrefixBlocks } from '../src/anthropic/encode/prefix-blocks.ts';
import type { AnthropicHost } from '../src/anthropic/host.ts';
import { type Message, userMessage } from '../src/message.ts';
import type { ModelRequest, SearchLevel } from '../src/request.ts';
import { exchange, hello } from './support/anthropic-exchange.ts';

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false };
const LOOK = { name: 'look', description: 'Looks.', inputSchema: { type: 'object' } };

function encoded(request: ModelRequest, model: string, host: AnthropicHost) {
  const { body, warnings } = encodeRequest(request, model, host);
  return { body: JSON.parse(JSON.stringify(body)), warnings };
}

describe('search (L-48)', () => {
  it.each<[SearchLevel, number]>([
    ['low', 2],
    ['medium', 5],
    ['high', 10],
  ])('%s is so many searches', async (search, max_uses) => {
    const { body } = await exchange(hello({ search, tools: [LOOK], cache: 'none' }), 'claude-opus-5');
    expect(body['tools']).toEqual([
      { name: 'look', description: 'Looks.', input_schema: { type: 'object' } },
      { type: 'web_search_20260318', name: 'web_search', max_uses },
    ]);
  });

  it.each([
    ['claude-opus-4-6', 'web_search_20260318'],
    ['claude-sonnet-5-5', 'web_search_20260318'],
    ['claude-opus-4-5', 'web_search_20250305'],
    ['claude-haiku-5-5', 'web_search_20250305'],
    ['claude-opus-6', 'web_search_20250305'],
  ])('is the newest tool that %s takes (L-49)', async (model, type) => {
    const { body } = await exchange(hello({ search: 'low' }), model);
    expect(body['tools']).toMatchObject([{ type }]);
  });

  it.each<[AnthropicHost, string | undefined]>([
    ['anthropic', 'web_search_20260318'],
    ['unknown', 'web_search_20260318'],
    ['vertex', 'web_search_20250305'],
    ['bedrock', undefined],
    ['bedrock-mantle', undefined],
  ])('on %s is what that host has', (host, type) => {
    const { body, warnings } = encoded(hello({ search: 'medium' }), 'claude-opus-5', host);
    expect(body.tools?.[0]?.type).toBe(type);
    expect(warnings.map(({ code }) => code)).toEqual(type === undefined ? ['request/search-ignored'] : []);
  });

  it('false adds nothing', async () => {
    expect((await exchange(hello({ search: false }), 'claude-opus-5')).body).not.toHaveProperty('tools');
  });

  it('stands behind the caller’s tools, so that turning it on keeps them cached', () => {
    const blocks = (search: false | SearchLevel) =>
      anthropicPrefixBlocks(encodeRequest(hello({ tools: [LOOK], search }), 'claude-opus-5').body);
    expect(blocks('low')[0]).toEqual(blocks(false)[0]);
  });
});

describe('output (L-53)', () => {
  it('is a schema that the answer is held to, beside the effort', async () => {
    const { body } = await exchange(hello({ output: SCHEMA, think: 'high' }), 'claude-opus-5');
    expect(body['output_config']).toEqual({ effort: 'high', format: { type: 'json_schema', schema: SCHEMA } });
  });

  it('is merged with what vendorOptions says of the same object', async () => {
    const { body } = await exchange(
      hello({ output: SCHEMA, vendorOptions: { output_config: { effort: 'low' } } }),
      'claude-opus-5',
    );
    expect(body['output_config']).toEqual({ format: { type: 'json_schema', schema: SCHEMA }, effort: 'low' });
  });
});

describe('sampling', () => {
  it('is not sent, wherever it was asked for, and says so once for each field', async () => {
    const request = hello({ temperature: 0, vendorOptions: { temperature: 1, top_p: 0.5, top_k: 3, metadata: {} } });
    const { body, warnings } = await exchange(request, 'claude-haiku-4-5');
    for (const field of ['temperature', 'top_p', 'top_k']) expect(body).not.toHaveProperty(field);
    expect(body).toHaveProperty('metadata', {});
    expect(warnings.map(({ code }) => code)).toEqual([
      'request/temperature-ignored',
      'request/top_p-ignored',
      'request/top_k-ignored',
    ]);
  });

  it('reaches models before 4.7 on Bedrock, which are called under the version that takes it', () => {
    const request = hello({ temperature: 0, vendorOptions: { top_k: 3 } });
    const { body, warnings } = encoded(request, 'us.anthropic.claude-opus-4-6-v1', 'bedrock');
    expect(body).toMatchObject({ anthropic_version: 'bedrock-2023-05-31', temperature: 0, top_k: 3 });
    expect(warnings).toEqual([]);
    const thinking = encoded({ ...request, think: 'low' }, 'us.anthropic.claude-opus-4-6-v1', 'bedrock');
    expect(thinking.body).not.toHaveProperty('temperature');
    expect(thinking.warnings).toHaveLength(2);
  });

  it.each([
    ['global.anthropic.claude-opus-4-7', 'bedrock'],
    ['anthropic.claude-next', 'bedrock'],
    ['claude-opus-4-6', 'vertex'],
    ['claude-opus-4-6', 'anthropic'],
  ] as const)('reaches no %s on %s, and no version is set by hand', (model, host) => {
    const { body } = encoded(hello({ temperature: 0 }), model, host);
    expect(body).not.toHaveProperty('temperature');
    expect(body).not.toHaveProperty('anthropic_version');
  });
});

describe('diagnostics (P-04)', () => {
  const answer = (responseId?: string): Message => ({
    role: 'assistant',
    content: [{ type: 'text', text: 'ok' }],
    ...(responseId === undefined ? {} : { responseId }),
  });

  it.each<[string, readonly Message[], string | null]>([
    ['no earlier response', [], null],
    ['the last response', [answer('msg_1'), userMessage('a'), answer('msg_2')], 'msg_2'],
    ['the last response of this vendor', [answer('msg_1'), userMessage('a'), answer('chatcmpl-2')], 'msg_1'],
    ['no response without a name', [answer()], null],
  ])('compare with %s', async (_name, history, previous_message_id) => {
    const messages = [userMessage('hi'), ...history, userMessage('go on')];
    const { body } = await exchange({ messages, diagnostics: true }, 'claude-opus-5');
    expect(body['diagnostics']).toEqual({ previous_message_id });
  });

  it('are not asked for unless wanted, and not where the host has none', () => {
    expect(encoded(hello(), 'claude-opus-5', 'anthropic').body).not.toHaveProperty('diagnostics');
    for (const host of ['bedrock', 'bedrock-mantle', 'vertex'] as const) {
      const { body, warnings } = encoded(hello({ diagnostics: true }), 'claude-opus-5', host);
      expect(body).not.toHaveProperty('diagnostics');
      expect(warnings).toMatchObject([{ code: 'request/diagnostics-ignored' }]);
    }
  });
});

describe('options', () => {
  const everything: ModelRequest = hello({
    system: 'Be brief.',
    tools: [LOOK],
    think: 'high',
    search: 'high',
    output: SCHEMA,
    diagnostics: true,
    cacheKey: 'team-1',
    maxTokens: 4000,
    stopSequences: ['END'],
    vendorOptions: { service_tier: 'auto' },
  });

  it('give the same bytes each time', async () => {
    expect((await exchange(everything, 'claude-opus-5')).sent).toBe((await exchange(everything, 'claude-opus-5')).sent);
  });

  it('change no byte of the history', () => {
    const { messages } = everything;
    const bytes = (request: ModelRequest) => JSON.stringify(encodeRequest(request, 'claude-opus-5').body.messages);
    expect(bytes(everything)).toBe(bytes({ messages }));
  });

  it('without a word here say nothing', async () => {
    const { body, warnings } = await exchange(hello({ cacheKey: 'team-1' }), 'claude-opus-5');
    expect(JSON.stringify(body)).not.toContain('team-1');
    expect(warnings).toEqual([]);
  });
});
