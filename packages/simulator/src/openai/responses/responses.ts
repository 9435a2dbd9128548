import { asObject, cacheRules, openaiCacheParameters, responsesPrefixBlocks } from '@reprise/providers';
import { type Answer, type AnswerUsage, type Dialect, promptTokens, textOf } from '../../dialect.ts';
import type { ScriptedStopReason } from '../../script/script.ts';
import { openaiErrorBody, refuseWithoutKey } from '../errors.ts';
import { cacheWrites, openaiMarks } from '../marks.ts';
import { responsesConversation } from './conversation.ts';
import { itemEvents, outputItem } from './items.ts';
import { refuseResponsesBody } from './validate.ts';

/** OpenAI's Responses API. It keeps nothing: each request brings its history along. */
export const openaiResponses: Dialect = {
  family: 'openai-responses',
  path: '/v1/responses',
  streamType: 'text/event-stream',
  requestIdHeader: 'x-request-id',
  refuseCaller: refuseWithoutKey,
  refuseBody: refuseResponsesBody,
  errorBody: openaiErrorBody,
  prefixBlocks: responsesPrefixBlocks,
  parameters: openaiCacheParameters,
  marks: (body) => openaiMarks('openai-responses', body, responsesPrefixBlocks(body)),
  comparedWith,
  idPrefix: 'resp_',
  conversation: responsesConversation,
  usage,
  body: (answer) => response(answer, endOf(answer), answer.blocks.map(outputItem(answer)), usage(answer)),
  events: responseEvents,
};

/** How a response ends: its status, and why it is incomplete if it is. */
interface End {
  readonly status: 'completed' | 'incomplete';
  readonly reason?: 'max_output_tokens' | 'content_filter';
}

const ENDS: Partial<Record<ScriptedStopReason, End>> = {
  'max-tokens': { status: 'incomplete', reason: 'max_output_tokens' },
  'context-window': { status: 'incomplete', reason: 'max_output_tokens' },
  'content-filter': { status: 'incomplete', reason: 'content_filter' },
};

function endOf({ stopReason }: Answer): End {
  return ENDS[stopReason] ?? { status: 'completed' };
}

/** Gross: cached tokens are among the input tokens, and reasoning is among the output tokens. */
function usage({ model, counts: { prompt, output, thinking } }: AnswerUsage): unknown {
  const total = promptTokens(prompt);
  return {
    input_tokens: total,
    input_tokens_details: { cached_tokens: prompt.read, ...cacheWrites('openai-responses', model, prompt) },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: thinking },
    total_tokens: total + output,
  };
}

function response(
  answer: Answer,
  { status, reason }: End | { readonly status: 'in_progress'; readonly reason?: undefined },
  output: readonly object[],
  counts: unknown,
): object {
  const { tools = [], tool_choice: toolChoice = 'auto', store = true } = asObject(answer.request) ?? {};
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: Math.floor(answer.at / 1000),
    status,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    model: answer.model,
    output,
    tools,
    tool_choice: toolChoice,
    store,
    usage: counts,
    ...toolUsage(answer),
    ...diagnosticsOf(answer),
  };
}

/** Models from 5.6 on compare; the others do not know the field. */
function comparedWith(body: unknown): string | undefined {
  const { model, prompt_cache_options: options } = asObject(body) ?? {};
  if (cacheRules('openai-responses', textOf(model)).dialect !== 'openai') return undefined;
  return textOf(asObject(options)?.['comparison_response_id']) || undefined;
}

/** The vendor names a changed setting; which one it was is not told apart here. */
function diagnosticsOf({ comparison }: Answer): object {
  switch (comparison?.verdict) {
    case undefined:
      return {};
    case 'same':
      return { prompt_cache_diagnostics: { type: 'cache_hit' } };
    case 'not-found':
      return { prompt_cache_diagnostics: { type: 'comparison_response_not_found' } };
    case 'changed': {
      const { part, missedTokens, reusableTokens } = comparison;
      if (part === 'settings') return { prompt_cache_diagnostics: { type: 'unavailable' } };
      const reason = part === 'model' || part === 'tools' ? part : 'input';
      const tokens = { cache_missed_tokens: missedTokens, comparison_reusable_tokens: reusableTokens + missedTokens };
      return { prompt_cache_diagnostics: { type: 'cache_miss', reason, ...tokens } };
    }
  }
}

/** Searches are billed by their number, beside the tokens. */
function toolUsage({ counts: { searched } }: Answer): object {
  return searched.requests === 0 ? {} : { tool_usage: { web_search: { num_requests: searched.requests } } };
}

function* responseEvents(answer: Answer): Iterable<string> {
  let sequence = 0;
  const frame = (type: string, fields: object): string => {
    const event = { type, sequence_number: sequence, ...fields };
    sequence += 1;
    return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
  };
  const begun = response(answer, { status: 'in_progress' }, [], null);
  yield frame('response.created', { response: begun });
  yield frame('response.in_progress', { response: begun });
  const finished = answer.blocks.map(outputItem(answer));
  for (const [index, block] of answer.blocks.entries()) {
    for (const [type, fields] of itemEvents(answer, block, index, finished[index] ?? {})) {
      yield frame(type, { output_index: index, ...fields });
    }
  }
  const end = endOf(answer);
  yield frame(`response.${end.status}`, { response: response(answer, end, finished, usage(answer)) });
}
