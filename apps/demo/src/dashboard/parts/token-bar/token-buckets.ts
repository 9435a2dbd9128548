/** Tokens by what they were. A number that nobody reported is `null`. */
export interface TokenBuckets {
  readonly fresh: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  readonly output: number | null;
}

/** The buckets in the order in which they are shown; each has a colour of its name in `tokens.css`. */
export const BUCKETS = [
  { name: 'fresh', field: 'fresh', meaning: 'sent, neither read from nor written to the cache' },
  { name: 'read', field: 'cacheRead', meaning: 'read from the cache' },
  { name: 'written', field: 'cacheWrite', meaning: 'written to the cache' },
  { name: 'output', field: 'output', meaning: 'written by the model' },
] as const;
