export {
  type AnthropicCacheTokens,
  anthropicCacheTokens,
  tokensFromAnthropic,
} from './anthropic/decode/decode-usage.ts';
export { anthropicCacheParameters } from './anthropic/encode/cache-parameters.ts';
export { endsInOpenCall } from './anthropic/encode/open-calls.ts';
export { anthropicPrefixBlocks } from './anthropic/encode/prefix-blocks.ts';
export { type AnthropicModelRules, anthropicModelRules } from './anthropic/models.ts';
export {
  type AnthropicClient,
  type AnthropicOptions,
  type AnthropicStreamOptions,
  anthropic,
  anthropicModel,
  streamAnthropic,
} from './anthropic/provider.ts';
export { createMessageAssembler, type MessageAssembler, toolCallBlock, type WireKey } from './assemble-message.ts';
export {
  type AssistantTurn,
  type AssistantTurnParts,
  assistantTurn,
  malformedCounts,
  type StopReason,
  type TurnTiming,
} from './assistant-turn.ts';
export {
  type ConversationItem,
  conversation,
  type MarkOptions,
  type MessageContent,
  type MessageOptions,
  type MessageParts,
  msg,
  parts,
  type TextMessage,
} from './build-message.ts';
export {
  type CachedRequest,
  type CacheEntry,
  type CacheMark,
  type CacheState,
  type CacheVerdict,
  EMPTY_CACHE,
  type MarkVerdict,
  serveFromCache,
  serveUnexplained,
  type UnreadReason,
} from './cache/cache-model.ts';
export { chatPrefixBlocks } from './cache/chat-prefix.ts';
export type { CacheDiagnostics } from './cache/diagnostics.ts';
export { type CacheDialect, type CacheHost, type CacheRules, cacheRules, LIFETIME_MS } from './cache/family-rules.ts';
export { type CacheParameters, cacheHashes, NO_PARAMETERS } from './cache/parameters.ts';
export { type BreakpointPlan, type CachePolicy, type PlannedMark, planBreakpoints } from './cache/plan-breakpoints.ts';
export { unmarkedWarnings } from './cache/plan-request.ts';
export {
  type BreakpointPlace,
  type BreakpointPolicy,
  isCachePolicy,
  type MarkLifetime,
  NAMED_POLICIES,
} from './cache/policy.ts';
export { type PrefixBlock, prefixFingerprint, prefixHashes } from './cache/prefix.ts';
export { maskJson } from './cassette/redact/mask.ts';
export { checkRequest } from './check-request.ts';
export { type Citation, citationOf, citationsOf } from './citations.ts';
export { ProviderError, type ProviderErrorCode, type ProviderErrorDetails } from './errors.ts';
export { freezeMessage } from './frozen.ts';
export { asArray, asObject, type JsonObject, type JsonValue, parseExactJson } from './json.ts';
export { type MediaOptions, mediaBlock } from './media/media-block.ts';
export type { MediaSource } from './media/read-source.ts';
export { type MediaBlock, mediaHash } from './media.ts';
export {
  type AssistantBlock,
  type AssistantMessage,
  type Block,
  type DocumentBlock,
  type Family,
  type ImageBlock,
  type Message,
  messageText,
  type OpaqueBlock,
  type RedactedThinkingBlock,
  type TextBlock,
  type ThinkingBlock,
  type ToolCallBlock,
  type ToolMessage,
  type ToolResultBlock,
  toolCalls,
  type UserBlock,
  type UserMessage,
  userMessage,
  type VendorFields,
} from './message.ts';
export { stripCacheMarks } from './message-marks.ts';
export {
  completeTurn,
  type Model,
  type ModelStream,
  type Provider,
  type RetryOptions,
  type StreamOptions,
} from './model.ts';
export { type OllamaCacheTokens, ollamaCacheTokens, tokensFromOllama } from './ollama/decode-usage.ts';
export {
  type OllamaClient,
  type OllamaOptions,
  type OllamaStreamOptions,
  ollama,
  ollamaModel,
  streamOllama,
} from './ollama/provider.ts';
export { openaiCacheParameters } from './openai/cache-parameters.ts';
export {
  type OpenAICacheTokens,
  openaiCachedReadTokens,
  openaiCacheTokens,
  tokensFromOpenAIChat,
  usageFindings,
} from './openai/chat/decode-usage.ts';
export type { UsageFinding, UsageFindingCode } from './openai/chat/settle-usage.ts';
export { type OpenAIModelRules, openaiModelRules } from './openai/models.ts';
export {
  type OpenAIChatClient,
  type OpenAIChatOptions,
  type OpenAIChatStreamOptions,
  type OpenAIOptions,
  type OpenAIResponsesClient,
  type OpenAIResponsesStreamOptions,
  openai,
  openaiChatModel,
  openaiResponses,
  openaiResponsesModel,
  streamOpenAIChat,
  streamOpenAIResponses,
} from './openai/provider.ts';
export {
  type ResponsesUsageOptions,
  responsesUsageFindings,
  tokensFromOpenAIResponses,
} from './openai/responses/decode-usage.ts';
export { responsesPrefixBlocks } from './openai/responses/prefix-blocks.ts';
export type { BilledIteration, Billing, ReportedCost } from './price/billing.ts';
export type { PricedModel } from './price/lookup.ts';
export type { PriceDoubt, PricePart, PriceParts, RequestPart } from './price/parts.ts';
export {
  type KnownTurnPrice,
  type PricedIteration,
  type PricedTurn,
  priceTurn,
  type TurnPrice,
  type UnknownTurnPrice,
} from './price/price.ts';
export type { PriceSums, RequestSum, TokenSum } from './price/sum-parts.ts';
export { billingFromUsage } from './read-billing.ts';
export { createDeltaRenderer, type RenderableEvent, type RenderOptions, renderDelta } from './render-delta.ts';
export type { ModelRequest, SearchLevel, ThinkLevel, ToolChoice, ToolDefinition } from './request.ts';
export { requestFault } from './request-fields.ts';
export { type ResolveOptions, resolveModel } from './resolve-model.ts';
export type {
  AssistantTurnEvent,
  BlockEndEvent,
  CitationEvent,
  DeltaEvent,
  RetryEvent,
  StreamEvent,
  TextDeltaEvent,
  ThinkingDeltaEvent,
  ToolCallDeltaEvent,
  VendorEvent,
  WarningEvent,
} from './stream-event.ts';
export {
  type AnswerShape,
  completeStructured,
  isMalformedOutput,
  MalformedOutputError,
  type StructuredAnswer,
  type ValidatedShape,
} from './structured.ts';
export { createSynth, type Synth, type SyntheticResult, synth } from './synthetic-history.ts';
export {
  addCounts,
  CACHE_LIFETIMES,
  type CacheLifetime,
  type Count,
  cacheHit,
  cacheWriteCount,
  cacheWrote,
  countOrZero,
  type GrossCount,
  type KnownTokenCounts,
  netOfCache,
  type PartCount,
  type PromptTotal,
  promptTokenCount,
  reportsCache,
  type TokenCounts,
  tokenCounts,
} from './token-counts.ts';
export { transientMessages, withoutTransient } from './transient.ts';
export { singly } from './transport/read-stream.ts';
export {
  type DecodedTurn,
  type Exchange,
  type ExchangeOptions,
  type StreamDecoder,
  sendExchange,
} from './transport/send.ts';
export { checkLimits } from './transport/time-limits.ts';
