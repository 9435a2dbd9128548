import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { CLAUDE, GPT, simulate } from './support/simulate.ts';

const lines = (name: string) => Array.from({ length: 400 }, (_, line) => `${name} ${line}: be exact.`).join('\n');
const mark = { cache_control: { type: 'ephemeral' as const } };
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const image = {
  type: 'image' as const,
  source: { type: 'base64' as const, media_type: 'image/png' as const, data: PIXEL },
};

const MESSAGES: Anthropic.MessageCreateParamsNonStreaming = {
  model: CLAUDE,
  max_tokens: 2000,
  tools: [{ name: 'tool', description: lines('Tool'), input_schema: { type: 'object' }, ...mark }],
  system: [{ type: 'text', text: lines('Rule'), ...mark }],
  messages: [{ role: 'user', content: [{ type: 'text', text: lines('Fact'), ...mark }] }],
};

/** Which of the three marked parts are still read after a change. */
async function survivors(change: Partial<Anthropic.MessageCreateParamsNonStreaming>) {
  const { simulator, anthropic } = await simulate(() => 'Yes.');
  await anthropic.messages.create(MESSAGES);
  await anthropic.messages.create({ ...MESSAGES, ...change });
  const [first, second] = simulator.requests;
  const ends = (first?.marks ?? []).map(({ blockIndex }) => blockIndex);
  const whole = first?.verdict.written['5m'] ?? 0;
  const read = second?.verdict.read ?? 0;
  return {
    parts: ends.length,
    read: read === 0 ? 'nothing' : read === whole ? 'all' : read < whole / 2 ? 'tools' : 'tools, system',
  };
}

describe('a changed setting (facts of the vendors: what invalidates what)', () => {
  test.each([
    ['nothing', {}, 'all'],
    ['tool_choice', { tool_choice: { type: 'none' } }, 'tools, system'],
    ['tool_choice, said as it is by default', { tool_choice: { type: 'auto' } }, 'all'],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 1024 } }, 'tools, system'],
    ['effort', { output_config: { effort: 'low' } }, 'tools, system'],
    ['an added image', { messages: [...MESSAGES.messages, { role: 'user', content: [image] }] }, 'tools, system'],
    ['an added text', { messages: [...MESSAGES.messages, { role: 'user', content: 'And?' }] }, 'all'],
    ['speed', { speed: 'fast' } as object, 'tools'],
    ['the output cap', { max_tokens: 2001 }, 'all'],
    ['the system prompt', { system: 'Other.' }, 'tools'],
    ['a tool', { tools: [] }, 'nothing'],
  ] as const)('of Anthropic: %s', async (_name, change, read) => {
    expect(await survivors(change as Partial<Anthropic.MessageCreateParamsNonStreaming>)).toEqual({ parts: 3, read });
  });

  test.each([
    ['nothing', {}, true],
    ['tool_choice', { tool_choice: 'none' }, true],
    ['the output cap', { max_output_tokens: 99 }, true],
    ['reasoning effort', { reasoning: { effort: 'low' } }, false],
    ['the output format', { text: { format: { type: 'json_object' } } }, false],
    ['the cache key', { prompt_cache_key: 'other' }, false],
    ['the service tier', { service_tier: 'flex' }, false],
    ['parallel tool calls', { parallel_tool_calls: false }, false],
  ] as const)('of OpenAI: %s', async (_name, change, isRead) => {
    const { openai } = await simulate(() => 'Yes.');
    await openai.responses.create({ model: GPT, input: lines('Fact') });
    const { usage } = await openai.responses.create({ model: GPT, input: lines('Fact'), ...change });
    expect((usage?.input_tokens_details.cached_tokens ?? 0) > 1000).toBe(isRead);
  });
});
