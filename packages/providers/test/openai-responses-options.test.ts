import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import type { JsonObject } from '../src/json.ts';
import { type Message, userMessage } from '../src/message.ts';
import { encodeRequest } from '../src/openai/responses/encode-request.ts';
import { isStrictSchema, schemaName } from '../src/openai/strict-schema.ts';
import type { ModelRequest } from '../src/request.ts';

const HI = [userMessage('hi')];
const TOOL = { name: 'look', description: '', inputSchema: { type: 'object', properties: {} } };
const CLOSED = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false };

const encode = (request: Partial<ModelRequest>, model = 'my-deployment') =>
  encodeRequest({ messages: HI, ...request }, model);
const codes = ({ warnings }: ReturnType<typeof encode>) => warnings.map(({ code }) => code);

describe('think (L-47)', () => {
  it.each([
    ['gpt-5', 'low', { effort: 'low', summary: 'auto' }],
    ['gpt-5', 'max', { effort: 'high', summary: 'auto' }],
    ['gpt-5.1', 'off', { effort: 'none' }],
    ['gpt-5.6-sol', 'max', { effort: 'max', summary: 'auto' }],
    ['my-deployment', 'max', { effort: 'max' }],
    ['my-deployment', 'off', { effort: 'none' }],
    ['gpt-oss-20b', 'medium', { effort: 'medium' }],
  ] as const)('of %s is %s as %j, without a warning', (model, think, reasoning) => {
    const { body, warnings } = encode({ think }, model);
    expect(body['reasoning']).toEqual(reasoning);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['gpt-5', 'off', 'minimal'],
    ['gpt-6.1-sol', 'off', 'low'],
    ['o3', 'off', 'low'],
    ['gpt-5.2-pro', 'low', 'medium'],
    ['gpt-5-pro', 'medium', 'high'],
    ['grok-3-mini', 'medium', 'high'],
  ] as const)('of %s cannot be %s, so %s is sent, and said', (model, think, effort) => {
    const encoded = encode({ think }, model);
    expect(encoded.body).toMatchObject({ reasoning: { effort } });
    expect(encoded.warnings).toMatchObject([
      { code: 'request/think-adapted', message: expect.stringMatching(`"${think}".*${model}.*"${effort}"`) },
    ]);
  });

  it('is not sent to a model that takes no effort, which is said where it matters', () => {
    expect(encode({ think: 'high' }, 'gpt-4o').body).not.toHaveProperty('reasoning');
    expect(codes(encode({ think: 'high' }, 'gpt-4o'))).toEqual(['request/think-ignored']);
    expect(codes(encode({ think: 'off' }, 'gpt-4o'))).toEqual([]);
    expect(codes(encode({ think: 'off' }, 'grok-4'))).toEqual(['request/think-ignored']);
  });

  it('leaves the last word to vendor options', () => {
    const vendorOptions = { reasoning: { summary: null, context: 'all_turns' } };
    expect(encode({ think: 'low', vendorOptions }, 'gpt-5').body).toMatchObject({
      reasoning: { effort: 'low', summary: null, context: 'all_turns' },
    });
  });

  it('changes no byte of the history', () => {
    const bodies = (['off', 'max', undefined] as const).map((think) => encode(think ? { think } : {}, 'gpt-5.6-sol'));
    expect(new Set(bodies.map(({ body }) => JSON.stringify(body.input))).size).toBe(1);
  });
});

describe('temperature', () => {
  it.each([
    ['gpt-4o', undefined, true],
    ['my-deployment', 'high', true],
    ['grok-4.3', 'high', true],
    ['gpt-5', undefined, false],
    ['o3', 'low', false],
    ['gpt-5.1', undefined, true],
    ['gpt-5.1', 'low', false],
    ['gpt-5.5', undefined, false],
    ['gpt-5.5', 'off', true],
    ['gpt-6-sol', 'high', false],
    ['gpt-6.1-sol', 'off', false],
  ] as const)('of %s with think %s is sent: %s', (model, think, isSent) => {
    const encoded = encode({ temperature: 0.5, ...(think ? { think } : {}) }, model);
    expect('temperature' in encoded.body).toBe(isSent);
    expect(codes(encoded).includes('request/temperature-ignored')).toBe(!isSent);
  });

  it('follows an effort that vendor options set', () => {
    const effort = (word: string) => ({ temperature: 0, vendorOptions: { reasoning: { effort: word } } });
    expect(encode(effort('none'), 'gpt-5.5').body).toMatchObject({ temperature: 0 });
    expect(encode(effort('low'), 'gpt-5.2').body).not.toHaveProperty('temperature');
  });
});

describe('search (L-48)', () => {
  it('is a tool after the others, and asks for its sources', () => {
    const { body } = encode({ search: 'high', tools: [TOOL] }, 'gpt-5');
    expect(body['tools']).toMatchObject([
      { type: 'function', name: 'look' },
      { type: 'web_search', search_context_size: 'high' },
    ]);
    expect(body['include']).toEqual(['reasoning.encrypted_content', 'web_search_call.action.sources']);
    expect(encode({ search: 'low' }, 'grok-4.3').body['include']).toEqual(['reasoning.encrypted_content']);
  });

  it('stands after tools that vendor options give', () => {
    const tools = [{ type: 'code_interpreter', container: { type: 'auto' } }];
    const { body } = encode({ search: 'low', vendorOptions: { tools } }, 'gpt-5');
    expect(body['tools']).toMatchObject([{ type: 'code_interpreter' }, { type: 'web_search' }]);
  });

  it('is the same bytes in each request of a history', () => {
    const request: ModelRequest = { messages: HI, search: 'medium', tools: [TOOL] };
    const later: readonly Message[] = [...HI, { role: 'assistant', content: [{ type: 'text', text: 'ho' }] }, ...HI];
    expect(JSON.stringify(encode({ ...request, messages: later }).body['tools'])).toBe(
      JSON.stringify(encode(request).body['tools']),
    );
  });

  it('is left out with a warning where the model does not search, and without one where nobody asks', () => {
    const encoded = encode({ search: 'low' }, 'gpt-4.1-nano');
    expect(encoded.body).not.toHaveProperty('tools');
    expect(codes(encoded)).toEqual(['request/search-ignored']);
    expect(codes(encode({ search: false }, 'gpt-4.1-nano'))).toEqual([]);
    expect(encode({ search: false }, 'gpt-5').body).not.toHaveProperty('tools');
  });

  it('is not sent beside the effort that refuses it', () => {
    const encoded = encode({ search: 'low', think: 'off' }, 'gpt-5');
    expect(encoded.body).toMatchObject({ reasoning: { effort: 'low' } });
    expect(codes(encoded)).toEqual(['request/think-adapted']);
  });
});

describe('output (L-53)', () => {
  it('is a schema with the name of its title', () => {
    const schema = { ...CLOSED, title: 'The weather, briefly' };
    expect(encode({ output: schema }, 'gpt-4o').body['text']).toEqual({
      format: { type: 'json_schema', name: 'The_weather_briefly', schema, strict: true },
    });
    const vendorOptions = { text: { verbosity: 'low' } };
    expect(encode({ output: { type: 'object' }, vendorOptions }, 'gpt-5').body['text']).toMatchObject({
      format: { name: 'output', strict: false },
      verbosity: 'low',
    });
  });

  it('is refused where the model cannot be held to it', () => {
    expect(() => encode({ output: CLOSED }, 'gpt-3.5-turbo')).toThrow(
      expect.objectContaining({ code: 'provider/invalid-request', message: expect.stringMatching(/output.*gpt-3\.5/) }),
    );
  });

  it.each([
    ['closed, and all of it required', CLOSED, true],
    ['without properties', { type: 'object', properties: {}, additionalProperties: false }, true],
    ['open', { ...CLOSED, additionalProperties: true }, false],
    ['silent on other properties', { type: 'object', properties: {} }, false],
    ['with a property left to choice', { ...CLOSED, required: [] }, false],
    ['with a default', property({ type: 'string', default: 'a' }), false],
    ['with a length', property({ type: 'string', minLength: 1 }), false],
    ['with a format that is known', property({ type: 'string', format: 'date' }), true],
    ['with a format that is not', property({ type: 'string', format: 'iban' }), false],
    ['with an object that may be null', property({ ...CLOSED, type: ['object', 'null'] }), true],
    ['with an open object that may be null', property({ type: ['object', 'null'], properties: {} }), false],
    ['with a list of strings', property({ type: 'array', items: { type: 'string' } }), true],
    ['with a list of anything', property({ type: 'array' }), false],
    ['with a choice', property({ anyOf: [{ type: 'null' }, CLOSED] }), true],
    ['with an open choice', property({ anyOf: [{ type: 'object' }] }), false],
    ['with oneOf', property({ oneOf: [CLOSED] }), false],
    ['with a property of any kind', property({ description: 'anything' }), false],
    ['with a definition', { ...property({ $ref: '#/$defs/a' }), $defs: { a: CLOSED } }, true],
    ['with an open definition', { ...property({ $ref: '#/$defs/a' }), $defs: { a: { type: 'object' } } }, false],
    ['that is a list', { type: 'array', items: { type: 'string' } }, false],
    ['that is a choice', { anyOf: [CLOSED] }, false],
    ['too deep', nested(11), false],
    ['deep', nested(10), true],
  ] as readonly (readonly [string, JsonObject, boolean])[])(
    '%s is held to exactly: %j %s',
    (_words, schema, isStrict) => {
      expect(isStrictSchema(schema)).toBe(isStrict);
    },
  );

  it.each([
    [{ title: 'A-b_1' }, 'A-b_1'],
    [{ title: 'x'.repeat(70) }, 'x'.repeat(64)],
    [{ title: '天気' }, 'output'],
    [{ title: '' }, 'output'],
    [{}, 'output'],
  ])('%j is named %s', (schema, name) => {
    expect(schemaName(schema)).toBe(name);
  });
});

describe('diagnostics (P-05)', () => {
  const answer = (responseId?: string): Message => ({
    role: 'assistant',
    content: [toolCallBlock('c', 'f', '{}')],
    ...(responseId === undefined ? {} : { responseId }),
  });
  const history = (...ids: readonly (string | undefined)[]) => [...HI, ...ids.map(answer)];

  it.each([
    ['the last response', history('resp_1', 'resp_2'), { comparison_response_id: 'resp_2' }],
    ['the last one of this vendor', history('resp_1', 'msg_2', undefined), { comparison_response_id: 'resp_1' }],
    ['nothing when there is none', history('msg_2'), undefined],
    ['nothing at the beginning', HI, undefined],
  ])('compare with %s', (_words, messages, wanted) => {
    const encoded = encode({ messages, diagnostics: true }, 'gpt-5.6-sol');
    expect(encoded.body['prompt_cache_options']).toEqual(wanted);
    expect(codes(encoded)).toEqual([]);
    expect(encode({ messages }, 'gpt-5.6-sol').body).not.toHaveProperty('prompt_cache_options');
  });

  it('are left out with a warning where the model gives none', () => {
    const encoded = encode({ messages: history('resp_1'), diagnostics: true }, 'gpt-5.5');
    expect(encoded.body).not.toHaveProperty('prompt_cache_options');
    expect(codes(encoded)).toEqual(['request/diagnostics-ignored']);
  });

  it('stand beside what else is said of the cache', () => {
    const vendorOptions = { prompt_cache_options: { ttl: '12h' } };
    const { body } = encode({ messages: history('resp_1'), diagnostics: true, vendorOptions }, 'gpt-6-sol');
    expect(body['prompt_cache_options']).toEqual({ comparison_response_id: 'resp_1', ttl: '12h' });
  });
});

it('passes the cache key on (P-02)', () => {
  expect(encode({ cacheKey: 'customer-7' }).body['prompt_cache_key']).toBe('customer-7');
});

it('refuses sound and pictures in motion, and takes other files', () => {
  const document = (mediaType: string) => ({ type: 'document', mediaType, data: 'AAAA' }) as const;
  const send = (mediaType: string) => encode({ messages: [{ role: 'user', content: [document(mediaType)] }] });
  for (const mediaType of ['audio/mpeg', 'video/mp4']) {
    expect(() => send(mediaType)).toThrow(
      expect.objectContaining({ code: 'provider/unsupported-media', message: expect.stringContaining(mediaType) }),
    );
  }
  expect(send('text/csv').body.input[0]).toMatchObject({
    content: [{ type: 'input_file', file_data: 'data:text/csv;base64,AAAA' }],
  });
});

it('adapts nothing for a request that asks for nothing', () => {
  for (const model of ['gpt-4o', 'gpt-5', 'gpt-5.6-sol', 'grok-4', 'my-deployment']) {
    expect(encode({}, model).warnings).toEqual([]);
    const { include: _include, ...body } = encode({}, model).body;
    expect(Object.keys(body)).toEqual(['model', 'input', 'store', 'stream']);
  }
});

function property(schema: JsonObject): JsonObject {
  return { type: 'object', properties: { p: schema }, required: ['p'], additionalProperties: false };
}

function nested(depth: number): JsonObject {
  return depth === 1 ? { type: 'string' } : property(nested(depth - 1));
}
