/**
 * What one Claude model refuses of what every request may ask.
 *
 * The adapter has a table of its own, and this one was written apart from it, from the vendor's pages alone: a row that is wrong in one of
 * them is a request that the other's tests see refused.
 */
export interface ClaudeLimits {
  /** Values of `thinking.type` it takes. */
  readonly thinking: readonly string[];
  /** Efforts at which its thinking must not be turned off. */
  readonly loudEfforts: readonly string[];
  /** Values of `output_config.effort` it takes; empty: it refuses the field. */
  readonly efforts: readonly string[];
  readonly takesForcedTool: boolean;
  /** Whether messages of the role `system` may stand among the others. */
  readonly takesSystemMessages: boolean;
  /** Whether it takes sampling parameters other than their defaults, under API versions that have them. */
  readonly takesSampling: boolean;
  readonly takesPrefill: boolean;
  readonly maxOutputTokens: number;
}

/** The limits of a model. One that nobody described is refused nothing but a prefill, which no later model takes. */
export function claudeLimits(model: string): ClaudeLimits {
  const limits = MODELS.find(([pattern]) => pattern.test(model))?.[1] ?? {};
  return { ...UNLIMITED, ...limits };
}

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
const LOUD = ['xhigh', 'max'];

const UNLIMITED: ClaudeLimits = {
  thinking: ['adaptive', 'enabled', 'disabled', 'between_tools'],
  loudEfforts: [],
  efforts: EFFORTS,
  takesForcedTool: true,
  takesSystemMessages: true,
  takesSampling: true,
  takesPrefill: false,
  maxOutputTokens: Number.POSITIVE_INFINITY,
};

/** Since 4.6. */
const CURRENT: Partial<ClaudeLimits> = { maxOutputTokens: 128_000 };
/** Since 4.7. */
const SAMPLED: Partial<ClaudeLimits> = { ...CURRENT, takesSampling: false };
/** 4.5 and older. */
const OLD: Partial<ClaudeLimits> = {
  thinking: ['enabled', 'disabled'],
  efforts: [],
  takesSystemMessages: false,
  takesPrefill: true,
};

/** First match wins. Source: anthropics/skills claude-api, tables of models and of thinking, October 2026; API versioning page. */
const MODELS: readonly (readonly [RegExp, Partial<ClaudeLimits>])[] = [
  [/claude-(fable|mythos)-5-1(?!\d)/, { ...SAMPLED, thinking: ['adaptive'], takesForcedTool: false }],
  [/claude-(fable|mythos)-5/, { ...SAMPLED, thinking: ['adaptive'] }],
  [/claude-opus-5-5(?!\d)/, { ...SAMPLED, thinking: ['adaptive'], takesForcedTool: false }],
  [
    /claude-sonnet-5-5(?!\d)/,
    { ...SAMPLED, thinking: ['adaptive', 'between_tools'], loudEfforts: LOUD, takesForcedTool: false },
  ],
  [/claude-(haiku-5-5|opus-5)(?!\d)/, { ...SAMPLED, thinking: ['adaptive', 'disabled'], loudEfforts: LOUD }],
  [/claude-sonnet-5/, { ...SAMPLED, thinking: ['adaptive', 'disabled'], takesSystemMessages: false }],
  [/claude-opus-4-8(?!\d)/, { ...SAMPLED, thinking: ['adaptive', 'disabled'] }],
  [/claude-opus-4-7(?!\d)/, { ...SAMPLED, thinking: ['adaptive', 'disabled'], takesSystemMessages: false }],
  [
    /claude-(opus|sonnet)-4-6(?!\d)/,
    { ...CURRENT, thinking: ['adaptive', 'enabled', 'disabled'], takesSystemMessages: false },
  ],
  [/claude-opus-4-5(?!\d)/, { ...OLD, efforts: ['low', 'medium', 'high'] }],
  [/claude-haiku-4-5(?!\d)/, { ...OLD, maxOutputTokens: 64_000 }],
  [/claude-(opus|sonnet|haiku)-4(-[0-5](?!\d)|-20\d{6}|$)|claude-(instant|[123])/, OLD],
];
