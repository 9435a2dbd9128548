import { anthropicPrefixBlocks, asArray, asObject, type CacheLifetime } from '@reprise/providers';
import type { CacheMarks } from '../dialect.ts';

/** A cache mark as it stands in a request. */
export interface WireMark {
  /** Index among the request's prefix blocks. */
  readonly blockIndex: number;
  readonly path: string;
  readonly kind: string;
  readonly control: unknown;
}

/** The marks on a request's blocks, in the order the cache matches them. */
export function blockMarks(body: unknown): readonly WireMark[] {
  const paths = anthropicPrefixBlocks(body);
  return wireBlocks(body).flatMap((block, blockIndex) => {
    const control = asObject(block)?.['cache_control'];
    const { path = '', kind = '' } = paths[blockIndex] ?? {};
    return control === undefined || control === null ? [] : [{ blockIndex, path, kind, control }];
  });
}

/** Where prefixes are to be kept: the marked blocks, and the last markable one if the request asks for automatic caching. */
export function cacheMarks(body: unknown): CacheMarks {
  const marks = blockMarks(body).map(({ blockIndex, control }) => ({ blockIndex, lifetime: markLifetime(control) }));
  const automatic = asObject(body)?.['cache_control'];
  if (!asObject(automatic)) return marks;
  const blockIndex = anthropicPrefixBlocks(body).findLastIndex((block) => block.markable);
  if (blockIndex === -1 || marks.some((mark) => mark.blockIndex === blockIndex)) return marks;
  return [...marks, { blockIndex, lifetime: markLifetime(automatic) }];
}

/** A bare `ephemeral` mark lives five minutes. */
export function markLifetime(control: unknown): CacheLifetime {
  return asObject(control)?.['ttl'] === '1h' ? '1h' : '5m';
}

/** The same blocks in the same order as `anthropicPrefixBlocks`, as they were sent. */
function wireBlocks(body: unknown): readonly unknown[] {
  const { tools, system, messages } = asObject(body) ?? {};
  return [
    ...asArray(tools),
    ...contentBlocks(system),
    ...asArray(messages).flatMap((message) => contentBlocks(asObject(message)?.['content'])),
  ];
}

function contentBlocks(content: unknown): readonly unknown[] {
  return typeof content === 'string' ? [content] : asArray(content);
}
