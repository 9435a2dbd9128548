import { describe, expect, it } from 'vitest';
import { VENDORS } from '../src/openai/vendor-list.ts';
import { vendorNamed, vendorOf, vendorOfUsage } from '../src/openai/vendors.ts';

describe('a vendor (D-12)', () => {
  it.each([
    ['https://api.openai.com/v1', 'openai'],
    ['https://my-resource.openai.azure.com/openai/deployments/d', 'azure'],
    ['https://my-resource.services.ai.azure.com/models', 'azure'],
    ['https://generativelanguage.googleapis.com/v1beta/openai/', 'google'],
    ['https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi', 'google'],
    ['https://api.groq.com/openai/v1', 'groq'],
    ['https://api.x.ai/v1', 'xai'],
    ['https://api.deepseek.com', 'deepseek'],
    ['https://api.deepseek.com/v1', 'deepseek'],
    ['https://api.deepseek.com/beta', 'deepseek-beta'],
    ['https://api.deepseek.com/beta/', 'deepseek-beta'],
    ['https://api.deepseek.com/betamax', 'deepseek'],
    ['https://api.mistral.ai/v1', 'mistral'],
    ['https://api.moonshot.ai/v1', 'moonshotai'],
    ['https://openrouter.ai/api/v1', 'openrouter'],
    ['https://api.together.xyz/v1', 'together'],
    ['https://api.fireworks.ai/inference/v1', 'fireworks'],
    ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', 'alibaba'],
    ['https://api.cerebras.ai/v1', 'cerebras'],
    ['https://api.z.ai/api/paas/v4', 'zai'],
    ['https://bedrock-mantle.us-east-1.api.aws/v1', 'bedrock-mantle'],
    ['https://ai-gateway.vercel.sh/v1', 'vercel-gateway'],
    ['https://api.perplexity.ai', 'perplexity'],
    ['http://localhost:11434/v1', 'ollama'],
    ['http://127.0.0.1:11434/v1', 'ollama'],
    ['http://localhost:8080/v1', 'unknown'],
    ['https://openai.example.com/v1', 'unknown'],
    ['https://notopenrouter.ai/v1', 'unknown'],
    ['nonsense', 'unknown'],
    [undefined, 'unknown'],
  ])('at %s is %s', (baseURL, name) => {
    expect(vendorOf(baseURL).name).toBe(name);
  });

  it.each(['llama.cpp', 'vllm', 'litellm', 'snowflake'])('%s is known by its name', (name) => {
    expect(vendorNamed(name)).not.toHaveProperty('hosts', undefined);
    expect(VENDORS).toContain(vendorNamed(name));
  });

  it('that nobody described follows the format under its own name', () => {
    const { asOf, source, ...departures } = vendorNamed('nobody');
    expect(departures).toEqual({ name: 'nobody', hosts: [] });
    expect([asOf, source]).toEqual([expect.any(String), expect.any(String)]);
  });

  it('behind a gateway is betrayed by fields of its usage', () => {
    expect(vendorOfUsage({ prompt_tokens: 1, is_byok: false }).name).toBe('openrouter');
    expect(vendorOfUsage({ prompt_tokens: 1 }).name).toBe('unknown');
  });
});

it('every vendor has one name, a date and a source', () => {
  expect(new Set(VENDORS.map(({ name }) => name)).size).toBe(VENDORS.length);
  for (const { asOf, source } of VENDORS) {
    expect(asOf).toMatch(/^20\d\d-\d\d$/);
    expect(source).not.toBe('');
  }
});

it('no address belongs to two vendors', () => {
  const addresses = VENDORS.flatMap(({ hosts }) => hosts);
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const vendor of VENDORS) {
    for (const host of vendor.hosts)
      expect(vendorOf(`https://${host}`).name.replace('-beta', '')).toBe(vendor.name.replace('-beta', ''));
  }
});
