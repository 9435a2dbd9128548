import type { JsonObject } from '../json.ts';

/**
 * How one host of OpenAI's Chat Completions departs from the format. Data only; every field but `name`, `hosts`, `asOf` and `source` is
 * a departure, and what is not said is as the format documents it.
 */
export interface ChatVendor {
  readonly name: string;
  /** Ends of the host names it serves from; one with a port or a path is matched with it. */
  readonly hosts: readonly string[];
  /** When this was so, as `YYYY-MM`. */
  readonly asOf: string;
  readonly source: string;

  // Usage, read by `decode-usage.ts`.
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
  /** It refuses `stream_options.include_usage`, and sends usage without being asked. */
  readonly refusesUsageOption?: boolean;

  // What a request may ask.
  /** The name of the output cap. Default `max_tokens`, which most compatible servers know. */
  readonly maxTokensField?: 'max_completion_tokens';
  /** The models that refuse a temperature. Default: what `models.ts` says where `think` is absent, else none. */
  readonly refusesTemperature?: RegExp;
  /** How its models are asked to think, first match wins; no match does not think. Default: the format's field, as `models.ts` says. */
  readonly think?: readonly ThinkRule[];
  /** The models that can be held to a JSON Schema; the others to JSON. Default: what `models.ts` says. */
  readonly schemaModels?: RegExp;
  /** The models that take `strict: true` with a schema that qualifies. */
  readonly strictModels?: RegExp;
  /** How it is asked to search the web, and by which models. */
  readonly search?: { readonly by: 'web_search_options' | 'openrouter-tool'; readonly models: RegExp };
  /** How an answer is begun for it: by a last assistant message with these fields, and these in the body. */
  readonly prefill?: {
    readonly message: JsonObject;
    readonly body: JsonObject;
    /** Its answer repeats the beginning. */
    readonly echoes?: boolean;
  };

  // The cache.
  /** The models whose cache takes Anthropic's marks, on content parts. The others' vendors keep what they see. */
  readonly cacheMarks?: { readonly field: 'cache_control'; readonly models: RegExp };
  /** Whether it routes requests with the same `prompt_cache_key` to the same cache. */
  readonly takesCacheKey?: boolean;
  /** The header that does the same. */
  readonly cacheKeyHeader?: string;

  // What goes back of earlier answers.
  /** The models that want their reasoning back, and in which field of the assistant message. */
  readonly reasoningReplay?: {
    readonly field: 'reasoning_content' | 'reasoning';
    readonly models: RegExp;
    /** The field has to be there, empty if need be. */
    readonly always?: boolean;
  };
  /** The fields of an assistant message that go back as they came. */
  readonly echoedFields?: readonly string[];
  /** The fields of a tool call that go back as they came, beside those of the format. */
  readonly echoedCallFields?: readonly string[];
  /** The ids it takes for tool calls; others are replaced by one derived from them. */
  readonly callIds?: RegExp;

  /** In Responses, it answers calls of custom tools itself: they are how its own search shows its work. */
  readonly runsCustomTools?: boolean;
}

/** How some of a vendor's models are asked to think. */
export interface ThinkRule {
  readonly models: RegExp;
  /**
   * Which field says it. `thinking` is a switch, with the effort beside it in `reasoning_effort` where there are several;
   * `reasoning.enabled`, `enable_thinking` and `template` (`chat_template_kwargs.enable_thinking`) are switches alone.
   */
  readonly by:
    | 'reasoning_effort'
    | 'reasoning.effort'
    | 'reasoning.enabled'
    | 'thinking'
    | 'enable_thinking'
    | 'template';
  /** The efforts there are, lowest first; `none` if it can be turned off. Of a switch alone, the other stands for all. Empty: it cannot be told. */
  readonly efforts: readonly string[];
}
