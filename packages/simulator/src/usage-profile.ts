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

/** Throws a `TypeError` for one that there is not. */
export function requireUsageProfile(profile: UsageProfile): UsageProfile {
  if (USAGE_PROFILES.includes(profile)) return profile;
  throw new TypeError(`\`usageProfile\` is ${JSON.stringify(profile)}; expected one of ${USAGE_PROFILES.join(', ')}.`);
}
