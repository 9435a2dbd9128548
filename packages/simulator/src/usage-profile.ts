/**
 * Whose way of counting Chat Completions answers with, by the names that `@reprise/providers` gives its vendors. `openai` is the format
 * as it is documented; the others put usage elsewhere, or count differently, or both.
 */
export type UsageProfile = (typeof USAGE_PROFILES)[number];

export const USAGE_PROFILES = [
  'openai',
  'xai',
  'google',
  'deepseek',
  'moonshotai',
  'groq',
  'mistral',
  'openrouter',
  'litellm',
  'vllm',
] as const;
