import { anthropicCacheParameters, anthropicPrefixBlocks, asObject } from '@reprise/providers';
import { type Answer, type AnswerCounts, type AnswerUsage, type Dialect, type Refusal, textOf } from '../dialect.ts';
import type { ScriptedStopReason } from '../script/script.ts';
import { wireBlocks } from './answer-blocks.ts';
import { anthropicConversation } from './conversation.ts';
import { cacheMarks } from './marks.ts';
import { refuseMessagesBody } from './validate/body.ts';

/** Anthropic's Messages API. */
export const anthropicMessages: Dialect = {
  family: 'anthropic',
  path: '/v1/messages',
  streamType: 'text/event-stream',
  requestIdHeader: 'request-id',
  refuseCaller: (headers) =>
    headers.has('x-api-key') || headers.has('authorization')
      ? undefined
      : { status: 401, message: 'x-api-key header is required' },
  refuseBody: refuseMessagesBody,
  errorBody: ({ status, message }) => ({ type: 'error', error: { type: ERROR_TYPES[status], message } }),
  prefixBlocks: anthropicPrefixBlocks,
  parameters: anthropicCacheParameters,
  marks: cacheMarks,
  comparedWith: (body) => textOf(asObject(asObject(body)?.['diagnostics'])?.['previous_message_id']) || undefined,
  idPrefix: 'msg_',
  conversation: anthropicConversation,
  usage,
  body: (answer) => ({
    ...emptyMessage(answer),
    content: wireBlocks(answer).map(({ whole }) => whole),
    stop_reason: STOP_REASONS[answer.stopReason],
    stop_details: stopDetails(answer),
    usage: usage(answer),
  }),
  events: messageEvents,
};

const ERROR_TYPES: Readonly<Record<Refusal['status'], string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  502: 'api_error',
  503: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const STOP_REASONS: Readonly<Record<ScriptedStopReason, string>> = {
  'end-turn': 'end_turn',
  'tool-use': 'tool_use',
  'max-tokens': 'max_tokens',
  'stop-sequence': 'stop_sequence',
  pause: 'pause_turn',
  refusal: 'refusal',
  'content-filter': 'refusal',
  'context-window': 'model_context_window_exceeded',
};

/** Net: the prompt is the sum of three counters. The split by lifetime exists here, but not in `message_delta`. */
function usage({ counts }: AnswerUsage): unknown {
  return { ...promptUsage(counts, counts.searched.tokens), ...splitUsage(counts), ...outputUsage(counts) };
}

/** `searchedTokens`: what the model read of its own searches so far, which counts as input without being part of the prompt. */
function promptUsage({ prompt: { fresh, read, written } }: AnswerCounts, searchedTokens: number): object {
  return {
    input_tokens: fresh + searchedTokens,
    cache_creation_input_tokens: (written['5m'] ?? 0) + (written['1h'] ?? 0),
    cache_read_input_tokens: read,
  };
}

function splitUsage({ prompt: { written } }: AnswerCounts): object {
  return {
    cache_creation: {
      ephemeral_5m_input_tokens: written['5m'] ?? 0,
      ephemeral_1h_input_tokens: written['1h'] ?? 0,
    },
    service_tier: 'standard',
  };
}

function outputUsage({ output, thinking, searched: { requests } }: AnswerCounts): object {
  return {
    output_tokens: output,
    output_tokens_details: { thinking_tokens: thinking },
    server_tool_use: requests === 0 ? null : { web_search_requests: requests, web_fetch_requests: 0 },
  };
}

function emptyMessage(answer: Answer): object {
  return {
    id: `msg_${answer.id}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    diagnostics: diagnosticsOf(answer),
  };
}

/** `null` where nothing was asked, and where nothing differed. */
function diagnosticsOf({ comparison }: Answer): object | null {
  switch (comparison?.verdict) {
    case undefined:
    case 'same':
      return null;
    case 'not-found':
      return { cache_miss_reason: { type: 'previous_message_not_found' } };
    case 'changed': {
      const { part, missedTokens } = comparison;
      // A changed tool choice or thinking setting has no reason of its own.
      if (part === 'settings') return { cache_miss_reason: { type: 'unavailable' } };
      return { cache_miss_reason: { type: `${part}_changed`, cache_missed_input_tokens: missedTokens } };
    }
  }
}

function* messageEvents(answer: Answer): Iterable<string> {
  const { counts } = answer;
  // Counted so far: one token, as the vendor says before it has said anything, and nothing of what it will find.
  const started = { ...promptUsage(counts, 0), ...splitUsage(counts), output_tokens: 1 };
  yield frame('message_start', { message: { ...emptyMessage(answer), usage: started } });
  for (const [index, { start, deltas }] of wireBlocks(answer).entries()) {
    yield frame('content_block_start', { index, content_block: start });
    for (const delta of deltas) yield frame('content_block_delta', { index, delta });
    yield frame('content_block_stop', { index });
  }
  yield frame('message_delta', {
    delta: { stop_reason: STOP_REASONS[answer.stopReason], stop_sequence: null, stop_details: stopDetails(answer) },
    usage: { ...promptUsage(counts, counts.searched.tokens), ...outputUsage(counts) },
  });
  yield frame('message_stop', {});
}

/** Only refusals have any. */
function stopDetails({ stopReason, refusalCategory }: Answer): object | null {
  return stopReason === 'refusal' ? { type: 'refusal', category: refusalCategory, explanation: null } : null;
}

/** The SDK skips an event without its `event:` line. */
function frame(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
