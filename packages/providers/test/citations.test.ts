import { Anthropic } from '@anthropic-ai/sdk';
import { OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import { createBlockDecoder } from '../src/anthropic/decode/decode-blocks.ts';
import { encodeRequest } from '../src/anthropic/encode/encode-request.ts';
import { streamAnthropic } from '../src/anthropic/provider.ts';
import { type Citation, citationsOf } from '../src/citations.ts';
import { asArray, asObject, type JsonObject } from '../src/json.ts';
import { type AssistantMessage, userMessage } from '../src/message.ts';
import { streamOpenAIChat, streamOpenAIResponses } from '../src/openai/provider.ts';
import { collectTurn, userRequest } from './support/collect-stream.ts';
import { describeWithCorpus, listRecordings, type Recording, readRecording, recordedFetch } from './support/corpus.ts';

const message = (...citations: readonly JsonObject[]): AssistantMessage => ({
  role: 'assistant',
  content: [{ type: 'text', text: 'x', citations }],
});

describe('a citation in our words (L-51)', () => {
  it.each<[string, JsonObject, Omit<Citation, 'wire'>]>([
    [
      'a page that Claude found',
      {
        type: 'web_search_result_location',
        url: 'https://a.test',
        title: 'A',
        cited_text: 'so it is',
        encrypted_index: 'Eo8=',
      },
      { url: 'https://a.test', title: 'A', citedText: 'so it is', encryptedIndex: 'Eo8=' },
    ],
    [
      'characters of a text',
      {
        type: 'char_location',
        cited_text: 'so',
        document_index: 0,
        document_title: 'a.txt',
        start_char_index: 3,
        end_char_index: 5,
        file_id: null,
      },
      { title: 'a.txt', citedText: 'so', startIndex: 3, endIndex: 5, indexUnit: 'source-character' },
    ],
    [
      'pages of a PDF',
      { type: 'page_location', cited_text: 'so', document_title: null, start_page_number: 1, end_page_number: 2 },
      { citedText: 'so', startIndex: 1, endIndex: 2, indexUnit: 'source-page' },
    ],
    [
      'blocks of a document',
      {
        type: 'content_block_location',
        cited_text: 'so',
        document_title: 'd',
        start_block_index: 0,
        end_block_index: 1,
      },
      { title: 'd', citedText: 'so', startIndex: 0, endIndex: 1, indexUnit: 'source-block' },
    ],
    [
      "a search result of the caller's",
      {
        type: 'search_result_location',
        cited_text: 'so',
        source: 'https://b.test/doc',
        title: 'B',
        search_result_index: 2,
        start_block_index: 0,
        end_block_index: 1,
      },
      { url: 'https://b.test/doc', title: 'B', citedText: 'so', startIndex: 0, endIndex: 1, indexUnit: 'source-block' },
    ],
    [
      'a search result whose source is no address',
      { type: 'search_result_location', cited_text: 'so', source: 'kb/7', title: 'B' },
      { title: 'B', citedText: 'so' },
    ],
    [
      'a page of Responses',
      { type: 'url_citation', url: 'https://a.test', title: 'A', start_index: 7, end_index: 9 },
      { url: 'https://a.test', title: 'A', startIndex: 7, endIndex: 9, indexUnit: 'answer-character' },
    ],
    [
      'a file of Responses',
      { type: 'container_file_citation', filename: 'out.csv', file_id: 'f', start_index: 1, end_index: 4 },
      { title: 'out.csv', startIndex: 1, endIndex: 4, indexUnit: 'answer-character' },
    ],
    [
      'a page of Chat Completions',
      {
        type: 'url_citation',
        url_citation: { url: 'https://a.test', title: 'A', start_index: 0, end_index: 4, content: 'so' },
      },
      { url: 'https://a.test', title: 'A', citedText: 'so', startIndex: 0, endIndex: 4, indexUnit: 'answer-character' },
    ],
    [
      'a bare address of Perplexity',
      { type: 'url_citation', url_citation: { url: 'https://a.test' } },
      { url: 'https://a.test' },
    ],
    ['a kind nobody knows', { type: 'new_kind', of: 'citation' }, {}],
  ])('is read from %s', (_name, wire, expected) => {
    const [citation, ...others] = citationsOf(message(wire));
    expect(citation).toEqual({ ...expected, wire });
    expect(citation?.wire).toBe(wire);
    expect(others).toEqual([]);
  });

  it('stands in the order of the message, whatever stands between', () => {
    const cited = (url: string) => ({ type: 'text', text: url, citations: [{ url }] }) as const;
    const content = [cited('https://a.test'), { type: 'thinking', text: 'hm' } as const, cited('https://b.test')];
    expect(citationsOf({ role: 'assistant', content }).map(({ url }) => url)).toEqual([
      'https://a.test',
      'https://b.test',
    ]);
    expect(citationsOf(userMessage('none'))).toEqual([]);
  });

  it('goes back as it came, its encrypted index included', () => {
    const wire = { type: 'web_search_result_location', url: 'https://a.test', encrypted_index: 'Eo8=' };
    const { body } = encodeRequest({ messages: [userMessage('q'), message(wire), userMessage('q2')] }, 'claude-test');
    expect(JSON.stringify(body)).toContain(`"citations":[${JSON.stringify(wire)}]`);
  });
});

const OUR_FAMILIES = ['anthropic', 'bedrock-anthropic', 'openai-chat', 'openai-responses', 'ollama'];

describeWithCorpus('recorded citations (L-51)', () => {
  const recordings = OUR_FAMILIES.flatMap((family) => listRecordings({ family, status: 200 }))
    .map(readRecording)
    .filter(({ expected }) => expected.citationCount > 0);

  it('are there', () => {
    expect(recordings.length).toBeGreaterThanOrEqual(29);
  });

  for (const recording of recordings) {
    it(`${recording.id} has each of its citations once, and each says where it is from`, async () => {
      const citations = citationsOf(await readMessage(recording));
      expect(citations).toHaveLength(recording.expected.citationCount);
      for (const { url, title, wire } of citations) {
        expect(url ?? title, JSON.stringify(wire)).toBeTruthy();
        const isWebPage = /web_search_result|url_citation/.test(String(wire['type']));
        expect(url !== undefined).toBe(isWebPage);
      }
      if (recording.family === 'anthropic') {
        const indexes = citations.flatMap(({ encryptedIndex }) => encryptedIndex ?? []);
        expect(indexes).toEqual(recording.response.body.match(/(?<="encrypted_index":\s?")[^"]+/g) ?? []);
      }
    });
  }
});

/** The recording's message, as the family's own stream function reads it. */
async function readMessage(recording: Recording): Promise<AssistantMessage> {
  const { family, response, status, vendor, streaming } = recording;
  if (/anthropic/.test(family) && !streaming) return decodeWhole(recording);
  const client = { fetch: recordedFetch({ ...response, status }), apiKey: 'test', logLevel: 'off' } as const;
  const options = { model: 'test-model', vendor, retry: false } as const;
  switch (family) {
    case 'openai-chat':
      return (await collectTurn(streamOpenAIChat(new OpenAI(client), userRequest('hi'), options))).message;
    case 'openai-responses':
      return (await collectTurn(streamOpenAIResponses(new OpenAI(client), userRequest('hi'), options))).message;
    case 'anthropic':
      return (await collectTurn(streamAnthropic(new Anthropic(client), userRequest('hi'), options))).message;
    default:
      throw new Error(`No recording of family ${family} had citations when this was written.`);
  }
}

/** We only ask for streams; an answer in one piece is read block by block. */
function decodeWhole({ response }: Recording): AssistantMessage {
  const decoder = createBlockDecoder();
  for (const [index, block] of asArray(asObject(JSON.parse(response.body))?.['content']).entries()) {
    decoder.start(index, asObject(block) ?? {});
    decoder.end(index);
  }
  return decoder.message();
}
