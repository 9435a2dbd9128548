import { asObject, type CacheParameters } from '@reprise/providers';
import type { ParameterChange, PrefixPart } from './break.ts';

const PARTS: readonly PrefixPart[] = ['tools', 'system', 'messages'];

/** The settings that differ, from the first part on that they take from the cache; `undefined` where they are the same. */
export function parameterChange(
  family: string,
  before: CacheParameters,
  after: CacheParameters,
): ParameterChange | undefined {
  const part = PARTS.find((each) => before[each] !== after[each]);
  if (part === undefined) return undefined;
  const parameters = PARTS.flatMap((each) => changedFields(family, before[each], after[each]));
  return { why: 'parameter-changed', parameters, part };
}

/** Where a setting stands in the vendor's body, by the name that `CacheParameters` has for it. */
const PATHS: Readonly<Record<string, string>> = {
  speed: 'speed',
  cites: 'messages (citations)',
  toolChoice: 'tool_choice',
  thinking: 'thinking',
  hasImages: 'messages (images)',
  key: 'prompt_cache_key',
  parallel: 'parallel_tool_calls',
  tier: 'service_tier',
};

const FAMILY_PATHS: Readonly<Record<string, typeof PATHS>> = {
  anthropic: { effort: 'output_config.effort' },
  'openai-chat': { effort: 'reasoning_effort', format: 'response_format', verbosity: 'verbosity' },
  'openai-responses': { effort: 'reasoning.effort', format: 'text.format', verbosity: 'text.verbosity' },
};

function changedFields(family: string, before: string, after: string): ParameterChange['parameters'] {
  const [was, is] = [before, after].map((text) => asObject(text === '' ? {} : JSON.parse(text)) ?? {});
  const names = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])];
  return names.flatMap((name) => {
    const [old, now] = [was?.[name], is?.[name]].map(asText);
    if (old === undefined || now === undefined || old === now) return [];
    return [{ path: FAMILY_PATHS[family]?.[name] ?? PATHS[name] ?? name, before: old, after: now }];
  });
}

function asText(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
