import { modelName } from '../price/lookup.ts';

type ThinkingKind = 'adaptive' | 'enabled' | 'disabled' | 'between_tools';

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** Lowest first. */
export const EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** What one Claude model takes of what a request may ask. */
export interface AnthropicModelRules {
  /** Whether somebody described it. If not, nothing is refused on its account. */
  readonly isKnown: boolean;
  /** Values of `thinking.type`; empty: it does not think. */
  readonly thinking: readonly ThinkingKind[];
  /** Whether it thinks where `thinking` is left out. */
  readonly thinksUnasked: boolean;
  /** Whether the text of its thoughts stays away unless it is asked for. */
  readonly hidesThoughts: boolean;
  /** The highest effort at which thinking may be off; absent: any. */
  readonly quietEffort?: Effort;
  /** Values of `output_config.effort`, lowest first; empty: the field is refused. */
  readonly efforts: readonly Effort[];
  /** What it does where no effort is asked for; setting it explicitly changes nothing. */
  readonly defaultEffort?: Effort;
  /** Whether it goes on from an assistant's words at the end of the history. */
  readonly takesPrefill: boolean;
  /** Whether `tool_choice` may be `any` or `tool`. */
  readonly takesForcedTool: boolean;
  /**
   * Whether a thought of its own is refused once anything before it has changed: system prompt, tools, or a message
   * (platform.claude.com, preserved thinking, autumn 2026).
   */
  readonly bindsThoughts: boolean;
  /**
   * Whether a user's message behind the results of tools takes the thoughts before it out of the prompt, and the cache with them
   * (anthropics/skills, prompt caching, 2026).
   */
  readonly dropsThoughts: boolean;
  /** Whether its answer can be held to a JSON Schema. */
  readonly takesOutputSchema: boolean;
  /** The most that `max_tokens` may be; absent where it is not known. */
  readonly maxOutputTokens?: number;
  /** The newest version of the web search tool it takes. */
  readonly searchTool: string;
  /** What Bedrock's InvokeModel takes for `anthropic_version`; absent where it takes the SDK's. */
  readonly bedrockVersion?: string;
  /** When this was so, as `YYYY-MM`. */
  readonly asOf: string;
  readonly source: string;
}

/**
 * The rules of a Claude model, in whichever host's words: `anthropic/claude-opus-4.5`, `us.anthropic.claude-opus-4-5-20251101-v1:0` and
 * `claude-opus-4-5@20251101` are one model. One that nobody described is asked like the newest, and refused only what every model is.
 */
export function anthropicModelRules(model: string): AnthropicModelRules {
  const known = RULES.get(model);
  if (known) return known;
  const name = modelName(model);
  const rules = MODELS.find(([pattern]) => pattern.test(name))?.[1] ?? UNKNOWN_MODEL;
  RULES.set(model, rules);
  return rules;
}

/** Found once for each name, since each request asks several times. */
const RULES = new Map<string, AnthropicModelRules>();

/** The basic web search, which every host and model that searches takes. */
export const BASIC_SEARCH_TOOL = 'web_search_20250305';

/** This one filters what it found before the model reads it; the models it is named for are those of the vendor's own list. */
const FILTERING_SEARCH_TOOL = 'web_search_20260318';

const UNKNOWN_MODEL: AnthropicModelRules = {
  isKnown: false,
  thinking: ['adaptive', 'enabled', 'disabled', 'between_tools'],
  thinksUnasked: false,
  hidesThoughts: true,
  efforts: EFFORTS,
  takesPrefill: true,
  takesForcedTool: true,
  // Like the newest: a thought too few costs less than a request that is refused.
  bindsThoughts: true,
  dropsThoughts: false,
  takesOutputSchema: true,
  searchTool: BASIC_SEARCH_TOOL,
  asOf: '2026-11',
  source: 'nothing is known of it, so everything is passed on as it was asked',
};

/** A model that always thinks, and lets itself be steered by nothing but its effort. */
const LOCKED: AnthropicModelRules = {
  isKnown: true,
  thinking: ['adaptive'],
  thinksUnasked: true,
  hidesThoughts: true,
  efforts: EFFORTS,
  defaultEffort: 'high',
  takesPrefill: false,
  takesForcedTool: false,
  bindsThoughts: true,
  dropsThoughts: false,
  takesOutputSchema: true,
  maxOutputTokens: 128_000,
  searchTool: FILTERING_SEARCH_TOOL,
  asOf: '2026-11',
  source: 'anthropics/skills claude-api/SKILL.md, tables of models and of thinking, 2026-10-06',
};

/** A model that thinks unless it is told not to. */
const SWITCHABLE: AnthropicModelRules = {
  ...LOCKED,
  thinking: ['adaptive', 'disabled'],
  takesForcedTool: true,
  bindsThoughts: false,
};

/** A model whose thinking has a budget in tokens. */
const BUDGETED: AnthropicModelRules = {
  isKnown: true,
  thinking: ['enabled', 'disabled'],
  thinksUnasked: false,
  hidesThoughts: false,
  efforts: [],
  takesPrefill: true,
  takesForcedTool: true,
  bindsThoughts: false,
  dropsThoughts: true,
  takesOutputSchema: false,
  maxOutputTokens: 64_000,
  searchTool: BASIC_SEARCH_TOOL,
  // Bedrock takes 2026-10-21 for Claude 4.7 and later only.
  bedrockVersion: 'bedrock-2023-05-31',
  asOf: '2026-11',
  source:
    'platform.claude.com: models overview, extended thinking, structured outputs; recorded requests of 2025 and 2026',
};

const MUTE: AnthropicModelRules = { ...BUDGETED, thinking: [], dropsThoughts: false, maxOutputTokens: 4096 };

/** First match wins. */
const MODELS: readonly (readonly [RegExp, AnthropicModelRules])[] = [
  [/^claude-fable-5-1$/, LOCKED],
  // Signs its thoughts, and does not check what they followed.
  [/^claude-mythos-5-1$/, { ...LOCKED, bindsThoughts: false }],
  [
    /^claude-(fable|mythos)-5-2$/,
    {
      ...LOCKED,
      takesForcedTool: true,
      searchTool: BASIC_SEARCH_TOOL,
      source: 'no page of its own was read: taken to think like 5.1',
    },
  ],
  [
    /^claude-(fable|mythos)-5$/,
    { ...LOCKED, takesForcedTool: true, bindsThoughts: false, searchTool: BASIC_SEARCH_TOOL },
  ],
  [/^claude-opus-5-5$/, { ...LOCKED, defaultEffort: 'medium' }],
  [/^claude-sonnet-5-5$/, { ...LOCKED, thinking: ['adaptive', 'between_tools'], quietEffort: 'high' }],
  [
    /^claude-haiku-5-5$/,
    {
      ...SWITCHABLE,
      quietEffort: 'high',
      defaultEffort: 'medium',
      bindsThoughts: true,
      searchTool: BASIC_SEARCH_TOOL,
    },
  ],
  [/^claude-opus-5$/, { ...SWITCHABLE, quietEffort: 'high' }],
  [/^claude-sonnet-5$/, SWITCHABLE],
  [/^claude-opus-4-[78]$/, { ...SWITCHABLE, thinksUnasked: false }],
  [
    /^claude-(opus|sonnet)-4-6$/,
    {
      ...SWITCHABLE,
      thinking: ['adaptive', 'enabled', 'disabled'],
      thinksUnasked: false,
      hidesThoughts: false,
      efforts: ['low', 'medium', 'high', 'max'],
      bedrockVersion: 'bedrock-2023-05-31',
    },
  ],
  [
    /^claude-opus-4-5$/,
    {
      ...BUDGETED,
      efforts: ['low', 'medium', 'high'],
      defaultEffort: 'high',
      dropsThoughts: false,
      takesOutputSchema: true,
    },
  ],
  [/^claude-(sonnet|haiku)-4-5$/, { ...BUDGETED, takesOutputSchema: true }],
  [/^claude-opus-4-1$/, { ...BUDGETED, takesOutputSchema: true, maxOutputTokens: 32_000 }],
  [/^claude-opus-4(-0)?$/, { ...BUDGETED, maxOutputTokens: 32_000 }],
  [/^claude-sonnet-4(-0)?$|^claude-3-7-sonnet$/, BUDGETED],
  [/^claude-3-5-/, { ...MUTE, maxOutputTokens: 8192 }],
  [/^claude-3-(opus|sonnet|haiku)$/, MUTE],
];
