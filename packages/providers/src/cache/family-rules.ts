import type { Family } from '../message.ts';
import type { CacheLifetime } from '../token-counts.ts';

/** How one family's prompt cache behaves. Data only; `cache-model.ts` and `plan-breakpoints.ts` act on it. */
export interface CacheRules {
  /** `explicit`: only marked prefixes are kept. `implicit`: the vendor keeps what it sees, and nothing can be marked. */
  readonly control: 'explicit' | 'implicit';
  /** A shorter prefix is not kept, silently. In tokens. */
  readonly minimumTokens: number;
  /** Reads are rounded down to a multiple of this. In tokens. */
  readonly stepTokens: number;
  readonly maxMarks: number;
  /** How many positions before a mark are searched for an older entry. */
  readonly lookbackPositions: number;
  /** Lifetimes a mark may ask for, shortest first; the first is the default. */
  readonly lifetimes: readonly CacheLifetime[];
  /** Whether entries of several conversations live side by side, or the last request is all that is kept. */
  readonly remembers: 'every-request' | 'last-request';
}

const MINUTE_MS = 60_000;

/** How long an entry lives after its last use, in milliseconds. */
export const LIFETIME_MS: Readonly<Record<CacheLifetime, number>> = {
  '5m': 5 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '12h': 720 * MINUTE_MS,
  // Vendors that name no lifetime keep an idle entry for some five minutes (OpenAI before 5.6: 5–10 min; Ollama keep_alive: 5 min).
  unknown: 5 * MINUTE_MS,
};

/**
 * Minimum prefix by model, first match wins. Source: Anthropic's prompt-caching page, November 2026; the 5.5 generation at second hand.
 */
const ANTHROPIC_MINIMUM_TOKENS: readonly (readonly [RegExp, number])[] = [
  // A single digit is a generation, more are a date.
  [/(fable|mythos|opus|sonnet|haiku)-5-[1-9](?!\d)/, 512],
  [/(fable|mythos|opus)-5/, 512],
  [/opus-4-7|mythos-preview/, 2048],
  [/opus-4-[56]|haiku-4-5/, 4096],
];

const ANTHROPIC_DEFAULT_MINIMUM_TOKENS = 1024;

/** The cache rules of a model. A family nobody described is taken to keep its last request and nothing else. */
export function cacheRules(family: Family, model: string): CacheRules {
  switch (family) {
    case 'anthropic':
      return {
        control: 'explicit',
        minimumTokens:
          ANTHROPIC_MINIMUM_TOKENS.find(([pattern]) => pattern.test(model))?.[1] ?? ANTHROPIC_DEFAULT_MINIMUM_TOKENS,
        stepTokens: 1,
        maxMarks: 4,
        lookbackPositions: 20,
        lifetimes: ['5m', '1h'],
        remembers: 'every-request',
      };
    case 'openai-chat':
    case 'openai-responses':
      // Models before GPT-5.6: whole steps of 128 tokens from 1 024 on; writes are free and not reported.
      return { ...IMPLICIT, minimumTokens: 1024, stepTokens: 128, remembers: 'every-request' };
    default:
      // Ollama reuses the longest common prefix of its loaded model, token by token.
      return IMPLICIT;
  }
}

const IMPLICIT: CacheRules = {
  control: 'implicit',
  minimumTokens: 0,
  stepTokens: 1,
  maxMarks: 0,
  lookbackPositions: Number.POSITIVE_INFINITY,
  lifetimes: ['unknown'],
  remembers: 'last-request',
};
