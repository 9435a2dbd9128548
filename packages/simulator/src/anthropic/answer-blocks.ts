import type { Answer } from '../dialect.ts';
import { type AnswerBlock, foundText, type SearchBlock, streamPieces } from '../script/answer-blocks.ts';
import type { SearchResult } from '../script/script.ts';
import { sealText } from '../seal.ts';

/** One content block of a message: as it begins in a stream, what is added to it, and as it is in the end. */
export interface WireBlock {
  readonly start: object;
  readonly deltas: readonly object[];
  readonly whole: object;
}

/** An answer's blocks on the wire. A search is two: the call, and what it found. */
export function wireBlocks(answer: Answer): readonly WireBlock[] {
  return answer.blocks.flatMap((block, index) => wireBlock(answer, block, index));
}

function wireBlock(answer: Answer, block: AnswerBlock, index: number): readonly WireBlock[] {
  const { prefixHash, chunkCharacters } = answer;
  const pieces = (text: string) => streamPieces(text, chunkCharacters);
  switch (block.type) {
    case 'thinking': {
      const signature = sealText({ text: block.text, prefixHash });
      const deltas = pieces(block.text).map((thinking) => ({ type: 'thinking_delta', thinking }));
      return [
        {
          start: { type: 'thinking', thinking: '', signature: '' },
          deltas: [...deltas, { type: 'signature_delta', signature }],
          whole: { type: 'thinking', thinking: block.text, signature },
        },
      ];
    }
    case 'redacted-thinking': {
      const whole = { type: 'redacted_thinking', data: sealText({ text: block.text, prefixHash }) };
      return [{ start: whole, deltas: [], whole }];
    }
    case 'search':
      return searchBlocks(answer, block, index);
    case 'text': {
      const citations = block.sources.map((source) => citationOf(source, prefixHash));
      return [
        {
          start: { type: 'text', text: '', citations: citations.length === 0 ? null : [] },
          deltas: [
            ...pieces(block.text).map((text) => ({ type: 'text_delta', text })),
            ...citations.map((citation) => ({ type: 'citations_delta', citation })),
          ],
          whole: { type: 'text', text: block.text, citations: citations.length === 0 ? null : citations },
        },
      ];
    }
    case 'tool-call': {
      const call = { type: 'tool_use', id: block.id, name: block.name };
      return [
        {
          start: { ...call, input: {} },
          deltas: inputDeltas(pieces, block.argumentsText),
          whole: { ...call, input: block.arguments },
        },
      ];
    }
  }
}

function inputDeltas(pieces: (text: string) => readonly string[], json: string): readonly object[] {
  return pieces(json).map((partial) => ({ type: 'input_json_delta', partial_json: partial }));
}

function searchBlocks(answer: Answer, { query, results }: SearchBlock, index: number): readonly WireBlock[] {
  const id = `srvtoolu_${answer.id}${index.toString(16).padStart(4, '0')}`;
  const caller = { type: 'direct' };
  const call = { type: 'server_tool_use', id, name: 'web_search', caller };
  const found = {
    type: 'web_search_tool_result',
    tool_use_id: id,
    caller,
    content: results.map((result) => ({
      type: 'web_search_result',
      url: result.url,
      title: result.title,
      encrypted_content: sealFound(result, answer.prefixHash),
      page_age: null,
    })),
  };
  const pieces = (text: string) => streamPieces(text, answer.chunkCharacters);
  return [
    {
      start: { ...call, input: {} },
      deltas: inputDeltas(pieces, JSON.stringify({ query })),
      whole: { ...call, input: { query } },
    },
    { start: found, deltas: [], whole: found },
  ];
}

function citationOf(source: SearchResult, prefixHash: string): object {
  return {
    type: 'web_search_result_location',
    url: source.url,
    title: source.title,
    cited_text: foundText(source),
    encrypted_index: sealFound(source, prefixHash),
  };
}

/** Bound to its address, so that it does not pass for what another page says. */
function sealFound(result: SearchResult, prefixHash: string): string {
  return sealText({ text: `${result.url}\n${foundText(result)}`, prefixHash });
}
