/** How one host of OpenAI's formats departs from them. Data only; every field but `name` and `hosts` is a departure. */
export interface ChatVendor {
  readonly name: string;
  /** Ends of the host names it serves from. */
  readonly hosts: readonly string[];
  /** A field of `usage` that nobody else sends, which tells this vendor behind a gateway's address. */
  readonly usageField?: string;
  /** Where it counts cache reads, if that field has to win over the details of the format. */
  readonly cachedField?: string;
  /** How long its cache writes live; a vendor that does not say has none. */
  readonly writeLifetime?: '30m';
  /**
   * What its `completion_tokens` leaves out: `reasoning` that it counts elsewhere, or `uncounted-reasoning` that only its total holds.
   */
  readonly completionLacks?: 'reasoning' | 'uncounted-reasoning';
  /** Its reasoning count is its own estimate beside an exact completion count, and may exceed it. */
  readonly estimatesReasoning?: boolean;
  /** Its total counts cache reads and writes a second time, although the prompt count holds them. */
  readonly totalRepeatsCache?: boolean;
  /** The name of the output cap. Default `max_tokens`, which most compatible servers know. */
  readonly maxTokensField?: 'max_completion_tokens';
  /** The models that want their reasoning back, as `reasoning_content` of every assistant message. */
  readonly reasoningReplay?: RegExp;
  /** In Responses, it answers calls of custom tools itself: they are how its own search shows its work. */
  readonly runsCustomTools?: boolean;
}

/** The vendor where nothing is known: the format as documented. */
const UNKNOWN_VENDOR: ChatVendor = { name: 'unknown', hosts: [] };

/** As seen in November 2026. The first match wins. */
const VENDORS: readonly ChatVendor[] = [
  { name: 'openai', hosts: ['api.openai.com'], writeLifetime: '30m', maxTokensField: 'max_completion_tokens' },
  {
    name: 'azure',
    hosts: ['openai.azure.com', 'services.ai.azure.com', 'models.ai.azure.com'],
    maxTokensField: 'max_completion_tokens',
  },
  { name: 'xai', hosts: ['x.ai'], completionLacks: 'reasoning', runsCustomTools: true },
  { name: 'google', hosts: ['googleapis.com'], completionLacks: 'uncounted-reasoning' },
  // `deepseek-reasoner` of the R1 generation refuses its reasoning, V4 refuses a history without it.
  {
    name: 'deepseek',
    hosts: ['deepseek.com'],
    cachedField: 'prompt_cache_hit_tokens',
    reasoningReplay: /deepseek-v4/,
  },
  { name: 'moonshotai', hosts: ['moonshot.ai', 'moonshot.cn'], cachedField: 'cached_tokens' },
  { name: 'together', hosts: ['together.xyz', 'together.ai'], cachedField: 'cached_tokens' },
  { name: 'groq', hosts: ['groq.com'], maxTokensField: 'max_completion_tokens' },
  { name: 'cerebras', hosts: ['cerebras.ai'], maxTokensField: 'max_completion_tokens' },
  { name: 'bedrock-mantle', hosts: ['api.aws', 'amazonaws.com'], totalRepeatsCache: true },
  { name: 'vercel-gateway', hosts: ['ai-gateway.vercel.sh'], usageField: 'market_cost' },
  { name: 'openrouter', hosts: ['openrouter.ai'], usageField: 'is_byok', estimatesReasoning: true },
];

/** The vendor of that name; one nobody described follows the format. */
export function vendorNamed(name: string): ChatVendor {
  return VENDORS.find((vendor) => vendor.name === name) ?? { ...UNKNOWN_VENDOR, name };
}

/** The vendor that answers at a base URL. */
export function vendorOf(baseURL: string | null | undefined): ChatVendor {
  const host = URL.parse(baseURL ?? '')?.hostname ?? '';
  return (
    VENDORS.find(({ hosts }) => hosts.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))) ??
    UNKNOWN_VENDOR
  );
}

/** The vendor that a usage object betrays by its own fields. */
export function vendorOfUsage(usage: Readonly<Record<string, unknown>>): ChatVendor {
  return VENDORS.find(({ usageField }) => usageField !== undefined && usageField in usage) ?? UNKNOWN_VENDOR;
}
