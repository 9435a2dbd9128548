import { createHash } from 'node:crypto';
import { type PrefixBlock, prefixHashes } from './prefix.ts';

/**
 * Settings of a request that decide, beside its blocks, how much of a kept prefix it may read: what is named with a part is lost from
 * that part on when it changes. Each is a text that is equal for equal settings.
 *
 * OpenAI's `prompt_cache_key` is among them: before GPT-5.6 it chooses the machine, and another machine holds nothing of a prefix; from
 * then on another key is a miss by the vendor's own word. Either way it is as if the prefix began with it.
 */
export interface CacheParameters {
  readonly tools: string;
  readonly system: string;
  readonly messages: string;
}

/** No setting of the request matters. */
export const NO_PARAMETERS: CacheParameters = { tools: '', system: '', messages: '' };

/**
 * The hash of the prefix that ends with each block, its settings among it: what a vendor's cache matches. Without settings it is
 * `prefixHashes`.
 */
export function cacheHashes(blocks: readonly PrefixBlock[], parameters: CacheParameters): readonly string[] {
  const { tools, system, messages } = parameters;
  if (tools === '' && system === '' && messages === '') return prefixHashes(blocks);
  return prefixHashes(blocks).map((hash, index) => {
    const role = blocks[index]?.role;
    const settings = role === 'tool' ? [tools] : role === 'system' ? [tools, system] : [tools, system, messages];
    return createHash('sha256')
      .update(`${hash}\n${settings.join('\n')}`)
      .digest('hex');
  });
}
