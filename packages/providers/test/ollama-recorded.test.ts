import { Ollama } from 'ollama';
import { expect, it } from 'vitest';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import { messageText, toolCalls } from '../src/message.ts';
import { ollamaCacheTokens, tokensFromOllama } from '../src/ollama/decode-usage.ts';
import { streamOllama } from '../src/ollama/provider.ts';
import { collectTurn, userRequest } from './support/collect-stream.ts';
import {
  describeWithCorpus,
  expectCounts,
  listRecordings,
  type Recording,
  readRecording,
  recordedFetch,
  SPLITTINGS,
  type Splitting,
} from './support/corpus.ts';

const recordings = () => listRecordings({ family: 'ollama' });

describeWithCorpus('recorded Ollama streams', () => {
  const entries = recordings().filter(({ streaming }) => streaming);

  it('are there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(13);
  });

  for (const entry of entries) {
    it(`${entry.id} reads the same however it is split`, async () => {
      const recording = readRecording(entry);
      for (const splitting of Object.values(SPLITTINGS)) expectTurn(await replay(recording, splitting), recording);
    });
  }
});

describeWithCorpus('recorded whole Ollama responses', () => {
  const entries = recordings().filter(({ streaming, status }) => !streaming && status === 200);

  it('are there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(12);
  });

  for (const entry of entries) {
    it(`${entry.id} gives its counts, and is read as a stream of one record`, async () => {
      const recording = readRecording(entry);
      const { expected, response } = recording;
      const record = JSON.parse(response.body);
      expectCounts(tokensFromOllama(record), expected);
      expect(ollamaCacheTokens(record)).toEqual({ read: expected.cacheReadTokens ?? 0, write: 0 });
      expectTurn(await replay(recording), recording);
    });
  }
});

describeWithCorpus('recorded Ollama errors', () => {
  const entries = recordings().filter(({ status }) => status !== 200);

  for (const entry of entries) {
    it(`${entry.id} ends with a turn that names the error`, async () => {
      const recording = readRecording(entry);
      const turn = await replay(recording);
      expect(turn.stopReason).toBe('error');
      expect(turn.error).toMatchObject({
        code: 'provider/not-found',
        status: 404,
        message: recording.expected.error?.message,
      });
      expect(turn.usageState).toBe('none');
    });
  }
});

/** The recording through the real client. */
async function replay({ response, status, model }: Recording, splitting?: Splitting): Promise<AssistantTurn> {
  const client = new Ollama({ fetch: recordedFetch({ ...response, status }, splitting) });
  return collectTurn(streamOllama(client, userRequest('hi'), { model }));
}

function expectTurn(turn: AssistantTurn, { expected }: Recording): void {
  const { message } = turn;
  expect(messageText(message)).toBe(expected.text);
  const thinking = message.content.map((block) => (block.type === 'thinking' ? block.text : ''));
  expect(thinking.join('')).toBe(expected.thinkingText);
  expect(turn.model).toBe(expected.responseModel);
  expectCounts(turn.tokens, expected);
  expect(turn.usageState).toBe(expected.usagePresent ? 'final' : 'none');
  const isCut = expected.stopReason === 'length';
  expect(turn.stopReason).toBe(isCut ? 'max-tokens' : expected.toolCalls.length > 0 ? 'tool-use' : 'end-turn');
  const calls = toolCalls(message);
  expect(calls.map(({ name, arguments: parsed }) => ({ name, arguments: parsed }))).toEqual(
    expected.toolCalls.map(({ name, arguments: parsed }) => ({ name, arguments: parsed })),
  );
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  for (const [index, { id }] of calls.entries()) {
    expect(id).toEqual(expected.toolCalls[index]?.id || expect.stringMatching(/^call_[0-9a-f]{24}$/));
  }
}
