import {
  anthropicCacheParameters,
  asObject,
  type CacheParameters,
  NO_PARAMETERS,
  openaiCacheParameters,
  type PrefixBlock,
} from '@reprise/providers';

/** The blocks of a request that change by their presence what may be read: pictures, and documents that are to be cited. */
export type MediaBlocks = readonly { readonly index: number; readonly content: unknown }[];

export function mediaBlocks(blocks: readonly PrefixBlock[]): MediaBlocks {
  return blocks.flatMap(({ role, text }, index) =>
    role !== 'tool' && role !== 'system' && /"type":"(?:image|document)"/.test(text)
      ? [{ index, content: JSON.parse(text) }]
      : [],
  );
}

/**
 * The settings that decide what a request may read: `body` is the request's without its messages, of which `media` are the first `count` blocks.
 * `undefined` where the body is not known.
 */
export function cacheParametersOf(
  family: string,
  body: unknown,
  media: MediaBlocks,
  count: number,
): CacheParameters | undefined {
  const fields = asObject(body);
  switch (family) {
    case 'anthropic': {
      const content = media.filter(({ index }) => index < count).map((block) => block.content);
      return fields && anthropicCacheParameters({ ...fields, messages: [{ role: 'user', content }] });
    }
    case 'openai-chat':
    case 'openai-responses':
      return fields && openaiCacheParameters(fields);
    default:
      return NO_PARAMETERS;
  }
}
