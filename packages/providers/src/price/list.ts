/** A model's list price in US dollars: tokens per million, requests per thousand. What the vendor does not list is absent. */
export interface ListPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  /** Writes of the vendor's default lifetime: 5 minutes at Anthropic, 30 at OpenAI. */
  readonly cacheWrite?: number | undefined;
  readonly cacheWrite1h?: number | undefined;
  readonly cacheWrite12h?: number | undefined;
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
  {
    model: 'gpt-6-1-sol',
    from: 'launch',
    isConfirmed: true,
    source:
      'Price lists of October 2026 that cite OpenAI’s page of the model: Codex Manager 0.4.7, LiteLLM, PromptFuel 1.0.22',
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5, webSearch: 10 },
    above: {
      promptTokens: 272_000,
      price: { input: 4, output: 15, cacheRead: 0.2, cacheWrite: 5, webSearch: 10 },
    },
  },
  {
    model: 'gpt-6-1-terra',
    from: 'launch',
    isConfirmed: true,
    source: 'Price lists of October 2026 that cite OpenAI’s page of the model: LiteLLM, PromptFuel 1.0.24, Apidog',
    price: { input: 1, output: 5, cacheRead: 0.05, cacheWrite: 1.25, cacheWrite12h: 2.5, webSearch: 10 },
    above: {
      promptTokens: 272_000,
      price: { input: 2, output: 7.5, cacheRead: 0.1, cacheWrite: 2.5, cacheWrite12h: 5, webSearch: 10 },
    },
  },
  {
    model: 'gpt-6-2-sol',
    from: 'launch',
    isConfirmed: true,
    source: 'developers.openai.com/api/docs/models/gpt-6.2-sol',
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5, cacheWrite12h: 5, webSearch: 10 },
    above: {
      promptTokens: 272_000,
      price: { input: 4, output: 15, cacheRead: 0.2, cacheWrite: 5, cacheWrite12h: 10, webSearch: 10 },
    },
  },
  {
    model: 'gemini-4-argon',
    from: 'launch',
    isConfirmed: true,
    source:
      'ai.google.dev/gemini-api/docs/generate-content/latest-model; reads: LiteLLM’s and TokenMeter’s lists, October 2026',
    price: { input: 2, output: 10, cacheRead: 0.1, webSearch: 14 },
  },
  {
    model: 'gemini-4-argon',
    from: '2026-12-01',
    isConfirmed: true,
    source: 'The same: the launch price ends with November',
    price: { input: 4, output: 20, cacheRead: 0.2, webSearch: 14 },
  },
];

/** Terms of a response that multiply each of its token rates. */
export interface PriceMultiplier {
  readonly term: 'serviceTier' | 'speed' | 'inferenceGeo';
  /** In the vendor's words. */
  readonly value: string;
  /** The names of the models it is known for; every model where absent. */
  readonly models?: RegExp;
  readonly times: number;
  readonly source: string;
}

/** What is not here has no known price. Data only. */
export const PRICE_MULTIPLIERS: readonly PriceMultiplier[] = [
  { term: 'serviceTier', value: 'standard', times: 1, source: 'The list price' },
  { term: 'serviceTier', value: 'default', times: 1, source: 'The list price' },
  { term: 'serviceTier', value: 'on_demand', times: 1, source: 'Groq’s word for the list price' },
  {
    term: 'serviceTier',
    value: 'batch',
    models: /^claude-/,
    times: 0.5,
    source:
      'platform.claude.com/docs/en/about-claude/pricing, autumn 2026: half of input and output, cache rates included',
  },
  { term: 'speed', value: 'standard', times: 1, source: 'The list price' },
  {
    term: 'speed',
    value: 'fast',
    models: /^claude-opus-(5|5-5|4-8)$/,
    times: 2,
    source: 'Anthropic’s fast-mode page, autumn 2026; cache rates as OpenRouter lists them for its fast variants',
  },
  { term: 'inferenceGeo', value: 'global', times: 1, source: 'The list price' },
  { term: 'inferenceGeo', value: 'not_available', times: 1, source: 'Models before the choice of a place' },
  {
    term: 'inferenceGeo',
    value: 'us',
    models: /^claude-/,
    times: 1.1,
    source: 'Anthropic’s pricing page, spring to autumn 2026: all token rates of Claude 4.6 and later',
  },
];
