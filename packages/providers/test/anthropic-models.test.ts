import { AnthropicBedrock, AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import { Anthropic } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { hostOf } from '../src/anthropic/host.ts';
import { anthropicModelRules } from '../src/anthropic/models.ts';
import { vertexClient } from './support/anthropic-hosts.ts';

describe('the rules of a model', () => {
  it.each([
    'claude-opus-4-5',
    'claude-opus-4-5-20251101',
    'claude-opus-4-5@20251101',
    'anthropic/claude-opus-4.5',
    'us.anthropic.claude-opus-4-5-20251101-v1:0',
    'anthropic.claude-opus-4-5-20251101-v1:0',
    'arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-5-20251101-v1:0',
  ])('are found for %s, whatever a host adds to its name', (model) => {
    expect(anthropicModelRules(model)).toBe(anthropicModelRules('claude-opus-4-5'));
    expect(anthropicModelRules(model)).toMatchObject({ isKnown: true, efforts: ['low', 'medium', 'high'] });
  });

  it.each([
    ['claude-opus-5', 'claude-opus-5-5'],
    ['claude-sonnet-5', 'claude-sonnet-5-5'],
    ['claude-fable-5', 'claude-fable-5-1'],
    ['claude-opus-4', 'claude-opus-4-1'],
  ])('are not those of a name that only begins alike: %s and %s', (older, newer) => {
    expect(anthropicModelRules(older)).not.toEqual(anthropicModelRules(newer));
  });

  it.each(['claude-opus-6', 'claude-opus-5-9', 'claude-test-1', 'deepseek-v4', ''])(
    'nobody described refuse nothing: %j',
    (model) => {
      expect(anthropicModelRules(model)).toMatchObject({
        isKnown: false,
        takesPrefill: true,
        takesForcedTool: true,
        takesOutputSchema: true,
      });
    },
  );

  // Source: the vendor's tables of November 2026.
  it.each([
    ['claude-fable-5-1', ['adaptive'], true],
    ['claude-mythos-5', ['adaptive'], true],
    ['claude-opus-5-5', ['adaptive'], true],
    ['claude-opus-5', ['adaptive', 'disabled'], true],
    ['claude-sonnet-5-5', ['adaptive', 'between_tools'], true],
    ['claude-haiku-5-5', ['adaptive', 'disabled'], true],
    ['claude-sonnet-5', ['adaptive', 'disabled'], true],
    ['claude-opus-4-8', ['adaptive', 'disabled'], false],
    ['claude-opus-4-7', ['adaptive', 'disabled'], false],
    ['claude-sonnet-4-6', ['adaptive', 'enabled', 'disabled'], false],
    ['claude-haiku-4-5-20251001', ['enabled', 'disabled'], false],
    ['claude-3-7-sonnet-20250219', ['enabled', 'disabled'], false],
    ['claude-3-5-haiku-20241022', [], false],
  ])('say how %s thinks (L-47)', (model, thinking, thinksUnasked) => {
    expect(anthropicModelRules(model)).toMatchObject({ thinking, thinksUnasked });
  });

  it.each([
    ['claude-opus-5-5', 128_000],
    ['claude-sonnet-4-6', 128_000],
    ['claude-haiku-4-5', 64_000],
    ['claude-opus-4-1', 32_000],
    ['claude-3-5-sonnet-20241022', 8192],
    ['claude-3-haiku-20240307', 4096],
    ['claude-opus-6', undefined],
  ])('say how much %s writes at most', (model, expected) => {
    expect(anthropicModelRules(model).maxOutputTokens).toBe(expected);
  });

  it('are dated and name their source', () => {
    for (const model of ['claude-opus-5', 'claude-haiku-4-5', 'claude-fable-5-2', 'claude-opus-6']) {
      const { asOf, source } = anthropicModelRules(model);
      expect(asOf).toMatch(/^\d{4}-\d\d$/);
      expect(source).not.toBe('');
    }
  });
});

describe('the host of a client', () => {
  const bedrock = { awsRegion: 'us-east-1', apiKey: 'k' };
  it.each([
    ['the vendor itself', new Anthropic({ apiKey: 'k', baseURL: 'https://api.anthropic.com' }), 'anthropic'],
    ['a gateway', new Anthropic({ apiKey: 'k', baseURL: 'https://gateway.test' }), 'unknown'],
    ['Bedrock', new AnthropicBedrock(bedrock), 'bedrock'],
    ['Bedrock behind a gateway', new AnthropicBedrock({ ...bedrock, baseURL: 'http://127.0.0.1:1' }), 'bedrock'],
    ['Bedrock Mantle', new AnthropicBedrockMantle(bedrock), 'bedrock-mantle'],
    ['Vertex', vertexClient('http://127.0.0.1:1'), 'vertex'],
    ['Mantle by address alone', { baseURL: 'https://bedrock-mantle.us-east-1.api.aws/anthropic' }, 'bedrock-mantle'],
    ['Bedrock by address alone', { baseURL: 'https://bedrock-runtime.us-east-1.amazonaws.com' }, 'bedrock'],
    ['Vertex by address alone', { baseURL: 'https://us-east5-aiplatform.googleapis.com/v1' }, 'vertex'],
    ['Vertex of a continent', { baseURL: 'https://aiplatform.eu.rep.googleapis.com/v1' }, 'vertex'],
    ['an address that only looks like one', { baseURL: 'https://api.anthropic.com.evil.test' }, 'unknown'],
    ['a client of one’s own', { messages: {} }, 'unknown'],
    ['nothing at all', undefined, 'unknown'],
  ])('%s is known', (_name, client, expected) => {
    expect(hostOf(client)).toBe(expected);
  });
});
