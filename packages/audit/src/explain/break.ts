import type { CacheDiagnostics, CacheLifetime, Family } from '@reprise/providers';

/** What became of a turn's cache reads, and why, if they fell short. Plain data, JSON-shaped but for bigints. */
export interface TurnExplanation {
  /** Counted from 1. */
  readonly number: number;
  readonly id: string;
  readonly family: Family;
  readonly model: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /**
   * - `first`: nothing that is known here was asked before it.
   * - `silent`: its vendor said nothing of cache reads, so nothing is said of them here.
   * - `unmeasured`: of no turn before it the vendor said what it had kept.
   * - `complete`: what the turn before it had made possible was read.
   * - `break`: less was read.
   */
  readonly verdict: 'first' | 'silent' | 'unmeasured' | 'complete' | 'break';
  /** With `verdict` `break`, and no other. */
  readonly break?: Break;
}

/** A turn that read less than the turn before it had made possible. */
export interface Break {
  /** The turn's number, counted from 1. */
  readonly turn: number;
  readonly turnId: string;
  /** The turn it is compared with; `undefined` where another conversation's request came before it. */
  readonly comparedWith: string | undefined;
  /** The weightiest cause, then the others that are known. */
  readonly causes: readonly [BreakCause, ...BreakCause[]];
  /** Tokens that could have been read. */
  readonly expectedTokens: number;
  /** Tokens that were read, as the vendor says. */
  readonly readTokens: number;
  readonly missedTokens: number;
  /** What the turn would have cost less, had they been read; `undefined` where its price is not known. */
  readonly lostPicoUsd: bigint | undefined;
  /** Whether `expectedTokens` is not the vendor's own figure for this model's tokens. */
  readonly isEstimated: boolean;
  /** The vendor's own verdict, where there is one, and what it makes of the weightiest cause. */
  readonly vendor: { readonly verdict: CacheDiagnostics; readonly opinion: VendorOpinion } | undefined;
}

/** `silent`: the vendor's verdict has no word for such a cause, or had not been reached. */
export type VendorOpinion = 'agrees' | 'contradicts' | 'silent';

export type BreakCause =
  | Difference
  /** Marks stood elsewhere: what was kept ends behind the last of them, or at none of them. */
  | { readonly why: 'mark-change'; readonly path: string; readonly before: string; readonly after: string }
  /** The request had no mark, or the one before it had none; `policy` is the one that was asked for, as text. */
  | { readonly why: 'no-mark'; readonly on: 'this-request' | 'request-before'; readonly policy: string }
  | { readonly why: 'model-changed'; readonly before: string; readonly after: string }
  | ParameterChange
  /** `isDocumented`: the vendor names the lifetime. */
  | {
      readonly why: 'expired';
      readonly lifetime: CacheLifetime;
      readonly expiredAt: number;
      readonly idleMs: number;
      readonly isDocumented: boolean;
    }
  /** Another request took the only place there is. */
  | { readonly why: 'replaced'; readonly replacedAt: number }
  /** `tokens` are those of what was marked, or of the whole request. */
  | { readonly why: 'below-minimum'; readonly tokens: number; readonly minimumTokens: number }
  /** What was kept ends further back than a mark looks. */
  | { readonly why: 'beyond-lookback'; readonly path: string | undefined; readonly reach: number }
  /** More marks than the vendor looks at. */
  | { readonly why: 'not-considered'; readonly path: string | undefined }
  /** Another request was writing it, or had just written it. */
  | { readonly why: 'not-yet-visible' }
  /** The same bytes, alive, and asked for by a mark: the vendor did not read them. */
  | { readonly why: 'provider-side' }
  /** What is known does not tell. `missing`: what would. */
  | { readonly why: 'unknown'; readonly missing: 'content' | 'marks' | 'nothing' };

/** A setting beside the prefix that the cache goes by. */
export interface ParameterChange {
  readonly why: 'parameter-changed';
  readonly parameters: readonly { readonly path: string; readonly before: string; readonly after: string }[];
  /** From which part on what was kept is lost. */
  readonly part: PrefixPart;
}

export type PrefixPart = 'tools' | 'system' | 'messages';

/**
 * - `reorder`: the same blocks in another order.
 * - `insert`, `remove`: blocks that were not there, or are not any more.
 * - `edit`: another content in the same place.
 * - `shape-change`: the same content, written otherwise.
 */
export type DifferenceKind = 'reorder' | 'insert' | 'remove' | 'edit' | 'shape-change';

/** In which way the same content is not the same bytes; `whitespace` and `unicode-form` are edits, the others changes of shape. */
export type DifferenceDetail = 'key-order' | 'string-or-blocks' | 'split-or-joined' | 'whitespace' | 'unicode-form';

/** The first place where a request does not go on as the one before it. */
export interface Difference {
  readonly why: 'difference';
  readonly kind: DifferenceKind;
  readonly detail?: DifferenceDetail;
  /** Where it is in the vendor's request, such as `tools[3].description`; `undefined` where only the number of the block is known. */
  readonly path: string | undefined;
  readonly part: PrefixPart | undefined;
  /** The number of the first block that differs, from 0, in the order in which the cache matches them. */
  readonly blockIndex: number;
  /** Bytes of the block's JSON, as it is sent without marks, before the first that differs; `undefined` where it is not known. */
  readonly byteOffset: number | undefined;
  /** At most 80 characters of the block's JSON around the difference; `undefined` where there is nothing, or nobody knows. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly owner: Owner | undefined;
}

/** Whose doing a block is. */
export interface Owner {
  readonly kind: 'hook' | 'tool' | 'system-prompt' | 'history-edit' | 'search' | 'user' | 'assistant' | 'tool-result';
  /** A hook's or a tool's name, or why the history was edited. */
  readonly name?: string;
}
