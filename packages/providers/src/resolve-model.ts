import { anthropic } from './anthropic/provider.ts';
import { ProviderError } from './errors.ts';
import type { Model } from './model.ts';
import { ollama } from './ollama/provider.ts';
import { openai, openaiResponses } from './openai/provider.ts';

export interface ResolveOptions {
  /** Default: the vendor's own address; for Ollama the environment's `OLLAMA_HOST`, else this machine's. */
  readonly baseURL?: string;
  /** Default: the vendor's environment variable. Ollama needs none. */
  readonly apiKey?: string;
  readonly fetch?: typeof fetch;
}

/**
 * The model that a name such as `anthropic/claude-opus-4-8` means: what follows the first slash is the vendor's own name for it. Throws
 * `provider/unknown-model` for another form, and `provider/missing-credentials` where a key is needed and there is none.
 */
export function resolveModel(name: string, options: ResolveOptions = {}): Model {
  const slash = name.indexOf('/');
  const id = name.slice(slash + 1);
  if (slash === -1 || id === '') throw unknownModel(name);
  const { baseURL, apiKey, fetch } = options;
  const shared = { ...(fetch === undefined ? {} : { fetch }) };
  const keyed = {
    ...shared,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
  switch (name.slice(0, slash)) {
    case 'anthropic':
      return anthropic(keyed).model(id);
    case 'openai':
      return openai(keyed).model(id);
    case 'openai-responses':
      return openaiResponses(keyed).model(id);
    case 'ollama':
      return ollama({
        ...shared,
        ...(baseURL === undefined ? {} : { host: baseURL }),
        ...(apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
      }).model(id);
    default:
      throw unknownModel(name);
  }
}

function unknownModel(name: string): ProviderError {
  return new ProviderError(
    'provider/unknown-model',
    `No provider for the model name ${JSON.stringify(name)}: expected "anthropic/<model>", "openai/<model>" or "ollama/<model>"; for OpenAI's Responses format, "openai-responses/<model>".`,
  );
}
