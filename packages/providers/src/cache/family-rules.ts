import type { Family } from '../message.ts';
import type { CacheLifetime } from '../token-counts.ts';

/** How one family's prompt cache behaves. Data only; `cache-model.ts` and `plan-breakpoints.ts` act on it. */
export interface CacheRules {
  readonly dialect: CacheDialect;
  /** A shorter prefix is not kept, silently. In tokens. */
  readonly minimumTokens: number;
  /** Reads are rounded down to a multiple of this. In tokens. */
  readonly stepTokens: number;
  /** How many prefixes one request can have kept, the one of the vendor's own mark counted. */
  readonly maxMarks: number;
  /** How many marks, the latest, are looked at for something to read. */
  readonly consideredMarks: number;
  /** How many positions are searched for an older entry, the mark's own the first and going back from there. */
  readonly lookbackPositions: number;
  /** The same for a mark that the vendor places. */
  readonly vendorLookbackPositions: number;
  /** Whether the vendor places a mark by itself where it is asked to: Anthropic's top-level flag, OpenAI's implicit mode. */
  readonly placesMarks: boolean;
  /** Lifetimes a mark may ask for, shortest first; the first is the default. */
  readonly lifetimes: readonly CacheLifetime[];
  /** Whether a mark of a longer lifetime is refused behind one of a shorter. */
  readonly longestFirst: boolean;
  /** Whether entries of several conversations live side by side, or the last request is all that is kept. */
  readonly remembers: 'every-request' | 'last-request';
  /** How long after it was written an entry cannot be read yet, in milliseconds. */
  readonly settlesAfterMs: number;
  /** What is rendered in front of the messages, in order: a change ends every prefix behind it. */
  readonly rendersFirst: 'tools' | 'system';
  /** What another tool choice than the request before it had takes from the cache, although no byte of the prefix has changed. */
  readonly toolChoiceLoses: 'messages' | 'nothing';
}

/**
 * How prefixes are marked: `cache_control` on blocks, `prompt_cache_breakpoint` on content parts, or not at all, where the vendor keeps
 * what it sees.
 */
export type CacheDialect = 'anthropic' | 'openai' | 'none';

/** Who serves a model, where it is not the family's own vendor. */
export interface CacheHost {
  /** As the adapters name it, such as `bedrock`, `azure`, `openrouter`. A host nobody described takes no marks in OpenAI's formats. */
  readonly host?: string;
  /** Set where the host takes Anthropic's marks for this model in OpenAI's format. */
  readonly dialect?: 'anthropic';
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

/** Takes marks on blocks, but no top-level flag (Anthropic's platform-availability table, September 2026). */
const ANTHROPIC_HOSTS_WITHOUT_FLAG: readonly string[] = ['bedrock'];

/** Of the hosts that take Anthropic's marks in OpenAI's format, those that know its top-level flag too (OpenRouter's API reference, 2026). */
const CHAT_HOSTS_WITH_FLAG: readonly string[] = ['openrouter'];

/** GPT-5.6 and every later generation, as `openai` 7.55 and the vendor's prompt-caching guide of November 2026 have it. */
const OPENAI_MARKED_MODELS = /(^|[/.])gpt-(5\.[6-9]|[6-9])(?!\d)/;

/** Hosts that document breakpoints for these models (November 2026). Others may refuse the fields: Codex's own backend does. */
const OPENAI_MARKING_HOSTS: readonly string[] = ['openai', 'azure'];

/** In Chat Completions this gateway documents them too. */
const CHAT_MARKING_HOSTS: readonly string[] = [...OPENAI_MARKING_HOSTS, 'openrouter'];

/** OpenAI's own models behind whichever host; its open ones are served by anybody. */
const OPENAI_MODELS = /(^|[/.])(gpt-(?!oss)|chatgpt|codex|o\d)/;

/** Hosts that serve OpenAI's models under names of the caller's own. */
const OPENAI_HOSTS: readonly string[] = ['openai', 'azure'];

/** The cache rules of a model. A family nobody described is taken to keep its last request and nothing else. */
export function cacheRules(family: Family, model: string, { host, dialect }: CacheHost = {}): CacheRules {
  switch (family) {
    case 'anthropic':
      return {
        ...anthropicRules(model),
        placesMarks: host === undefined || !ANTHROPIC_HOSTS_WITHOUT_FLAG.includes(host),
      };
    case 'openai-chat':
    case 'openai-responses':
      if (dialect === 'anthropic') {
        return { ...anthropicRules(model), placesMarks: host !== undefined && CHAT_HOSTS_WITH_FLAG.includes(host) };
      }
      return openaiRules(family, model, host ?? 'openai');
    default:
      return ollamaRules();
  }
}

function anthropicRules(model: string): CacheRules {
  return {
    dialect: 'anthropic',
    minimumTokens:
      ANTHROPIC_MINIMUM_TOKENS.find(([pattern]) => pattern.test(model))?.[1] ?? ANTHROPIC_DEFAULT_MINIMUM_TOKENS,
    stepTokens: 1,
    maxMarks: 4,
    consideredMarks: 4,
    lookbackPositions: 20,
    vendorLookbackPositions: 20,
    placesMarks: true,
    lifetimes: ['5m', '1h'],
    longestFirst: true,
    remembers: 'every-request',
    settlesAfterMs: 0,
    rendersFirst: 'tools',
    toolChoiceLoses: 'messages',
  };
}

function openaiRules(family: Family, model: string, host: string): CacheRules {
  const hosts = family === 'openai-chat' ? CHAT_MARKING_HOSTS : OPENAI_MARKING_HOSTS;
  if (OPENAI_MARKED_MODELS.test(model) && hosts.includes(host)) return markedOpenaiRules(family);
  const special = UNMARKED_MODELS.find(([pattern]) => pattern.test(model));
  if (special) return special[1](model);
  return isOpenAIs(model, host) ? earlierOpenaiRules() : undocumentedRules();
}

/** Whether OpenAI made the model, whoever serves it, as far as its name and its host tell. */
export function isOpenAIs(model: string, host: string): boolean {
  return OPENAI_HOSTS.includes(host) || OPENAI_MODELS.test(model);
}

/** GPT-5.6 and later (`openai` 7.55, resources/responses; the vendor's prompt-caching guide, November 2026). */
function markedOpenaiRules(family: Family): CacheRules {
  return {
    dialect: 'openai',
    minimumTokens: 1024,
    stepTokens: 1,
    maxMarks: 4,
    // The reference says the latest 80, the guide the first 2 and the latest 50.
    consideredMarks: 80,
    lookbackPositions: 1,
    // The guide: in implicit mode some 20 earlier ends of messages are looked at too.
    vendorLookbackPositions: 20,
    placesMarks: true,
    // Chat Completions knows one lifetime.
    lifetimes: family === 'openai-responses' ? ['30m', '12h'] : ['30m'],
    longestFirst: false,
    remembers: 'every-request',
    settlesAfterMs: 0,
    rendersFirst: 'tools',
    toolChoiceLoses: 'nothing',
  };
}

/**
 * OpenAI's models before GPT-5.6: whole steps of 128 tokens from 1 024 on; writes are free and not reported. `prompt_cache_key` sends requests
 * to the machine that holds their prefix; here it is part of the prefix (`parameters.ts`), as if another machine never held it.
 * Source: the vendor's prompt-caching guide, November 2026; every recorded read of 2024 to 2026 agrees.
 */
function earlierOpenaiRules(): CacheRules {
  return { ...UNMARKED, minimumTokens: 1024, stepTokens: 128, remembers: 'every-request' };
}

/**
 * DeepSeek: automatic, and the template puts the tools behind the system prompt (a changed date in it loses them: oh-my-pi#7324). No minimum
 * is documented; recorded reads of 2025 and 2026 are whole steps of 64 tokens, from prompts of a few hundred on.
 */
function deepseekRules(): CacheRules {
  return { ...UNMARKED, minimumTokens: 64, stepTokens: 64, remembers: 'every-request', rendersFirst: 'system' };
}

/**
 * Gemini's implicit cache: matches parts of a prompt, and shows a read from the second identical call on, some five seconds after the first.
 * Source of the minimum: Google Cloud's page on context caches, July 2026 (older copies have 1 024 for 2.5).
 */
function geminiRules(model: string): CacheRules {
  const minimumTokens = /gemini-2\.5/.test(model) ? 2048 : 4096;
  return { ...UNMARKED, minimumTokens, remembers: 'every-request', settlesAfterMs: 5000 };
}

/** A vendor that documents no cache rules: recorded reads of xAI, Z.ai, Mistral and others begin at a few tokens, and some are of any size. */
function undocumentedRules(): CacheRules {
  return { ...UNMARKED, remembers: 'every-request' };
}

/** Ollama reuses the longest common prefix of its loaded model, token by token; the next request takes the place (docs.ollama.com, 2026). */
function ollamaRules(): CacheRules {
  return UNMARKED;
}

const UNMARKED: CacheRules = {
  dialect: 'none',
  minimumTokens: 0,
  stepTokens: 1,
  maxMarks: 0,
  consideredMarks: 0,
  lookbackPositions: Number.POSITIVE_INFINITY,
  vendorLookbackPositions: Number.POSITIVE_INFINITY,
  placesMarks: false,
  lifetimes: ['unknown'],
  longestFirst: false,
  remembers: 'last-request',
  settlesAfterMs: 0,
  rendersFirst: 'tools',
  toolChoiceLoses: 'nothing',
};

/** Models that keep what they see by rules of their own, whoever serves them; the first match wins. */
const UNMARKED_MODELS: readonly (readonly [RegExp, (model: string) => CacheRules])[] = [
  [/deepseek/i, deepseekRules],
  [/gemini/i, geminiRules],
  [/grok/i, undocumentedRules],
];
