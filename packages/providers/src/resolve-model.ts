import { anthropic } from './anthropic/provider.ts';
import { ProviderError } from './errors.ts';
import type { Model } from './model.ts';
import { type OllamaOptions, ollama } from './ollama/provider.ts';
import { openai, openaiResponses } from './openai/provider.ts';

export interface ResolveOptions {
  /** Default: the vendor's own address; for Ollama the environment's `OLLAMA_HOST`, else this machine's. */
  readonly baseURL?: string;
  /** Default: the vendor's environment variable. Ollama needs none. */
  readonly apiKey?: string;
  readonly fetch?: typeof fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The model that a name such as `anthropic/claude-opus-4-8` means: what follows the first slash is the vendor's own name for it. Throws
 * `provider/unknown-model` for another form, and `provider/missing-credentials` where a key is needed and there is none.
 */
export function resolveModel(name: string, options: ResolveOptions = {}): Model {
  const slash = name.indexOf('/');
  const id = name.slice(slash + 1);
  if (slash === -1 || id === '') throw unknownModel(name);
  switch (name.slice(0, slash)) {
    case 'anthropic':
      return anthropic(options).model(id);
    case 'openai':
      return openai(options).model(id);
    case 'openai-responses':
      return openaiResponses(options).model(id);
    case 'ollama':
      return ollama(ollamaOptions(options)).model(id);
    default:
      throw unknownModel(name);
  }
}

function ollamaOptions({ baseURL, apiKey, headers, fetch }: ResolveOptions): OllamaOptions {
  const all = new Headers(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` });
  for (const [name, value] of Object.entries(headers ?? {})) all.set(name, value);
  return {
    ...(fetch === undefined ? {} : { fetch }),
    ...(baseURL === undefined ? {} : { host: baseURL }),
    headers: Object.fromEntries(all),
  };
}

function unknownModel(name: string): ProviderError {
  return new ProviderError(
    'provider/unknown-model',
    `No provider for the model name ${JSON.stringify(name)}: expected "anthropic/<model>", "openai/<model>" or "ollama/<model>"; for OpenAI's Responses format, "openai-responses/<model>". A model of another vendor whose API is like OpenAI's is openai({ baseURL, apiKey, vendor }).model("<model>").`,
  );
}
