import type { CacheParameters } from '../cache/parameters.ts';
import { asObject } from '../json.ts';

/**
 * The settings of a Chat Completions or Responses body that lose the whole cached prefix when they change. Source: OpenAI's
 * prompt-caching guide, October 2026. `tool_choice` and `allowed_tools` are not among them.
 */
export function openaiCacheParameters(body: unknown): CacheParameters {
  const fields = asObject(body) ?? {};
  const text = asObject(fields['text']);
  const settings = {
    key: fields['prompt_cache_key'] ?? null,
    parallel: fields['parallel_tool_calls'] ?? true,
    format: fields['response_format'] ?? text?.['format'] ?? null,
    verbosity: fields['verbosity'] ?? text?.['verbosity'] ?? null,
    effort: fields['reasoning_effort'] ?? asObject(fields['reasoning'])?.['effort'] ?? null,
    tier: fields['service_tier'] ?? null,
  };
  return { tools: JSON.stringify(settings), system: '', messages: '' };
}
