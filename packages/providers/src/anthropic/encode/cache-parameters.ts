import type { CacheParameters } from '../../cache/parameters.ts';
import { asArray, asObject } from '../../json.ts';

/**
 * The settings of a Messages body that lose a part of its cache when they change. Source: Anthropic's prompt-caching page, "what
 * invalidates the cache", autumn 2026. A changed tool loses everything as well, but that is a changed block.
 */
export function anthropicCacheParameters(body: unknown): CacheParameters {
  const { speed, tool_choice: toolChoice, thinking, output_config: outputConfig } = asObject(body) ?? {};
  const blocks = messageBlocks(body);
  return {
    tools: '',
    system: JSON.stringify({ speed: speed ?? 'standard', cites: blocks.some(cites) }),
    messages: JSON.stringify({
      toolChoice: toolChoice ?? { type: 'auto' },
      thinking: thinking ?? null,
      effort: asObject(outputConfig)?.['effort'] ?? null,
      hasImages: blocks.some(({ type }) => type === 'image'),
    }),
  };
}

type Wire = Readonly<Record<string, unknown>>;

/** The blocks of all messages, those inside tool results among them. */
function messageBlocks(body: unknown): readonly Wire[] {
  const messages = asArray(asObject(body)?.['messages']);
  return messages.flatMap((message) =>
    asArray(asObject(message)?.['content']).flatMap((block) => {
      const wire = asObject(block) ?? {};
      return [wire, ...asArray(wire['content']).map((inner) => asObject(inner) ?? {})];
    }),
  );
}

/** Whether a document asks to be cited. */
function cites({ citations }: Wire): boolean {
  return asObject(citations)?.['enabled'] === true;
}
