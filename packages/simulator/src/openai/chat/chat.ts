import { asObject, chatPrefixBlocks, openaiCacheParameters } from '@reprise/providers';
import { type Answer, blockText, type Dialect } from '../../dialect.ts';
import { type AnswerBlock, type CallBlock, streamPieces, type TextAnswer } from '../../script/answer-blocks.ts';
import type { ScriptedStopReason } from '../../script/script.ts';
import { openaiErrorBody, refuseWithoutKey } from '../errors.ts';
import { openaiMarks } from '../marks.ts';
import { chatConversation } from './conversation.ts';
import { chatUsage, usageChunks } from './usage.ts';
import { refuseChatBody } from './validate.ts';

/** OpenAI's Chat Completions API. Cache reads are reported, and from GPT-5.6 on writes too. */
export const openaiChat: Dialect = {
  family: 'openai-chat',
  path: '/v1/chat/completions',
  streamType: 'text/event-stream',
  requestIdHeader: 'x-request-id',
  refuseCaller: refuseWithoutKey,
  refuseBody: refuseChatBody,
  errorBody: openaiErrorBody,
  prefixBlocks: chatPrefixBlocks,
  parameters: openaiCacheParameters,
  marks: (body) => openaiMarks('openai-chat', body, chatPrefixBlocks(body)),
  idPrefix: 'chatcmpl-',
  conversation: chatConversation,
  usage: chatUsage,
  body: (answer) => ({
    ...envelope(answer, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', refusal: null, ...assistantFields(answer.blocks) },
        logprobs: null,
        finish_reason: FINISH_REASONS[answer.stopReason],
      },
    ],
    usage: chatUsage(answer),
  }),
  events: chunkEvents,
};

const FINISH_REASONS: Readonly<Record<ScriptedStopReason, string>> = {
  'end-turn': 'stop',
  'tool-use': 'tool_calls',
  'max-tokens': 'length',
  'stop-sequence': 'stop',
  pause: 'stop',
  refusal: 'content_filter',
  'content-filter': 'content_filter',
  'context-window': 'length',
};

function envelope(answer: Answer, object: string): object {
  return { id: `chatcmpl-${answer.id}`, object, created: Math.floor(answer.at / 1000), model: answer.model };
}

/** `reasoning_content` is not OpenAI's own: it is what the compatible vendors that show their thinking call it. */
function assistantFields(blocks: readonly AnswerBlock[]): object {
  const text = blockText(blocks, 'text');
  const thinking = blockText(blocks, 'thinking');
  const calls = blocks.filter((block) => block.type === 'tool-call');
  const annotations = blocks.flatMap((block) => (block.type === 'text' ? urlCitations(block) : []));
  return {
    content: text === '' && calls.length > 0 ? null : text,
    ...(thinking === '' ? {} : { reasoning_content: thinking }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => wireCall(call, call.argumentsText)) }),
  };
}

function wireCall(call: CallBlock, argumentsText: string): object {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: argumentsText } };
}

function* chunkEvents(answer: Answer): Iterable<string> {
  const isAsked = asObject(asObject(answer.request)?.['stream_options'])?.['include_usage'] === true;
  const { each, finish, finishChoice, last } = usageChunks(answer, isAsked);
  const chunk = (choices: readonly object[], more: object = {}) =>
    frame({ ...envelope(answer, 'chat.completion.chunk'), choices, ...each, ...more });
  const choice = (delta: object) => ({ index: 0, delta, logprobs: null, finish_reason: null });

  // Its server says something at once, so that nobody hangs up.
  if (answer.usageProfile === 'openrouter') yield ': OPENROUTER PROCESSING\n\n';
  yield chunk([choice({ role: 'assistant', content: '', refusal: null })]);
  for (const delta of answerDeltas(answer)) yield chunk([choice(delta)]);
  yield chunk([{ ...choice({}), finish_reason: FINISH_REASONS[answer.stopReason], ...finishChoice }], finish);
  if (last) yield chunk([], last);
  yield 'data: [DONE]\n\n';
}

function* answerDeltas({ blocks, chunkCharacters }: Answer): Iterable<object> {
  let callIndex = 0;
  for (const block of blocks) {
    switch (block.type) {
      case 'thinking':
        for (const piece of streamPieces(block.text, chunkCharacters)) yield { reasoning_content: piece };
        break;
      case 'text': {
        for (const piece of streamPieces(block.text, chunkCharacters)) yield { content: piece };
        const annotations = urlCitations(block);
        if (annotations.length > 0) yield { annotations };
        break;
      }
      case 'tool-call': {
        const index = callIndex;
        callIndex += 1;
        yield { tool_calls: [{ index, ...wireCall(block, '') }] };
        for (const piece of streamPieces(block.argumentsText, chunkCharacters)) {
          yield { tool_calls: [{ index, function: { arguments: piece } }] };
        }
        break;
      }
      // A search leaves nothing but its citations here, and what nobody may read is not sent.
      case 'search':
      case 'redacted-thinking':
        break;
    }
  }
}

/** The whole text is taken to rest on each of them. */
function urlCitations({ text, sources }: TextAnswer): readonly object[] {
  return sources.map(({ url, title }) => ({
    type: 'url_citation',
    url_citation: { start_index: 0, end_index: text.length, title, url },
  }));
}

function frame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
