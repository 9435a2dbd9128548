import { describe, expect, it } from 'vitest';
import { createAnthropicDecoder } from '../src/anthropic/decode/decode-stream.ts';
import { priceTurn, tokenCounts } from '../src/index.ts';
import { createChatDecoder } from '../src/openai/chat/decode-stream.ts';
import { createResponsesDecoder } from '../src/openai/responses/decode-stream.ts';
import type { StreamDecoder } from '../src/transport/send.ts';

function tierAfter(decoder: StreamDecoder<never>, ...events: readonly object[]): string | undefined {
  // Decoders of three wires, each fed its own.
  for (const event of events) decoder.decode(event as never);
  return decoder.finish().serviceTier;
}

const chat = (...chunks: readonly object[]) =>
  tierAfter(createChatDecoder({ model: 'gpt-5.2', vendor: 'openai' }), ...chunks);

const responses = (...answers: readonly object[]) =>
  tierAfter(
    createResponsesDecoder({ model: 'gpt-5.2', vendor: 'openai' }),
    ...answers.map((response) => ({ type: 'response.in_progress', response: { object: 'response', ...response } })),
  );

const anthropic = (...usages: readonly object[]) =>
  tierAfter(
    createAnthropicDecoder(),
    ...usages.map((usage) => ({ type: 'message_start', message: { id: 'msg_1', role: 'assistant', usage } })),
  );

describe('the price class of a response', () => {
  it('is what Chat Completions and Responses name beside their usage', () => {
    expect(chat({ choices: [], service_tier: 'flex' }, { choices: [] })).toBe('flex');
    expect(responses({ service_tier: 'priority' })).toBe('priority');
  });

  it('is what Anthropic names in its usage', () => {
    expect(anthropic({ input_tokens: 3, service_tier: 'batch' })).toBe('batch');
  });

  it('is the last that was named: what a response begins with is what was asked for', () => {
    expect(responses({ service_tier: 'auto' }, { service_tier: 'default' })).toBe('default');
    expect(chat({ choices: [], service_tier: 'default' }, { choices: [], service_tier: 'flex' })).toBe('flex');
  });

  it('is absent where none is named, and where it was left to the vendor', () => {
    for (const service_tier of [undefined, null, '', 7, 'auto']) {
      expect(chat({ choices: [], service_tier })).toBeUndefined();
      expect(responses({ service_tier })).toBeUndefined();
    }
    expect(anthropic({ input_tokens: 3, service_tier: null })).toBeUndefined();
  });
});

it('what a class without a known price cost is an estimate, and what a vendor calls its list price is not', () => {
  const tokens = tokenCounts({ fresh: 10, cacheRead: 0, cacheWrite: { unknown: 0 }, output: 2 });
  const statusOf = (serviceTier: string) =>
    priceTurn(tokens, {
      family: 'openai-chat',
      model: 'gpt-5.2',
      at: Date.UTC(2026, 10, 21),
      billing: { serviceTier },
    });
  expect(statusOf('flex')).toMatchObject({ status: 'estimated', doubts: expect.arrayContaining(['unpriced-terms']) });
  for (const tier of ['default', 'standard', 'on_demand']) {
    expect(statusOf(tier).doubts).not.toContain('unpriced-terms');
  }
});
