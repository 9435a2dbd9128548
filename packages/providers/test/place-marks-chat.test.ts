import { describe, expect, test } from 'vitest';
import type { CachePolicy } from '../src/cache/plan-breakpoints.ts';
import { userMessage } from '../src/message.ts';
import type { Model } from '../src/model.ts';
import { openai } from '../src/openai/provider.ts';
import type { ModelRequest } from '../src/request.ts';
import { sentBody } from './support/sent-body.ts';

const LONG = 'x'.repeat(1100);

const REQUEST: ModelRequest = {
  system: LONG,
  tools: [{ name: 'look', description: LONG, inputSchema: { type: 'object' } }],
  messages: [
    userMessage('first'),
    { role: 'assistant', content: [{ type: 'text', text: 'an answer' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'look' },
        { type: 'image', mediaType: 'image/png', data: 'AAAA' },
      ],
    },
  ],
};

const EXPLICIT = { prompt_cache_breakpoint: { mode: 'explicit' } };

function modelAt(id: string, vendor = 'openai') {
  return (send: typeof fetch): Model => openai({ apiKey: 'k', fetch: send, vendor }).model(id);
}

async function sent(request: ModelRequest, id = 'gpt-6', vendor?: string) {
  return sentBody(modelAt(id, vendor), request);
}

const withPolicy = (cache: CachePolicy): ModelRequest => ({ ...REQUEST, cache });

describe('marks in Chat Completions (P-02, D-12)', () => {
  test('`auto` marks text and picture parts, and leaves the mode to the vendor', async () => {
    const { body, warnings } = await sent(REQUEST);
    expect(body).not.toHaveProperty('prompt_cache_options');
    expect(body['messages']).toMatchObject([
      { role: 'system', content: [{ type: 'text', text: LONG, ...EXPLICIT }] },
      { role: 'user', content: [{ type: 'text', text: 'first', ...EXPLICIT }] },
      { role: 'assistant', content: 'an answer' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', ...EXPLICIT },
        ],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test('`automatic` sends what a client without a planner would', async () => {
    const { body, warnings } = await sent(withPolicy('automatic'));
    expect(JSON.stringify(body)).not.toContain('prompt_cache');
    expect(warnings).toEqual([]);
  });

  test('`none` turns the own mark of the vendor off', async () => {
    const { body } = await sent(withPolicy('none'));
    expect(body['prompt_cache_options']).toEqual({ mode: 'explicit' });
    expect(JSON.stringify(body)).not.toContain('prompt_cache_breakpoint');
  });

  test('any other policy does so too, beside its own marks', async () => {
    const { body, bodyText } = await sent(withPolicy('system_and_tools'));
    expect(body['prompt_cache_options']).toEqual({ mode: 'explicit' });
    expect(bodyText.split('prompt_cache_breakpoint')).toHaveLength(2);
  });

  test('the plan that is recorded is the one that is sent', async () => {
    const { marks, paths } = await recordedPlan(withPolicy('last_2_user_messages'));
    expect(marks).toBe(2);
    expect(paths).toEqual(['messages[1]', 'messages[3].content[1]']);
    const auto = await recordedPlan(REQUEST);
    expect(auto.marks).toBe(3);
    expect(auto.paths).toEqual(['messages[0]', 'messages[1]', 'messages[3].content[1]', 'prompt_cache_options']);
  });

  async function recordedPlan(request: ModelRequest) {
    const { bodyText } = await sent(request);
    const paths = modelAt('gpt-6')(fetch)
      .planMarks(request)
      .map(({ path }) => path);
    return { marks: bodyText.split('prompt_cache_breakpoint').length - 1, paths };
  }

  test('the same request gives the same bytes, and an unmarked one those it had without a planner', async () => {
    expect((await sent(REQUEST)).bodyText).toBe((await sent(REQUEST)).bodyText);
    const [older, newer] = [await sent(REQUEST, 'gpt-5.5'), await sent(withPolicy('automatic'), 'gpt-5.5')];
    expect(newer.bodyText).toBe(older.bodyText);
    expect(older.body['messages']).toMatchObject([{ content: LONG }, { content: 'first' }, {}, {}]);
  });

  test('marks placed by hand stand alone', async () => {
    const vendorOptions = { prompt_cache_options: { ttl: '30m' } };
    const byHand = await sent({ ...REQUEST, vendorOptions });
    expect(byHand.bodyText).not.toContain('prompt_cache_breakpoint');
    expect(byHand.body).toMatchObject(vendorOptions);
    expect(byHand.warnings).toEqual([]);
    const asked = await sent({ ...REQUEST, vendorOptions, cache: 'last_user_message' });
    expect(asked.body).toMatchObject(vendorOptions);
    expect(asked.warnings).toEqual([
      'cache/mark-not-placed: No cache mark was planned: the request carries marks of its own.',
    ]);
  });

  test('a prefill is none of the blocks that a later request begins with', () => {
    const model = modelAt('llama-4', 'groq')(fetch);
    expect(model.prefixBlocks({ ...REQUEST, prefill: 'Well' })).toEqual(model.prefixBlocks(REQUEST));
  });
});

describe('marks of Anthropic in Chat Completions (P-02, D-12)', () => {
  test.each([
    ['openrouter', 'anthropic/claude-sonnet-4-6'],
    ['vercel-gateway', 'anthropic/claude-sonnet-4-6'],
    ['litellm', 'claude-sonnet-4-6'],
    ['alibaba', 'qwen-max'],
  ])('%s takes them on texts for %s', async (vendor, id) => {
    const { body, bodyText, warnings } = await sent(REQUEST, id, vendor);
    const mark = { cache_control: { type: 'ephemeral' } };
    expect(body['messages']).toMatchObject([
      { role: 'system', content: [{ type: 'text', ...mark }] },
      { role: 'user', content: [{ type: 'text', text: 'first', ...mark }] },
      { role: 'assistant', content: 'an answer' },
      { role: 'user', content: [{ type: 'text', text: 'look', ...mark }, { type: 'image_url' }] },
    ]);
    expect(bodyText.split('cache_control')).toHaveLength(4);
    expect(bodyText).not.toContain('prompt_cache');
    expect(warnings).toEqual([]);
  });

  test('the flag goes where it is known, and is a warning elsewhere (P-12, D-07)', async () => {
    const routed = await sent(withPolicy('automatic'), 'anthropic/claude-sonnet-4-6', 'openrouter');
    expect(routed.body['cache_control']).toEqual({ type: 'ephemeral' });
    const proxied = await sent(withPolicy('automatic'), 'claude-sonnet-4-6', 'litellm');
    expect(proxied.bodyText).not.toContain('cache_control');
    expect(proxied.warnings).toMatchObject([expect.stringMatching(/^cache\/unsupported: .*top-level flag/)]);
  });

  test('other models of the same vendor are sent none', async () => {
    const { bodyText } = await sent(REQUEST, 'google/gemini-3-pro', 'openrouter');
    expect(bodyText).not.toMatch(/cache_control|prompt_cache/);
  });
});
