/** A model's list price in US dollars: tokens per million, requests per thousand. What the vendor does not list is absent. */
export interface ListPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  /** Writes of the vendor's default lifetime: 5 minutes at Anthropic, 30 at OpenAI. */
  readonly cacheWrite?: number | undefined;
  readonly cacheWrite1h?: number | undefined;
  readonly webSearch?: number | undefined;
}

/** A price that our base data lacks or has wrong. */
export interface PriceOverride {
  /** The model's id without vendor prefix and date. */
  readonly model: string;
  /** The first day it holds, from midnight UTC. */
  readonly from: 'launch' | `${number}-${number}-${number}`;
  /** False where the vendor's own word was not seen, or sources leave a rate open. */
  readonly isConfirmed: boolean;
  readonly source: string;
  readonly price: ListPrice;
  /** A prompt larger than this, reads and writes included, has the whole request priced anew. */
  readonly above?: { readonly promptTokens: number; readonly price: ListPrice };
}

/** Prices that come before `@pydantic/genai-prices` 0.1.8, oldest first within a model. Data only. */
export const PRICE_OVERRIDES: readonly PriceOverride[] = [
  {
    model: 'claude-sonnet-5-5',
    from: 'launch',
    isConfirmed: true,
    source: 'Three price lists of October 2026 that cite Anthropic’s pricing page',
    price: { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5, cacheWrite1h: 4, webSearch: 10 },
  },
  {
    model: 'claude-sonnet-5-5',
    from: '2026-10-07',
    isConfirmed: true,
    source: 'The same three: reads fell to 0.05 of the input price on that day',
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5, cacheWrite1h: 4, webSearch: 10 },
  },
  {
    model: 'claude-haiku-5-5',
    from: 'launch',
    isConfirmed: true,
    source:
      'platform.claude.com/docs/en/models/haiku-5-5/overview; above 100 000 tokens: two pricing audits, November 2026',
    price: { input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.125, cacheWrite1h: 0.2, webSearch: 10 },
    above: {
      promptTokens: 100_000,
      price: { input: 0.5, output: 2.5, cacheRead: 0.05, cacheWrite: 0.625, cacheWrite1h: 1, webSearch: 10 },
    },
  },
  {
    model: 'claude-fable-5-2',
    from: 'launch',
    isConfirmed: false,
    source: 'One third-party release note, autumn 2026',
    price: { input: 8, output: 40, cacheRead: 0.2, cacheWrite: 10, cacheWrite1h: 16, webSearch: 10 },
  },
  {
    model: 'claude-mythos-5-1',
    from: 'launch',
    isConfirmed: false,
    source:
      'Anthropic’s prompt-caching page, September 2026; it leaves the read price open, taken as that of Fable 5.1',
    price: { input: 10, output: 50, cacheRead: 0.25, cacheWrite: 12.5, cacheWrite1h: 20, webSearch: 10 },
  },
];
