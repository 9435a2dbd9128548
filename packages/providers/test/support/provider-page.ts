import { type CacheHost, type CacheRules, cacheRules } from '../../src/cache/family-rules.ts';
import {
  tokensFromAnthropic,
  tokensFromOllama,
  tokensFromOpenAIChat,
  tokensFromOpenAIResponses,
} from '../../src/index.ts';
import type { Family } from '../../src/message.ts';
import { VENDORS } from '../../src/openai/vendor-list.ts';
import type { ChatVendor } from '../../src/openai/vendors.ts';
import type { Count, TokenCounts } from '../../src/token-counts.ts';

/** The page of the documentation that says which family and which vendor reports and keeps what, made of what the code does. */
export function providerPage(): string {
  return [
    '# What providers report and keep',
    'Made from the readers, rules and profiles of `packages/providers`, which a test compares with this page; nothing here is written by hand.',
    'What a vendor does not report is `not-reported` from the response to the report, and never 0.',
    '## Counts',
    'Where each count is read. Prompt tokens are `fresh` + `cacheRead` + `cacheWrite`, whatever the vendor counts together.',
    table(['usage of', 'fresh', 'cache read', 'cache write', 'output', 'reasoning'], USAGES.map(usageRow)),
    '## Caches',
    table(CACHE_COLUMNS, MODELS.map(cacheRow)),
    'Marks are how many prefixes one request can have kept; `-` where the vendor keeps what it sees. A prefix below the minimum is not kept, and no vendor says so.',
    "## Vendors of OpenAI's formats",
    'A vendor that is not here is taken to follow the format as OpenAI documents it.',
    table(['vendor', 'served from', 'counts', 'cache', 'as of', 'source'], VENDORS.map(vendorRow)),
  ]
    .join('\n\n')
    .concat('\n');
}

interface UsageKind {
  readonly name: string;
  /** With every counter that the format has, no two of them alike. */
  readonly usage: UsageObject;
  readonly read: (usage: unknown) => TokenCounts;
}

interface UsageObject {
  readonly [name: string]: number | UsageObject;
}

const USAGES: readonly UsageKind[] = [
  {
    name: 'Anthropic Messages',
    usage: {
      input_tokens: 10,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 70,
      cache_creation: { ephemeral_5m_input_tokens: 50, ephemeral_1h_input_tokens: 20 },
      output_tokens: 8,
      output_tokens_details: { thinking_tokens: 3 },
    },
    read: tokensFromAnthropic,
  },
  {
    name: 'OpenAI Chat Completions, from GPT-5.6 on',
    usage: {
      prompt_tokens: 280,
      prompt_tokens_details: { cached_tokens: 200, cache_write_tokens: 70 },
      completion_tokens: 8,
      completion_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 288,
    },
    read: (usage) => tokensFromOpenAIChat(usage, { vendor: 'openai' }),
  },
  {
    name: 'OpenAI Responses, from GPT-5.6 on',
    usage: {
      input_tokens: 280,
      input_tokens_details: {
        cached_tokens: 200,
        cache_write_tokens: 70,
        cache_write_tokens_details: { ttl_30m_tokens: 50, ttl_12h_tokens: 20 },
      },
      output_tokens: 8,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 288,
    },
    read: (usage) => tokensFromOpenAIResponses(usage, { vendor: 'openai' }),
  },
  {
    name: 'OpenAI before GPT-5.6',
    usage: {
      prompt_tokens: 280,
      prompt_tokens_details: { cached_tokens: 200 },
      completion_tokens: 8,
      completion_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 288,
    },
    read: (usage) => tokensFromOpenAIChat(usage, { vendor: 'openai' }),
  },
  {
    name: 'Ollama, from 0.33.3 on',
    usage: { prompt_eval_count: 210, prompt_eval_cached_count: 200, eval_count: 8 },
    read: tokensFromOllama,
  },
];

function usageRow({ name, usage, read }: UsageKind): readonly string[] {
  const from = (take: (tokens: TokenCounts) => Count) => sourceOf(take, usage, read);
  const lifetimes = Object.keys(read(usage).cacheWrite) as (keyof TokenCounts['cacheWrite'])[];
  const writes = lifetimes
    .map((lifetime) => ({ lifetime, source: from(({ cacheWrite }) => cacheWrite[lifetime]) }))
    .filter(({ source }) => source !== NOT_REPORTED)
    .map(({ lifetime, source }) => (lifetime === 'unknown' ? source : `${lifetime}: ${source}`));
  return [
    name,
    from(({ fresh }) => fresh),
    from(({ cacheRead }) => cacheRead),
    writes.join('<br>') || NOT_REPORTED,
    from(({ output }) => output),
    from(({ reasoning }) => reasoning),
  ];
}

const NOT_REPORTED = 'not reported';

/** The counter that a count is, or that it is without others: lacking that one it is not reported, lacking those it is larger. */
function sourceOf(take: (tokens: TokenCounts) => Count, usage: UsageObject, read: UsageKind['read']): string {
  const count = take(read(usage));
  if (count === 'not-reported') return NOT_REPORTED;
  const counters = countersOf(usage);
  const itself = counters.find(({ value }) => value === count);
  if (itself) return code(itself.path);
  const lacking = counters.map(({ path }) => ({ path, count: take(read(withoutField(usage, path))) }));
  const base = lacking.filter((left) => left.count === 'not-reported');
  const taken = lacking.filter((left) => left.count !== 'not-reported' && left.count > count);
  return [...base, ...taken].map(({ path }) => code(path)).join(' − ');
}

interface Counter {
  readonly path: readonly string[];
  readonly value: number;
}

function countersOf(usage: UsageObject, before: readonly string[] = []): readonly Counter[] {
  return Object.entries(usage).flatMap(([name, value]) => {
    const path = [...before, name];
    return typeof value === 'number' ? [{ path, value }] : countersOf(value, path);
  });
}

function withoutField(usage: UsageObject, [name = '', ...rest]: readonly string[]): UsageObject {
  const { [name]: value, ...others } = usage;
  return typeof value === 'object' && rest.length > 0 ? { ...others, [name]: withoutField(value, rest) } : others;
}

function code(path: readonly string[]): string {
  return `\`${path.join('.')}\``;
}

interface NamedModel extends CacheHost {
  readonly name: string;
  readonly family: Family;
  readonly model: string;
}

const MODELS: readonly NamedModel[] = [
  { name: 'Claude Opus 5, Fable 5, Mythos 5, and 5.5 of each size', family: 'anthropic', model: 'claude-opus-5' },
  { name: 'Claude Opus 4.5, 4.6, Haiku 4.5', family: 'anthropic', model: 'claude-haiku-4-5' },
  { name: 'Claude Opus 4.7', family: 'anthropic', model: 'claude-opus-4-7' },
  { name: 'other Claudes', family: 'anthropic', model: 'claude-sonnet-5' },
  { name: 'GPT-5.6 and later, Chat Completions', family: 'openai-chat', model: 'gpt-5.6' },
  { name: 'GPT-5.6 and later, Responses', family: 'openai-responses', model: 'gpt-5.6' },
  { name: 'OpenAI before GPT-5.6', family: 'openai-chat', model: 'gpt-5' },
  { name: 'DeepSeek', family: 'openai-chat', model: 'deepseek-v4', host: 'deepseek' },
  { name: 'Gemini 2.5', family: 'openai-chat', model: 'gemini-2.5-pro', host: 'google' },
  { name: 'Gemini 3', family: 'openai-chat', model: 'gemini-3-pro', host: 'google' },
  { name: 'other vendors', family: 'openai-chat', model: 'a-model', host: 'a-host' },
  { name: 'Ollama', family: 'ollama', model: 'qwen3' },
];

const CACHE_COLUMNS = [
  'model',
  'marks',
  'lifetimes',
  'minimum tokens',
  'reads in steps of',
  'blocks searched back',
  'rendered first',
  'another tool choice loses',
  'remembers',
];

function cacheRow({ name, family, model, ...host }: NamedModel): readonly string[] {
  const rules = cacheRules(family, model, host);
  return [
    name,
    rules.dialect === 'none' ? '-' : `${rules.maxMarks}, \`${MARK_FIELDS[rules.dialect]}\``,
    rules.lifetimes.map((lifetime) => (lifetime === 'unknown' ? 'not said' : lifetime)).join(', '),
    String(rules.minimumTokens),
    String(rules.stepTokens),
    rules.lookbackPositions === Number.POSITIVE_INFINITY ? 'all' : String(rules.lookbackPositions),
    rules.rendersFirst,
    rules.toolChoiceLoses,
    remembersText(rules),
  ];
}

const MARK_FIELDS = { anthropic: 'cache_control', openai: 'prompt_cache_breakpoint' } as const;

function remembersText({ remembers, settlesAfterMs }: CacheRules): string {
  const what = remembers === 'every-request' ? 'every request' : 'the last request';
  return settlesAfterMs === 0 ? what : `${what}, after ${settlesAfterMs / 1000} s`;
}

function vendorRow(vendor: ChatVendor): readonly string[] {
  const { name, hosts, asOf, source } = vendor;
  return [name, hosts.join(', ') || '-', countsText(vendor), cacheText(vendor), asOf, source];
}

function countsText(vendor: ChatVendor): string {
  const { cachedField, completionLacks, estimatesReasoning, totalRepeatsCache } = vendor;
  return listed([
    cachedField && `cache reads in \`${cachedField}\``,
    completionLacks === 'reasoning' && 'reasoning outside the output, added',
    completionLacks === 'uncounted-reasoning' && 'reasoning in the total alone, added',
    estimatesReasoning && 'reasoning is its own estimate',
    totalRepeatsCache && 'the total holds the cache twice',
  ]);
}

function cacheText(vendor: ChatVendor): string {
  const { cacheMarks, takesCacheKey, cacheKeyHeader, writeLifetime } = vendor;
  return listed([
    writeLifetime && `writes live ${writeLifetime}`,
    cacheMarks && `\`${cacheMarks.field}\` for \`${cacheMarks.models.source}\``,
    takesCacheKey && '`prompt_cache_key`',
    cacheKeyHeader && `key in the header \`${cacheKeyHeader}\``,
  ]);
}

function listed(texts: readonly (string | false | undefined)[]): string {
  return texts.filter((text) => text).join('; ') || '-';
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}
