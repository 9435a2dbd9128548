import { createHash } from 'node:crypto';
import { foldGrowing } from '../frozen.ts';

/** One piece of a request in the order a prompt cache matches it: what the vendor renders first comes first. */
export interface PrefixBlock {
  /** Where it stands in the vendor's request body, such as `messages[3].content[0]`. */
  readonly path: string;
  readonly role: 'tool' | 'system' | 'user' | 'assistant';
  /** The message it belongs to, where its path does not tell: blocks of one message share it. Default: the path up to its first dot. */
  readonly messagePath?: string;
  /** What it is, in the vendor's word; `tool_use` and `tool_result` runs count as one position in a lookback. */
  readonly kind: string;
  /** The block's JSON as it is sent, without cache marks. */
  readonly text: string;
  /** Whether a cache mark may stand on it. */
  readonly markable: boolean;
}

/** The hash of the prefix that ends with each block. Equal hashes mean equal bytes from the first block on. */
export const prefixHashes: (blocks: readonly PrefixBlock[]) => readonly string[] = foldGrowing(
  '',
  ({ role, text }: PrefixBlock, _index, previous: string) => {
    // Both parts have a length of their own: the hash is fixed, the rest is one block.
    const hash = createHash('sha256').update(`${previous}\n${role}\n${text}`).digest('hex');
    return { results: [hash], state: hash };
  },
  (one, other) => one.role === other.role && one.text === other.text,
);

/** The name of a whole request's content: hash of its tools, system prompt and messages, without cache marks. */
export function prefixFingerprint(blocks: readonly PrefixBlock[]): string {
  return `sha256:${prefixHashes(blocks).at(-1) ?? ''}`;
}
