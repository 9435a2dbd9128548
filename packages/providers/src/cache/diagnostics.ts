/** The vendor's own verdict on how a request met its cache, compared with an earlier response. None of them says which block changed. */
export interface CacheDiagnostics {
  /** `pending`: the vendor had not decided when the response ended. `not-found`: it no longer knows the earlier response. */
  readonly verdict: 'hit' | 'miss' | 'pending' | 'not-found' | 'unavailable';
  /** What changed, in the vendor's word, such as `tools_changed`. */
  readonly reason?: string;
  /** Prompt tokens that were not read because of it. */
  readonly missedTokens?: number;
  /** Prompt tokens of the earlier response that could have been read. */
  readonly reusableTokens?: number;
  /** As the vendor sent it. */
  readonly wire: unknown;
}
