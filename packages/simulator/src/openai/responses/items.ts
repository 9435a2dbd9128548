import { asArray, asObject } from '@reprise/providers';
import type { Answer } from '../../dialect.ts';
import {
  type AnswerBlock,
  type CallBlock,
  type SearchBlock,
  streamPieces,
  type TextAnswer,
} from '../../script/answer-blocks.ts';
import type { ScriptedStopReason } from '../../script/script.ts';
import { sealText } from '../../seal.ts';

/** The finished item of each block of an answer. */
export function outputItem(answer: Answer): (block: AnswerBlock, index: number) => object {
  const { id, stopReason, prefixHash } = answer;
  return (block, index) => {
    const itemId = itemIdOf(id, block, index);
    switch (block.type) {
      case 'thinking':
        return {
          id: itemId,
          type: 'reasoning',
          summary: [summaryPart(block.text)],
          encrypted_content: sealText({ text: block.text, prefixHash }),
        };
      case 'redacted-thinking':
        return {
          id: itemId,
          type: 'reasoning',
          summary: [],
          encrypted_content: sealText({ text: block.text, prefixHash }),
        };
      case 'search':
        return { ...searchItem(answer, itemId, block), status: 'completed' };
      case 'text':
        return {
          id: itemId,
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [textPart(block.text, stopReason, urlCitations(block))],
        };
      case 'tool-call':
        return { ...callItem(itemId, block), status: 'completed', arguments: block.argumentsText };
    }
  };
}

const ITEM_PREFIXES: Readonly<Record<AnswerBlock['type'], string>> = {
  thinking: 'rs',
  'redacted-thinking': 'rs',
  search: 'ws',
  text: 'msg',
  'tool-call': 'fc',
};

function itemIdOf(answerId: string, { type }: AnswerBlock, index: number): string {
  return `${ITEM_PREFIXES[type]}_${answerId}${index.toString(16).padStart(4, '0')}`;
}

function callItem(id: string, call: CallBlock): object {
  return { id, type: 'function_call', call_id: call.id, name: call.name };
}

/** What was found is listed only for those who ask. */
function searchItem({ request }: Answer, id: string, { query, results }: SearchBlock): object {
  const isListed = asArray(asObject(request)?.['include']).includes('web_search_call.action.sources');
  const sources = results.map(({ url }) => ({ type: 'url', url }));
  return {
    id,
    type: 'web_search_call',
    action: { type: 'search', query, queries: [query], ...(isListed ? { sources } : {}) },
  };
}

/** The whole text is taken to rest on each of them. */
function urlCitations({ text, sources }: TextAnswer): readonly object[] {
  return sources.map(({ url, title }) => ({
    type: 'url_citation',
    start_index: 0,
    end_index: text.length,
    title,
    url,
  }));
}

function summaryPart(text: string): object {
  return { type: 'summary_text', text };
}

function textPart(text: string, stopReason: ScriptedStopReason, annotations: readonly object[]): object {
  return stopReason === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations, logprobs: [], text };
}

export type ItemEvent = readonly [type: string, fields: object];

/** What the stream says of one item, from its beginning to its end. */
export function* itemEvents(answer: Answer, block: AnswerBlock, index: number, finished: object): Iterable<ItemEvent> {
  const item_id = itemIdOf(answer.id, block, index);
  const piecesOf = (text: string) => streamPieces(text, answer.chunkCharacters);
  switch (block.type) {
    case 'thinking':
      yield ['response.output_item.added', { item: { id: item_id, type: 'reasoning', summary: [] } }];
      yield* partEvents(
        { item_id, summary_index: 0 },
        'reasoning_summary_part',
        summaryPart(''),
        summaryPart(block.text),
      );
      yield* textEvents({ item_id, summary_index: 0 }, 'reasoning_summary_text', 'text', block.text, piecesOf);
      break;
    case 'redacted-thinking':
      yield ['response.output_item.added', { item: { id: item_id, type: 'reasoning', summary: [] } }];
      break;
    case 'search':
      yield ['response.output_item.added', { item: { ...searchItem(answer, item_id, block), status: 'in_progress' } }];
      for (const state of ['in_progress', 'searching', 'completed'])
        yield [`response.web_search_call.${state}`, { item_id }];
      break;
    case 'text': {
      const name = answer.stopReason === 'refusal' ? 'refusal' : 'output_text';
      const place = { item_id, content_index: 0 };
      const citations = name === 'refusal' ? [] : urlCitations(block);
      yield [
        'response.output_item.added',
        { item: { id: item_id, type: 'message', status: 'in_progress', role: 'assistant', content: [] } },
      ];
      yield ['response.content_part.added', { ...place, part: textPart('', answer.stopReason, []) }];
      yield* textEvents(place, name, name === 'refusal' ? 'refusal' : 'text', block.text, piecesOf);
      for (const [annotation_index, annotation] of citations.entries()) {
        yield ['response.output_text.annotation.added', { ...place, annotation_index, annotation }];
      }
      yield ['response.content_part.done', { ...place, part: textPart(block.text, answer.stopReason, citations) }];
      break;
    }
    case 'tool-call':
      yield [
        'response.output_item.added',
        { item: { ...callItem(item_id, block), status: 'in_progress', arguments: '' } },
      ];
      yield* textEvents({ item_id }, 'function_call_arguments', 'arguments', block.argumentsText, piecesOf);
      break;
  }
  yield ['response.output_item.done', { item: finished }];
}

function* partEvents(place: object, name: string, empty: object, whole: object): Iterable<ItemEvent> {
  yield [`response.${name}.added`, { ...place, part: empty }];
  yield [`response.${name}.done`, { ...place, part: whole }];
}

/** A text in pieces, and then once more whole, as the vendor ends each of them. */
function* textEvents(
  place: object,
  name: string,
  field: string,
  text: string,
  piecesOf: (text: string) => readonly string[],
): Iterable<ItemEvent> {
  for (const delta of piecesOf(text)) yield [`response.${name}.delta`, { ...place, delta }];
  yield [`response.${name}.done`, { ...place, [field]: text }];
}
