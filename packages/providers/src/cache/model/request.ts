import type { CacheLifetime } from '../../token-counts.ts';

/** One request as a cache sees it. */
export interface CachedRequest {
  /**
   * The request's blocks in order, each with the hash of the prefix it ends and its own size. A read ends where a block ends: where a
   * vendor matches parts of a block, the caller cuts it as fine as it wants reads to be.
   */
  readonly blocks: readonly { readonly hash: string; readonly kind: string; readonly tokens: number }[];
  /** Where prefixes are to be kept. Ignored where nothing can be marked. */
  readonly marks: readonly CacheMark[];
  /** Epoch milliseconds at which the request started. */
  readonly at: number;
  /** Ollama's `keep_alive` as it is in the body. Ignored where the vendor has no such field. */
  readonly keepAlive?: unknown;
}

export interface CacheMark {
  readonly blockIndex: number;
  readonly lifetime: CacheLifetime;
  /** The vendor's own: the top-level flag, or the mark of the implicit mode. */
  readonly isVendorPlaced?: true;
}

/** What a mark did. */
export interface MarkVerdict {
  readonly blockIndex: number;
  /**
   * - `written`: its prefix was written, from where the one before it ended.
   * - `read`: its prefix was held, and is what the request read.
   * - `held-already`: its prefix was held, or written for another mark of the request, and is not what the request read.
   * - `covered`: a longer prefix was read; its own is not held, and is not written for it.
   * - `below-minimum`: its prefix is too short to be read or kept, which no vendor says.
   * - `over-limit`: more marks follow it than one request can have kept.
   * - `no-block`: it stands on no block of the request.
   */
  readonly outcome: 'written' | 'read' | 'held-already' | 'covered' | 'below-minimum' | 'over-limit' | 'no-block';
  /** Length of its prefix, in tokens. */
  readonly tokens: number;
  /** The block that ends the prefix it found to read, at itself or before. */
  readonly foundBlockIndex?: number;
}

/**
 * Why no more of a prompt was read. All of it is fact, from the request and what is remembered of the cache; a vendor may have lost an entry
 * for reasons of its own. `tokens` is what could have been read otherwise.
 *
 * - `no-mark`: a held prefix ends behind the last mark, or the request has no mark (and `tokens` is 0 if nothing was held for it).
 * - `below-minimum`: the marked, or the known, prefix is too short.
 * - `beyond-lookback`: a held prefix ends further back than the marks behind it look.
 * - `not-considered`: a held prefix could be found by marks of which the vendor does not look at so many.
 * - `not-settled`: a prefix was written, and cannot be read yet.
 * - `expired`: a prefix was written, and died of age.
 * - `replaced`: a prefix was written, and another request took the only place.
 * - `prefix-changed`: another prefix was kept that begins with the same blocks and goes on with others. A second conversation with the
 *   same system prompt looks the same as a changed first one.
 * - `cold`: nothing of what follows what was read has ever been kept, as far back as is remembered.
 */
export type UnreadReason =
  | { readonly why: 'no-mark'; readonly tokens: number; readonly blockIndex?: number }
  | { readonly why: 'below-minimum'; readonly tokens: number; readonly minimumTokens: number }
  | ({ readonly why: 'beyond-lookback'; readonly reach: number } & UnreadPrefix)
  | ({ readonly why: 'not-considered' } & UnreadPrefix)
  | ({ readonly why: 'not-settled'; readonly readableAt: number } & UnreadPrefix)
  | ({ readonly why: 'expired'; readonly expiredAt: number } & UnreadPrefix)
  | ({ readonly why: 'replaced'; readonly replacedAt: number } & UnreadPrefix)
  | {
      readonly why: 'prefix-changed';
      /** How many of the first blocks are the same; the block of this index is the first that is not. */
      readonly sharedBlocks: number;
      /** Their length. */
      readonly tokens: number;
    }
  | { readonly why: 'cold'; readonly blockIndex: number };

interface UnreadPrefix {
  /** The block that ends the prefix. */
  readonly blockIndex: number;
  readonly tokens: number;
}
