import { anthropicModelRules, type Model, type ModelRequest } from '@reprise/providers';

/** How long an answer can be. */
export interface OutputCap {
  /** In tokens, reasoning included. No answer to the request is longer, as far as the model's limit is known. */
  readonly atMost: number;
  /** The most that `maxTokens` may be set to without the vendor refusing it, as far as is known. */
  readonly settable: number;
}

/** How long the answer to a request can be: its own `maxTokens`, what the adapter asks for in its place, or the model's limit. */
export function outputCap(
  { family, id }: Pick<Model, 'family' | 'id'>,
  { maxTokens, think }: Pick<ModelRequest, 'maxTokens' | 'think'>,
): OutputCap {
  if (family === 'anthropic') {
    const { maxOutputTokens = MOST_TOKENS } = anthropicModelRules(id);
    // What `@reprise/providers` asks for where nobody said: 16 000 tokens, and room for thoughts.
    const unasked = think === undefined || think === 'off' ? 16_000 : 48_000;
    return { atMost: Math.min(maxTokens ?? unasked, maxOutputTokens), settable: maxOutputTokens };
  }
  const known = LIMITS.find(([pattern]) => pattern.test(id))?.[1];
  return {
    atMost: Math.min(maxTokens ?? known ?? MOST_TOKENS, known ?? Number.POSITIVE_INFINITY),
    settable: known ?? 8192,
  };
}

/** What a model is taken to write at most whose limit is not known: as much as the largest of those that are. */
const MOST_TOKENS = 128_000;

/**
 * Output limits of models that refuse a larger cap; the first match wins. Source: model tables of others, 2025 and 2026, and refusals in
 * openai/openai-python#687. Generations after GPT-5 are taken to be like it.
 */
const LIMITS: readonly (readonly [RegExp, number])[] = [
  [/(^|[/.])gpt-4\.1/, 32_768],
  [/(^|[/.])gpt-4o/, 16_384],
  [/(^|[/.])gpt-(3|4)/, 4096],
  [/(^|[/.])o\d/, 100_000],
  [/(^|[/.])gpt-[5-9]/, 128_000],
  [/(^|[/.])gemini-/, 65_536],
];
