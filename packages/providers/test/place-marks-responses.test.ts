import { describe, expect, test } from 'vitest';
import type { CachePolicy } from '../src/cache/plan-breakpoints.ts';
import { type Message, type ToolResultBlock, userMessage } from '../src/message.ts';
import type { Model } from '../src/model.ts';
import { openaiResponses } from '../src/openai/provider.ts';
import type { ModelRequest } from '../src/request.ts';
import { sentBody } from './support/sent-body.ts';

const LONG = 'x'.repeat(1100);
const EXPLICIT = { prompt_cache_breakpoint: { mode: 'explicit' } };

function calling(...ids: readonly string[]): Message {
  const call = { type: 'tool-call', name: 'look', arguments: {}, argumentsText: '{}' } as const;
  return { role: 'assistant', responseId: 'resp_1', content: ids.map((id) => ({ ...call, id })) };
}

function result(toolCallId: string, ...content: ToolResultBlock['content']): ToolResultBlock {
  return { type: 'tool-result', toolCallId, toolName: 'look', content, isError: false };
}

const SEEN = result('a', { type: 'text', text: 'seen' });
const PICTURE = { type: 'image', mediaType: 'image/png', data: 'AAAA' } as const;
const RESULTS: Message = { role: 'tool', content: [SEEN, result('b', { type: 'text', text: 'a picture' }, PICTURE)] };

const REQUEST: ModelRequest = { system: LONG, messages: [userMessage('first'), calling('a', 'b'), RESULTS] };

const modelOf =
  (id: string) =>
  (send: typeof fetch): Model =>
    openaiResponses({ apiKey: 'k', fetch: send }).model(id);

async function sent(request: ModelRequest, id = 'gpt-6.1-sol') {
  return sentBody(modelOf(id), request);
}

const withPolicy = (cache: CachePolicy): ModelRequest => ({ ...REQUEST, cache });

describe('marks in Responses (P-02)', () => {
  test('`auto` marks messages and the parts of results', async () => {
    const { body, warnings } = await sent(REQUEST);
    expect(body).not.toHaveProperty('prompt_cache_options');
    expect(body['input']).toMatchObject([
      { role: 'system', content: [{ type: 'input_text', ...EXPLICIT }] },
      { role: 'user', content: [{ type: 'input_text', text: 'first', ...EXPLICIT }] },
      { type: 'function_call', call_id: 'a' },
      { type: 'function_call', call_id: 'b' },
      { type: 'function_call_output', call_id: 'a', output: 'seen' },
      { type: 'function_call_output', output: [{ type: 'input_text' }, { type: 'input_image', ...EXPLICIT }] },
    ]);
    expect(JSON.stringify(body).split('prompt_cache_breakpoint')).toHaveLength(4);
    expect(warnings).toEqual([]);
  });

  test('a result in one string goes as one text where it is marked', async () => {
    const messages: readonly Message[] = [userMessage('first'), calling('a'), { role: 'tool', content: [SEEN] }];
    const { body } = await sent({ ...withPolicy('last_user_message'), messages });
    expect(body['input']).toMatchObject([
      { content: [{ type: 'input_text' }] },
      {},
      {},
      { output: [{ type: 'input_text', text: 'seen', ...EXPLICIT }] },
    ]);
  });

  test('the mode stands beside options that are there', async () => {
    const { body } = await sent({ ...withPolicy('none'), diagnostics: true });
    expect(body['prompt_cache_options']).toEqual({ comparison_response_id: 'resp_1', mode: 'explicit' });
    const implicit = await sent({ ...withPolicy('automatic'), diagnostics: true });
    expect(implicit.body['prompt_cache_options']).toEqual({ comparison_response_id: 'resp_1' });
    const prewarm = await sent({ ...withPolicy('none'), vendorOptions: { prompt_cache_options: { prewarm: true } } });
    expect(prewarm.body['prompt_cache_options']).toEqual({ prewarm: true, mode: 'explicit' });
  });

  test('a mode or a lifetime set by hand is left alone', async () => {
    for (const options of [{ mode: 'explicit' }, { ttl: '12h' }]) {
      const { body, bodyText } = await sent({ ...REQUEST, vendorOptions: { prompt_cache_options: options } });
      expect(body['prompt_cache_options']).toEqual(options);
      expect(bodyText).not.toContain('prompt_cache_breakpoint');
    }
  });

  test('a longer lifetime stands on its marks alone (L-17)', async () => {
    const { body } = await sent(withPolicy({ breakpoints: [{ at: 'system', ttl: '12h' }, 'last'] }));
    const marks = JSON.stringify(body).match(/"prompt_cache_breakpoint":\{[^}]*\}/g);
    expect(marks).toEqual([
      '"prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}',
      '"prompt_cache_breakpoint":{"mode":"explicit"}',
      '"prompt_cache_breakpoint":{"mode":"explicit"}',
    ]);
  });

  test('a model before GPT-5.6 is sent what it was sent without a planner', async () => {
    const { bodyText, warnings } = await sent(REQUEST, 'gpt-5.5');
    expect(bodyText).not.toContain('prompt_cache');
    expect(warnings).toEqual([]);
    const asked = await sent(withPolicy('last_user_message'), 'gpt-5.5');
    expect(asked.bodyText).toBe(bodyText);
    expect(asked.warnings).toMatchObject([expect.stringMatching(/^cache\/unsupported: /)]);
  });
});
