/**
 * The names of the GenAI semantic conventions that are used here.
 *
 * Owns: each name, so that a renaming is an edit of this file, and our words in the conventions' words.
 *
 * Spans, and the metrics `token.usage` and `operation.duration`, are as in semantic-conventions 1.41; their status is Development. Version 1.42
 * (2026-06-12) has moved them to open-telemetry/semantic-conventions-genai, which has no release yet (seen 2026-11-21). Its main says
 * `cache_write` for `cache_creation`, and has counters for cache tokens, of which 1.41 had none: these two are taken from there.
 */

import type { Family, StopReason } from '@reprise/providers';

export const ATTRIBUTE = {
  agentName: 'gen_ai.agent.name',
  cacheCreationTokens: 'gen_ai.usage.cache_creation.input_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  conversationId: 'gen_ai.conversation.id',
  errorType: 'error.type',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputMessages: 'gen_ai.input.messages',
  inputTokens: 'gen_ai.usage.input_tokens',
  isStreaming: 'gen_ai.request.stream',
  operation: 'gen_ai.operation.name',
  outputMessages: 'gen_ai.output.messages',
  outputTokens: 'gen_ai.usage.output_tokens',
  provider: 'gen_ai.provider.name',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  requestModel: 'gen_ai.request.model',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  /** Ours: why the run ended. Most of the reasons are no errors, and the conventions have no word for them. */
  runEndReason: 'reprise.run.end_reason',
  /** Ours. */
  runId: 'reprise.run.id',
  stopSequences: 'gen_ai.request.stop_sequences',
  temperature: 'gen_ai.request.temperature',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  tokenModality: 'gen_ai.token.modality',
  tokenType: 'gen_ai.token.type',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolCallId: 'gen_ai.tool.call.id',
  toolName: 'gen_ai.tool.name',
  toolResult: 'gen_ai.tool.call.result',
  toolType: 'gen_ai.tool.type',
} as const;

export const METRIC = {
  cacheReadTokens: 'gen_ai.client.inference.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.client.inference.usage.cache_write.input_tokens',
  operationDuration: 'gen_ai.client.operation.duration',
  tokenUsage: 'gen_ai.client.token.usage',
} as const;

/** What `error.type` says of a tool whose result is an error: the model was told, and the run went on. */
export const TOOL_ERROR = 'tool_error';

/** What `error.type` says of what nobody listened to until its end. */
export const ABANDONED = 'agent/run-abandoned';

/** The vendor whose wire is spoken. Who else may host it, the events do not tell, and the conventions allow that. */
export function providerName(family: Family): string {
  if (family === 'openai-chat' || family === 'openai-responses') return 'openai';
  return family;
}

/** A stop reason in the conventions' words, ours where they have none. A response that was cut off is an `error` there. */
export function finishReason(reason: StopReason): string {
  return FINISH_REASONS[reason];
}

const FINISH_REASONS: Readonly<Record<StopReason, string>> = {
  'end-turn': 'stop',
  'tool-use': 'tool_call',
  'max-tokens': 'length',
  'stop-sequence': 'stop',
  pause: 'pause',
  refusal: 'content_filter',
  'content-filter': 'content_filter',
  'context-window': 'length',
  aborted: 'error',
  error: 'error',
};

/** The error's code, such as `provider/overloaded`; its class where it has none; the conventions' word for the unknown otherwise. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : error.name;
}
