import type { ThinkLevel } from '../request.ts';

/** What one model takes of what a request may ask. */
export interface OpenAIModelRules {
  /** Reasoning efforts it takes, lowest first; empty: it takes none. Chat Completions refuses `max` even where it is listed. */
  readonly efforts: readonly string[];
  /** Whether it reasons where no effort is asked for. */
  readonly thinksUnasked: boolean;
  /** Whether Responses gives summaries of its reasoning when asked. */
  readonly summarizes: boolean;
  /** Whether it takes a temperature; `without-thinking`: only while it does not reason. */
  readonly temperature: 'always' | 'never' | 'without-thinking';
  /** Whether its answer can be held to a JSON Schema. */
  readonly takesStructuredOutput: boolean;
  /** Whether it searches the web: with Responses' hosted tool, and in Chat Completions if its name says `search`. */
  readonly takesSearch: boolean;
  /** Whether the pages that a search read are listed only where `include` asks for them. */
  readonly hidesSources: boolean;
  /** Whether it tells why a request missed the cache, and takes `prompt_cache_options` at all. */
  readonly explainsCache: boolean;
  /** When this was so, as `YYYY-MM`. */
  readonly asOf: string;
  readonly source: string;
}

/** The rules of a model. One that nobody described is refused nothing, and nothing is adapted for it. */
export function openaiModelRules(model: string): OpenAIModelRules {
  const name = bareName(model);
  return MODELS.find(([pattern]) => pattern.test(name))?.[1] ?? UNKNOWN_MODEL;
}

/**
 * The effort that comes nearest to what is asked: the lowest that is not below it, else the highest there is. `undefined` where the
 * model takes none.
 */
export function nearestEffort(think: ThinkLevel, efforts: readonly string[]): string | undefined {
  const wanted = EFFORTS.indexOf(ASKED_EFFORT[think]);
  return efforts.find((effort) => EFFORTS.indexOf(effort) >= wanted) ?? efforts.at(-1);
}

/** Whether that effort is what was asked, and not only near it. `max` asks for the most there is. */
export function isAskedEffort(think: ThinkLevel, effort: string | undefined): boolean {
  return effort === ASKED_EFFORT[think] || (think === 'max' && effort !== undefined);
}

const EFFORTS: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

const ASKED_EFFORT: Readonly<Record<ThinkLevel, string>> = {
  off: 'none',
  low: 'low',
  medium: 'medium',
  high: 'high',
  max: 'max',
};

/** Hosts and fine-tuned models put words of their own before the name: `openai/gpt-5`, `us.openai.gpt-5.5`, `ft:gpt-4o:…`. */
function bareName(model: string): string {
  return model
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/^ft:/, '')
    .replace(/^([a-z]+\.)+/, '');
}

/** Nothing is known, so everything is passed on as it was asked. */
const UNKNOWN_MODEL: OpenAIModelRules = {
  efforts: EFFORTS,
  thinksUnasked: false,
  summarizes: false,
  temperature: 'always',
  takesStructuredOutput: true,
  takesSearch: true,
  hidesSources: false,
  explainsCache: true,
  asOf: '2026-11',
  source: 'openai 7.55 resources/shared.d.ts, ReasoningEffort',
};

/** A model that does not reason. */
const PLAIN: OpenAIModelRules = {
  efforts: [],
  thinksUnasked: false,
  summarizes: false,
  temperature: 'always',
  takesStructuredOutput: true,
  takesSearch: true,
  hidesSources: true,
  explainsCache: false,
  asOf: '2026-11',
  source: 'developers.openai.com, guides on structured outputs and web search',
};

/** A model that always reasons. */
const THINKER: OpenAIModelRules = {
  ...PLAIN,
  efforts: ['low', 'medium', 'high'],
  thinksUnasked: true,
  summarizes: true,
  temperature: 'never',
  source: 'community.openai.com/t/1371738: a table of efforts tried against the API, January 2026',
};

/** A model whose reasoning can be turned off, and which takes a temperature then. */
const SWITCHABLE: OpenAIModelRules = {
  ...THINKER,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  temperature: 'without-thinking',
  source: 'pydantic/pydantic-ai profiles/openai.py, tried against the API, July 2026',
};

const GROK: OpenAIModelRules = {
  ...PLAIN,
  thinksUnasked: true,
  summarizes: true,
  hidesSources: false,
  source: 'docs.x.ai, model capabilities: reasoning; BerriAI/litellm#16265 for the refusals',
};

const LOW_TO_XHIGH: readonly string[] = ['low', 'medium', 'high', 'xhigh'];
const LOW_TO_MAX: readonly string[] = [...LOW_TO_XHIGH, 'max'];
const NONE_TO_MAX: readonly string[] = ['none', ...LOW_TO_MAX];

/** First match wins. */
const MODELS: readonly (readonly [RegExp, OpenAIModelRules])[] = [
  // GPT-6.1 Sol's own page; Terra is taken to be like it.
  [/^gpt-6(\.\d|-astra)/, { ...THINKER, efforts: LOW_TO_MAX, explainsCache: true, source: 'BerriAI/litellm#39631' }],
  [
    /^gpt-6/,
    { ...SWITCHABLE, efforts: NONE_TO_MAX, explainsCache: true, source: 'OpenAI, Using GPT-6, September 2026' },
  ],
  [/^gpt-5\.6/, { ...SWITCHABLE, efforts: NONE_TO_MAX, explainsCache: true, source: 'openai.com/index/gpt-5-6' }],
  [/^gpt-5\.[2-5]-pro/, { ...THINKER, efforts: ['medium', 'high', 'xhigh'] }],
  [/^gpt-5\.5/, SWITCHABLE],
  [/^gpt-5\.\d-chat/, { ...THINKER, efforts: ['medium'] }],
  [/^gpt-5\.(2-codex|1-codex-max)/, { ...THINKER, efforts: LOW_TO_XHIGH }],
  [/^gpt-5\.1-codex/, THINKER],
  [/^gpt-5\.1/, { ...SWITCHABLE, efforts: ['none', 'low', 'medium', 'high'], thinksUnasked: false }],
  [/^gpt-5\.[234]/, { ...SWITCHABLE, thinksUnasked: false }],
  [/^gpt-5-pro/, { ...THINKER, efforts: ['high'] }],
  [/^gpt-5-codex/, THINKER],
  [/^gpt-5-chat/, PLAIN],
  [/^gpt-5-search/, { ...PLAIN, temperature: 'never' }],
  [/^gpt-5(-|$)/, { ...THINKER, efforts: ['minimal', 'low', 'medium', 'high'] }],
  [/^o\d.*deep-research/, { ...THINKER, efforts: ['medium'], takesStructuredOutput: false }],
  [/^o1-(mini|preview)/, { ...THINKER, efforts: [], takesStructuredOutput: false, takesSearch: false }],
  [/^o1|^o3-mini/, { ...THINKER, takesSearch: false }],
  [/^o[34](-|$)|^codex-mini/, THINKER],
  [/^gpt-4o.*search/, { ...PLAIN, temperature: 'never' }],
  [/^gpt-4o.*audio|^gpt-audio/, { ...PLAIN, takesStructuredOutput: false, takesSearch: false }],
  [/^gpt-4o-2024-05-13/, { ...PLAIN, takesStructuredOutput: false }],
  [/^gpt-4\.1-nano/, { ...PLAIN, takesSearch: false }],
  [/^gpt-4(o|\.\d)/, PLAIN],
  [/^(gpt-[34]|chatgpt-4)/, { ...PLAIN, takesStructuredOutput: false, takesSearch: false }],
  // An open model: its reasoning comes in full, and its hosts decide the rest.
  [/^gpt-oss/, { ...THINKER, summarizes: false, temperature: 'always', source: 'huggingface.co/openai/gpt-oss-120b' }],
  [/^grok-3-mini/, { ...GROK, efforts: ['low', 'high'], takesSearch: false }],
  [/^grok-[123](-|$)/, { ...GROK, thinksUnasked: false, summarizes: false, takesSearch: false }],
  [/^grok.*non-reasoning/, { ...GROK, thinksUnasked: false, summarizes: false }],
  [/^grok-(4\.3|latest)/, { ...GROK, efforts: ['none', 'low', 'medium', 'high'] }],
  [/^grok-4\.5/, { ...GROK, efforts: ['low', 'medium', 'high'] }],
  [/^grok-4\.[6-9]/, { ...GROK, efforts: LOW_TO_XHIGH }],
  [/^grok/, GROK],
];
