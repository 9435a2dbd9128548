import { describe, expect, test } from 'vitest';
import { CLAUDE, post, simulate } from './support/simulate.ts';

const HEADERS = { authorization: 'Bearer x', 'anthropic-version': '2026-10-21' };
const go = { role: 'user', content: 'go' };
const LOOK = { name: 'look', input_schema: { type: 'object' } };
const thinking = (type: string, effort?: string) => ({
  thinking: type === 'enabled' ? { type, budget_tokens: 1024 } : { type },
  ...(effort === undefined ? {} : { output_config: { effort } }),
});
const forced = { tools: [LOOK], tool_choice: { type: 'any' } };
const prefill = { messages: [go, { role: 'assistant', content: 'Well' }] };
const systemMessage = { messages: [go, { role: 'system', content: 'Be brief.' }] };

/** The error of a request, or `taken`. */
async function verdictOn(body: object, headers: Record<string, string> = HEADERS, path = '/v1/messages') {
  const { simulator } = await simulate(() => 'Yes.');
  const response = await post(
    `${simulator.url}${path}`,
    JSON.stringify({ model: CLAUDE, max_tokens: 2000, messages: [go], ...body }),
    headers,
  );
  if (response.status === 200) return 'taken';
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: { type: string; message: string } };
  expect(error.type).toBe('invalid_request_error');
  return error.message;
}

/** What each generation takes; everything else of the columns is refused. */
const TAKES: Readonly<Record<string, string>> = {
  'claude-fable-5-1': 'adaptive effort system',
  'claude-mythos-5-1': 'adaptive effort system',
  'claude-fable-5': 'adaptive effort forced system',
  'claude-opus-5-5': 'adaptive effort system',
  'claude-sonnet-5-5': 'adaptive between effort system',
  'claude-haiku-5-5': 'adaptive disabled effort forced system',
  'claude-opus-5': 'adaptive disabled effort forced system',
  'claude-sonnet-5': 'adaptive disabled loud effort forced',
  'claude-opus-4-8': 'adaptive disabled loud effort forced system',
  'claude-opus-4-7': 'adaptive disabled loud effort forced',
  'claude-opus-4-6': 'adaptive enabled disabled loud effort forced',
  'claude-sonnet-4-6': 'adaptive enabled disabled loud effort forced',
  'claude-opus-4-5-20251101': 'enabled disabled effort forced prefill',
  'claude-haiku-4-5': 'enabled disabled forced prefill',
  'claude-sonnet-4-20250514': 'enabled disabled forced prefill',
};

const COLUMNS: Readonly<Record<string, object>> = {
  adaptive: thinking('adaptive'),
  enabled: thinking('enabled'),
  disabled: thinking('disabled'),
  between: thinking('between_tools'),
  loud: thinking('disabled', 'max'),
  effort: { output_config: { effort: 'high' } },
  forced,
  system: systemMessage,
  prefill,
};

describe('each model takes its own options, and refuses those of others', () => {
  test.each(Object.entries(TAKES))('%s', async (model, takes) => {
    const taken: string[] = [];
    for (const [name, options] of Object.entries(COLUMNS)) {
      if ((await verdictOn({ model, ...options })) === 'taken') taken.push(name);
    }
    expect(taken.join(' ')).toBe(
      takes
        .split(' ')
        .sort((a, b) => Object.keys(COLUMNS).indexOf(a) - Object.keys(COLUMNS).indexOf(b))
        .join(' '),
    );
  });

  test('and a forced tool is refused where tokens are only counted, too', async () => {
    const path = '/v1/messages/count_tokens';
    expect(await verdictOn({ model: 'claude-opus-5-5', max_tokens: undefined, ...forced }, HEADERS, path)).toMatch(
      /auto/,
    );
    expect(await verdictOn({ max_tokens: undefined, ...forced }, HEADERS, path)).toBe('taken');
  });
});

describe('the Messages API refuses', () => {
  const marked = (ttl: string) => ({ type: 'text', text: 'go', cache_control: { type: 'ephemeral', ttl } });
  const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } };
  const format = { format: { type: 'json_schema', schema: { type: 'object' } } };
  const search = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } };

  test.each<[string, object, RegExp]>([
    ['a budget below 1 024', { thinking: { type: 'enabled', budget_tokens: 1023 } }, /equal to 1024/],
    ['a budget that is the whole output', { thinking: { type: 'enabled', budget_tokens: 2000 } }, /must be greater/],
    ['a budget of none', { thinking: { type: 'enabled' } }, /budget_tokens: Field required/],
    ['an unknown kind of thinking', { thinking: { type: 'much' } }, /thinking\.type: Input should be/],
    ['a budget beside adaptive thinking', { thinking: { type: 'adaptive', budget_tokens: 2000 } }, /Extra inputs/],
    ['an unknown effort', { output_config: { effort: 'some' } }, /effort: Input should be/],
    [
      'the highest efforts on Opus 4.5',
      { model: 'claude-opus-4-5', output_config: { effort: 'max' } },
      /Input should be/,
    ],
    ['more output than the model has', { max_tokens: 128_001 }, /128001 > 128000/],
    ['more output than Haiku 4.5 has', { model: 'claude-haiku-4-5', max_tokens: 64_001 }, /64001 > 64000/],
    ['less than no output', { max_tokens: -1 }, /greater than or equal to 0/],
    ['thinking beside a forced tool', { ...forced, ...thinking('enabled') }, /forces tool use/],
    ['a choice of no tool there is', { tools: [LOOK], tool_choice: { type: 'tool', name: 'see' } }, /'see' not found/],
    ['a choice without tools', { tool_choice: { type: 'any' } }, /while providing `tools`/],
    ['an unknown choice', { tools: [LOOK], tool_choice: { type: 'some' } }, /tool_choice\.type/],
    ['an answer format without its schema', { output_config: { format: { type: 'json_schema' } } }, /schema: Field/],
    [
      'an answer format beside citations',
      { output_config: format, messages: [{ role: 'user', content: [{ ...document, citations: { enabled: true } }] }] },
      /together with citations/,
    ],
    [
      'a document of the assistant’s',
      { messages: [go, { role: 'assistant', content: [document] }, go] },
      /messages\.1\.content\.0: `document` blocks are not permitted/,
    ],
    [
      'citations of the user’s',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', citations: [{ type: 'char_location' }] }] }] },
      /citations: Extra inputs/,
    ],
    [
      'a picture of another kind',
      { messages: [{ role: 'user', content: [picture('image/bmp')] }] },
      /media_type: Input should be 'image\/jpeg'/,
    ],
    [
      'a text as base64',
      {
        messages: [
          { role: 'user', content: [{ type: 'document', source: { type: 'base64', media_type: 'text/plain' } }] },
        ],
      },
      /should be 'application\/pdf'/,
    ],
    [
      'two lifetimes for the last block',
      { messages: [{ role: 'user', content: [marked('1h')] }], cache_control: { type: 'ephemeral' } },
      /another ttl/,
    ],
    [
      'a search without what it found',
      { messages: [go, { role: 'assistant', content: [search] }, go] },
      /without a corresponding `web_search_tool_result`/,
    ],
    ['a system message first', { messages: [{ role: 'system', content: 'x' }, go] }, /first message must use/],
    [
      'a system message behind the assistant',
      { model: 'claude-opus-5', messages: [go, { role: 'assistant', content: 'a' }, { role: 'system', content: 'x' }] },
      /must follow a user message/,
    ],
    [
      'a system message before the user',
      { model: 'claude-opus-5', messages: [go, { role: 'system', content: 'x' }, go] },
      /followed by an assistant message/,
    ],
    [
      'an empty system message',
      { model: 'claude-opus-5', messages: [go, { role: 'system', content: [] }] },
      /non-empty content/,
    ],
    [
      'a system message with more than text',
      { model: 'claude-opus-5', messages: [go, { role: 'system', content: [picture('image/png')] }] },
      /text only/,
    ],
    [
      'a beginning of the answer that ends in white space',
      { model: 'claude-haiku-4-5', messages: [go, { role: 'assistant', content: 'Well ' }] },
      /trailing whitespace/,
    ],
    [
      'a beginning of the answer without the thought before it',
      { model: 'claude-haiku-4-5', ...thinking('enabled'), ...prefill },
      /must start with a thinking block/,
    ],
  ])('%s', async (_what, body, message) => {
    expect(await verdictOn(body)).toMatch(message);
  });

  test.each<[string, object, RegExp]>([
    ['a stream', { stream: true }, /`stream`/],
    ['a budget', thinking('enabled'), /budget_tokens|thinking\.enabled/],
    ['an answer format', { output_config: format }, /`output_config\.format`/],
    ['a forced tool', forced, /`tool_choice`/],
  ])('%s beside no output at all', async (_what, body, message) => {
    const refused = await verdictOn({ max_tokens: 0, ...body });
    expect(refused).not.toBe('taken');
    expect(refused).toMatch(/max_tokens/);
    expect(refused).toMatch(message);
  });
});

describe('the Messages API takes', () => {
  const betas = (beta: string) => ({ ...HEADERS, 'anthropic-beta': beta });
  const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } };

  test.each<[string, object, Record<string, string>]>([
    [
      'a budget above the output, where thoughts are interleaved with tools',
      { tools: [LOOK], thinking: { type: 'enabled', budget_tokens: 9000 } },
      betas('interleaved-thinking-2025-05-14'),
    ],
    [
      'an empty system message that changes the effort',
      { model: 'claude-opus-5', messages: [go, { role: 'system', content: [], output_config: { effort: 'low' } }] },
      betas('mid-conversation-output-config-2026-07-01'),
    ],
    [
      'a document of the assistant’s, under the older version',
      { messages: [go, { role: 'assistant', content: [document] }, go] },
      { ...HEADERS, 'anthropic-version': '2023-06-01' },
    ],
    [
      'an assistant’s search at the end, where a turn paused',
      { messages: [go, { role: 'assistant', content: [{ type: 'server_tool_use', id: 's', name: 'web_search' }] }] },
      HEADERS,
    ],
    [
      'one lifetime said twice for the last block',
      {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }],
        cache_control: { type: 'ephemeral', ttl: '5m' },
      },
      HEADERS,
    ],
  ])('%s', async (_what, body, headers) => {
    expect(await verdictOn(body, headers)).toBe('taken');
  });

  test('sampling under the older version, on models before 4.7 only', async () => {
    const older = { ...HEADERS, 'anthropic-version': '2023-06-01' };
    expect(await verdictOn({ temperature: 0.3, top_k: 4 }, older)).toBe('taken');
    const model = 'claude-opus-4-8';
    expect(await verdictOn({ model, temperature: 1, top_p: 0.99 }, older)).toBe('taken');
    expect(await verdictOn({ model, temperature: 0.3 }, older)).toMatch(/temperature/);
    expect(await verdictOn({ model, top_p: 0.9 }, older)).toMatch(/top_p/);
    expect(await verdictOn({ model, top_k: 4 }, older)).toMatch(/top_k/);
  });
});

describe('a request for no output', () => {
  test('fills the cache, and asks no script', async () => {
    const { simulator } = await simulate(() => {
      throw new Error('The script was asked.');
    });
    const text = Array.from({ length: 400 }, (_, line) => `${line}: be exact.`).join('\n');
    const body = {
      model: CLAUDE,
      max_tokens: 0,
      system: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }],
      messages: [go],
    };
    const ask = async () => (await post(`${simulator.url}/v1/messages`, JSON.stringify(body), HEADERS)).json();
    expect(await ask()).toMatchObject({ content: [], stop_reason: 'max_tokens', usage: { output_tokens: 0 } });
    expect(await ask()).toMatchObject({ usage: { cache_creation_input_tokens: 0, output_tokens: 0 } });
    const [first, second] = simulator.requests;
    expect(second?.verdict.read).toBe(first?.verdict.written['5m']);
    expect(second?.verdict.read).toBeGreaterThan(1024);
  });
});

function picture(mediaType: string): object {
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: 'AAAA' } };
}
