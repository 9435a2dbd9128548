import type { CacheDiagnostics } from '@reprise/providers';
import type { BreakCause, VendorOpinion } from './break.ts';

/** What a vendor's reason speaks of: Anthropic's `…_changed`, OpenAI's names of parts and settings (SDKs 1.11 and 7.55). */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  model_changed: ['model'],
  system_changed: ['system'],
  tools_changed: ['tools'],
  messages_changed: ['messages'],
  model: ['model'],
  tools: ['tools'],
  input: ['messages', 'system'],
  context_compacted: ['messages'],
  prompt_cache_key: ['prompt_cache_key'],
  text_format: ['format'],
  verbosity: ['verbosity'],
  reasoning_effort: ['effort'],
  service_tier: ['service_tier'],
};

/**
 * Whether the vendor says the same. A hit means that nothing differed, which says nothing of time, marks or lost entries; a verdict without a
 * known reason says nothing at all.
 */
export function vendorOpinion({ verdict, reason }: CacheDiagnostics, cause: BreakCause): VendorOpinion {
  const ours = subjectsOf(cause);
  if (verdict === 'hit') return ours.length > 0 ? 'contradicts' : 'silent';
  const theirs = verdict === 'miss' ? REASONS[reason ?? ''] : undefined;
  // What is unknown here cannot be contradicted.
  if (!theirs || cause.why === 'unknown') return 'silent';
  return theirs.some((subject) => ours.includes(subject)) ? 'agrees' : 'contradicts';
}

/** What has changed, by the words of `REASONS`; nothing where a request was the same. */
function subjectsOf(cause: BreakCause): readonly string[] {
  switch (cause.why) {
    case 'model-changed':
      return ['model'];
    case 'difference':
      return cause.part === undefined ? ['tools', 'system', 'messages'] : [cause.part];
    case 'parameter-changed':
      return cause.parameters.map(({ path }) => path.replace(/^.*(?=format$|verbosity$|effort$)/, ''));
    default:
      return [];
  }
}
