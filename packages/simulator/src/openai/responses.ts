import { asObject, openaiCacheParameters, responsesPrefixBlocks } from '@reprise/providers';
import { type Answer, type AnswerCounts, type Dialect, promptTokens } from '../dialect.ts';
import { type AnswerBlock, type ScriptedStopReason, streamPieces } from '../script/script.ts';
import { sealThought } from '../seal.ts';
import { openaiErrorBody, refuseWithoutKey } from './errors.ts';
import { cacheWrites, openaiMarks } from './marks.ts';
import { responsesConversation } from './responses-conversation.ts';
import { refuseResponsesBody } from './responses-validate.ts';

/** OpenAI's Responses API. It keeps nothing: each request brings its history along. */
export const openaiResponses: Dialect = {
  family: 'openai-responses',
  path: '/v1/responses',
  streamType: 'text/event-stream',
  refuseCaller: refuseWithoutKey,
  refuseBody: refuseResponsesBody,
  errorBody: openaiErrorBody,
  prefixBlocks: responsesPrefixBlocks,
  parameters: openaiCacheParameters,
  marks: (body) => openaiMarks('openai-responses', body, responsesPrefixBlocks(body)),
  conversation: responsesConversation,
  usage,
  body: (answer) => response(answer, endOf(answer), answer.blocks.map(outputItem(answer)), usage(answer.counts)),
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
function usage({ prompt, output, thinking }: AnswerCounts): unknown {
  const total = promptTokens(prompt);
  return {
    input_tokens: total,
    input_tokens_details: { cached_tokens: prompt.read, ...cacheWrites(prompt) },
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
  };
}

/** The finished item of each block of an answer. */
function outputItem({ id, stopReason, prefixHash }: Answer): (block: AnswerBlock, index: number) => object {
  return (block, index) => {
    const itemId = itemIdOf(id, block, index);
    switch (block.type) {
      case 'thinking':
        return {
          id: itemId,
          type: 'reasoning',
          summary: [summaryPart(block.text)],
          encrypted_content: sealThought(block.text, prefixHash),
        };
      case 'text':
        return {
          id: itemId,
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [textPart(block.text, stopReason)],
        };
      case 'tool-call':
        return { ...callItem(itemId, block), status: 'completed', arguments: block.argumentsText };
    }
  };
}

const ITEM_PREFIXES: Readonly<Record<AnswerBlock['type'], string>> = { thinking: 'rs', text: 'msg', 'tool-call': 'fc' };

function itemIdOf(answerId: string, { type }: AnswerBlock, index: number): string {
  return `${ITEM_PREFIXES[type]}_${answerId}${index.toString(16).padStart(4, '0')}`;
}

function callItem(id: string, call: Extract<AnswerBlock, { type: 'tool-call' }>): object {
  return { id, type: 'function_call', call_id: call.id, name: call.name };
}

function summaryPart(text: string): object {
  return { type: 'summary_text', text };
}

function textPart(text: string, stopReason: ScriptedStopReason): object {
  return stopReason === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations: [], logprobs: [], text };
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
  yield frame(`response.${end.status}`, { response: response(answer, end, finished, usage(answer.counts)) });
}

type ItemEvent = readonly [type: string, fields: object];

function* itemEvents(answer: Answer, block: AnswerBlock, index: number, finished: object): Iterable<ItemEvent> {
  const item_id = itemIdOf(answer.id, block, index);
  switch (block.type) {
    case 'thinking':
      yield ['response.output_item.added', { item: { id: item_id, type: 'reasoning', summary: [] } }];
      yield* partEvents(
        { item_id, summary_index: 0 },
        'reasoning_summary_part',
        summaryPart(''),
        summaryPart(block.text),
      );
      yield* textEvents({ item_id, summary_index: 0 }, 'reasoning_summary_text', 'text', block.text);
      break;
    case 'text': {
      const name = answer.stopReason === 'refusal' ? 'refusal' : 'output_text';
      const place = { item_id, content_index: 0 };
      yield [
        'response.output_item.added',
        { item: { id: item_id, type: 'message', status: 'in_progress', role: 'assistant', content: [] } },
      ];
      yield ['response.content_part.added', { ...place, part: textPart('', answer.stopReason) }];
      yield* textEvents(place, name, name === 'refusal' ? 'refusal' : 'text', block.text);
      yield ['response.content_part.done', { ...place, part: textPart(block.text, answer.stopReason) }];
      break;
    }
    case 'tool-call':
      yield [
        'response.output_item.added',
        { item: { ...callItem(item_id, block), status: 'in_progress', arguments: '' } },
      ];
      yield* textEvents({ item_id }, 'function_call_arguments', 'arguments', block.argumentsText);
      break;
  }
  yield ['response.output_item.done', { item: finished }];
}

function* partEvents(place: object, name: string, empty: object, whole: object): Iterable<ItemEvent> {
  yield [`response.${name}.added`, { ...place, part: empty }];
  yield [`response.${name}.done`, { ...place, part: whole }];
}

/** A text in pieces, and then once more whole, as the vendor ends each of them. */
function* textEvents(place: object, name: string, field: string, text: string): Iterable<ItemEvent> {
  for (const delta of streamPieces(text)) yield [`response.${name}.delta`, { ...place, delta }];
  yield [`response.${name}.done`, { ...place, [field]: text }];
}
