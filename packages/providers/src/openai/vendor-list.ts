import type { ChatVendor, ThinkRule } from './vendor.ts';

const ALL = /(?:)/;
const NONE = /(?!)/;
const EVERY_EFFORT = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const SWITCH = ['none', 'high'];
const LOW_TO_HIGH = ['low', 'medium', 'high'];

const ANTHROPIC_MARKS = { field: 'cache_control', models: /^anthropic\// } as const;

/** Open models run on one's own machine: GPT-OSS is told an effort, the template of the others whether to think. */
const LOCAL_THINKING: readonly ThinkRule[] = [
  { models: /gpt-oss/i, by: 'reasoning_effort', efforts: LOW_TO_HIGH },
  { models: ALL, by: 'template', efforts: SWITCH },
];

const DEEPSEEK: ChatVendor = {
  name: 'deepseek',
  hosts: ['deepseek.com'],
  asOf: '2026-11',
  source: 'api-docs.deepseek.com/guides/thinking_mode, json_mode; vercel/ai packages/deepseek',
  cachedField: 'prompt_cache_hit_tokens',
  think: [{ models: ALL, by: 'thinking', efforts: ['none', 'low', 'high', 'max'] }],
  schemaModels: NONE,
  // R1 refuses its reasoning, and V4 a history without it; every name served today is V4's, old ones included.
  reasoningReplay: { field: 'reasoning_content', models: /^(?!.*r1)/i, always: true },
};

/** In order: the first whose host matches is the vendor. */
export const VENDORS: readonly ChatVendor[] = [
  {
    name: 'openai',
    hosts: ['api.openai.com'],
    asOf: '2026-11',
    source: 'openai 7.55 resources/chat/completions; developers.openai.com/api/docs/guides/prompt-caching',
    writeLifetime: '30m',
    maxTokensField: 'max_completion_tokens',
    strictModels: ALL,
    search: { by: 'web_search_options', models: /search/ },
    takesCacheKey: true,
  },
  {
    name: 'azure',
    hosts: ['openai.azure.com', 'services.ai.azure.com', 'models.ai.azure.com', 'cognitiveservices.azure.com'],
    asOf: '2026-11',
    source: 'openai 7.55 azure; recorded responses',
    maxTokensField: 'max_completion_tokens',
    strictModels: ALL,
    takesCacheKey: true,
  },
  {
    name: 'xai',
    hosts: ['x.ai'],
    asOf: '2026-11',
    // Live Search in this format answers 410 since 2026-05.
    source: 'docs.x.ai, prompt caching and reasoning; vercel/ai#15713',
    completionLacks: 'reasoning',
    cacheKeyHeader: 'x-grok-conv-id',
    runsCustomTools: true,
  },
  {
    name: 'google',
    hosts: ['googleapis.com'],
    asOf: '2026-11',
    source: 'ai.google.dev/gemini-api/docs/openai; ogx-ai/ogx#5122',
    completionLacks: 'uncounted-reasoning',
    think: [
      { models: /gemini-2\.5(?!-pro)/, by: 'reasoning_effort', efforts: ['none', 'minimal', ...LOW_TO_HIGH] },
      { models: /gemini-(2\.5-pro|[3-9])/, by: 'reasoning_effort', efforts: ['minimal', ...LOW_TO_HIGH] },
    ],
    echoedFields: ['extra_content'],
    echoedCallFields: ['extra_content'],
  },
  {
    ...DEEPSEEK,
    name: 'deepseek-beta',
    hosts: ['api.deepseek.com/beta'],
    source: `${DEEPSEEK.source}, chat_prefix_completion`,
    prefill: { message: { prefix: true }, body: {} },
  },
  DEEPSEEK,
  {
    name: 'moonshotai',
    hosts: ['moonshot.ai', 'moonshot.cn'],
    asOf: '2026-11',
    source:
      'platform.kimi.ai/docs: use-thinking-effort, partial; genkit compat_oai/kimi; vercel/ai packages/moonshotai',
    cachedField: 'cached_tokens',
    maxTokensField: 'max_completion_tokens',
    refusesTemperature: /^kimi-(k2\.[5-9]|k[3-9])/,
    think: [
      { models: /^kimi-k[3-9]/, by: 'reasoning_effort', efforts: ['low', 'high', 'max'] },
      { models: /^kimi-k2\.[56]/, by: 'thinking', efforts: SWITCH },
      // These always think.
      { models: /^kimi-k2\.7|^kimi-k2-thinking/, by: 'thinking', efforts: ['high'] },
    ],
    schemaModels: /^kimi-/,
    prefill: { message: { partial: true }, body: {} },
    reasoningReplay: { field: 'reasoning_content', models: /^kimi-/ },
  },
  {
    name: 'together',
    hosts: ['together.xyz', 'together.ai'],
    asOf: '2026-11',
    source: 'recorded responses; harn-vm capability_sources/60-together.toml',
    cachedField: 'cached_tokens',
    think: [
      { models: /gpt-oss/i, by: 'reasoning_effort', efforts: LOW_TO_HIGH },
      { models: /deepseek-v|kimi-k2\.|glm|gemma-4/i, by: 'reasoning.enabled', efforts: SWITCH },
      { models: /qwen3/i, by: 'template', efforts: SWITCH },
    ],
  },
  {
    name: 'groq',
    hosts: ['groq.com'],
    asOf: '2026-11',
    source: 'console.groq.com/docs: reasoning, structured-outputs, prefilling',
    maxTokensField: 'max_completion_tokens',
    think: [
      { models: /gpt-oss/, by: 'reasoning_effort', efforts: LOW_TO_HIGH },
      { models: /qwen/, by: 'reasoning_effort', efforts: ['none', 'default'] },
    ],
    schemaModels: /gpt-oss|kimi-k2|llama-4/,
    strictModels: /gpt-oss-(20|120)b/,
    prefill: { message: {}, body: {} },
  },
  {
    name: 'cerebras',
    hosts: ['cerebras.ai'],
    asOf: '2026-11',
    source: 'inference-docs.cerebras.ai/capabilities/reasoning, at second hand; recorded responses',
    maxTokensField: 'max_completion_tokens',
    think: [
      { models: /gpt-oss/, by: 'reasoning_effort', efforts: LOW_TO_HIGH },
      { models: /qwen|glm/, by: 'reasoning_effort', efforts: ['none', ...LOW_TO_HIGH] },
    ],
  },
  {
    name: 'mistral',
    hosts: ['mistral.ai'],
    asOf: '2026-11',
    source: 'vercel/ai packages/mistral, #3256; dnakov/anon-kode#53; recorded responses',
    refusesUsageOption: true,
    think: [
      { models: /^mistral-(small-(latest|2603)|medium-3)/, by: 'reasoning_effort', efforts: SWITCH },
      { models: /^magistral/, by: 'reasoning_effort', efforts: [] },
    ],
    schemaModels: ALL,
    prefill: { message: { prefix: true }, body: {}, echoes: true },
    takesCacheKey: true,
    callIds: /^[a-zA-Z0-9]{9}$/,
  },
  {
    name: 'fireworks',
    hosts: ['fireworks.ai'],
    asOf: '2026-11',
    source: 'docs.fireworks.ai/guides/reasoning',
    think: [
      { models: /glm-5/, by: 'reasoning_effort', efforts: ['none', 'high', 'max'] },
      { models: /kimi-k2|gpt-oss/, by: 'reasoning_effort', efforts: LOW_TO_HIGH },
      { models: ALL, by: 'reasoning_effort', efforts: ['none', ...LOW_TO_HIGH] },
    ],
    takesCacheKey: true,
  },
  {
    name: 'alibaba',
    hosts: ['aliyuncs.com'],
    asOf: '2026-11',
    source: 'alibabacloud.com/help/model-studio: deep-thinking, context-cache, explicit-cache-qwen4',
    think: [{ models: /qwen|qwq|deepseek|kimi|glm/i, by: 'enable_thinking', efforts: SWITCH }],
    cacheMarks: { field: 'cache_control', models: /qwen/ },
  },
  {
    name: 'perplexity',
    hosts: ['perplexity.ai'],
    asOf: '2026-11',
    source: 'docs.perplexity.ai, at second hand; recorded responses',
    think: [{ models: /reasoning|deep-research/, by: 'reasoning_effort', efforts: ['minimal', ...LOW_TO_HIGH] }],
    search: { by: 'web_search_options', models: ALL },
  },
  {
    name: 'zai',
    hosts: ['z.ai', 'bigmodel.cn'],
    asOf: '2026-11',
    source: 'recorded requests and responses',
    think: [{ models: /^glm-(4\.[5-9]|[5-9])/, by: 'thinking', efforts: SWITCH }],
    reasoningReplay: { field: 'reasoning_content', models: /^glm-/ },
  },
  {
    name: 'bedrock-mantle',
    hosts: ['api.aws', 'amazonaws.com'],
    asOf: '2026-11',
    source: 'recorded responses',
    totalRepeatsCache: true,
  },
  {
    name: 'snowflake',
    hosts: ['snowflakecomputing.com'],
    asOf: '2026-11',
    source: 'recorded requests and responses',
    think: [{ models: /^claude/, by: 'reasoning.effort', efforts: LOW_TO_HIGH }],
    echoedFields: ['reasoning_details'],
  },
  {
    name: 'vercel-gateway',
    hosts: ['ai-gateway.vercel.sh'],
    asOf: '2026-11',
    source: 'vercel.com/docs/ai-gateway, OpenAI-compatible API; recorded requests and responses',
    usageField: 'market_cost',
    think: [{ models: ALL, by: 'reasoning.effort', efforts: EVERY_EFFORT.slice(0, -1) }],
    schemaModels: ALL,
    cacheMarks: ANTHROPIC_MARKS,
    echoedFields: ['reasoning_details'],
  },
  {
    name: 'openrouter',
    hosts: ['openrouter.ai'],
    asOf: '2026-11',
    source:
      'openrouter.ai/docs: reasoning-tokens, prompt-caching, server-tools/web-search; OpenRouterTeam/ai-sdk-provider',
    usageField: 'is_byok',
    estimatesReasoning: true,
    // It turns an effort the model does not know into the nearest.
    think: [{ models: ALL, by: 'reasoning.effort', efforts: EVERY_EFFORT }],
    schemaModels: ALL,
    strictModels: ALL,
    search: { by: 'openrouter-tool', models: ALL },
    cacheMarks: ANTHROPIC_MARKS,
    takesCacheKey: true,
    echoedFields: ['reasoning_details'],
  },
  {
    name: 'litellm',
    hosts: [],
    asOf: '2026-11',
    source: 'docs.litellm.ai/docs/completion: prompt_caching, web_search; reasoning_content',
    search: { by: 'web_search_options', models: ALL },
    cacheMarks: { field: 'cache_control', models: /claude|anthropic/ },
  },
  {
    name: 'ollama',
    // The port is its own; those of the other local servers are anybody's, so they are named by `vendor`.
    hosts: ['localhost:11434', '127.0.0.1:11434', 'ollama.com'],
    asOf: '2026-11',
    source: 'docs.ollama.com/api/openai-compatibility; recorded requests',
    think: [{ models: ALL, by: 'reasoning_effort', efforts: ['none', ...LOW_TO_HIGH] }],
    schemaModels: ALL,
    reasoningReplay: { field: 'reasoning', models: ALL },
  },
  {
    name: 'llama.cpp',
    hosts: [],
    asOf: '2026-11',
    source: 'ggml-org/llama.cpp tools/server; recorded requests',
    think: LOCAL_THINKING,
    schemaModels: ALL,
    reasoningReplay: { field: 'reasoning_content', models: ALL },
  },
  {
    name: 'vllm',
    hosts: [],
    asOf: '2026-11',
    source: 'docs.vllm.ai/features/reasoning_outputs; vllm entrypoints/openai/chat_completion/protocol.py',
    think: LOCAL_THINKING,
    schemaModels: ALL,
    prefill: { message: {}, body: { add_generation_prompt: false, continue_final_message: true } },
    reasoningReplay: { field: 'reasoning', models: ALL },
  },
];
