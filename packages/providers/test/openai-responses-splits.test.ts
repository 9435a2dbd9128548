import { OpenAI } from 'openai';
import { expect, it } from 'vitest';
import { messageText, toolCalls } from '../src/message.ts';
import { streamOpenAIResponses } from '../src/openai/provider.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { collectEvents, deltaText, lastTurn, userRequest } from './support/collect-stream.ts';
import {
  describeWithCorpus,
  expectCounts,
  listRecordings,
  type Recording,
  readRecording,
  recordedFetch,
  type Splitting,
} from './support/corpus.ts';
import { seededRandom } from './support/random.ts';
import { randomSplitting, told } from './support/random-splitting.ts';

/** A Responses request that Azure answers in the Chat Completions format. */
const CHAT_ANSWER = 'openai-responses-azure-unknown-sse-e6b4d059';

/** xAI's own search answers the calls that the recording lists. */
const CALLS_OF_THE_VENDOR = 'openai-responses-xai-grok-4-fast-reasoning-sse-2d430560';

const SPLITS_PER_RECORDING = 6;

describeWithCorpus('a recorded Responses stream, cut into pieces at random', () => {
  const entries = listRecordings({ family: 'openai-responses', streaming: true, status: 200 });

  it('is one of at least 75', () => {
    expect(entries.length).toBeGreaterThanOrEqual(75);
  });

  it.each(entries.filter(({ id }) => id !== CHAT_ANSWER))('reads as it was meant: $id', async (entry) => {
    const recording = readRecording(entry);
    const random = seededRandom(hash(entry.id));
    const whole = told(await replay(recording, () => []));
    for (let count = 0; count < SPLITS_PER_RECORDING; count += 1) {
      const events = await replay(recording, randomSplitting(random));
      expect(told(events)).toEqual(whole);
      expectAsRecorded(events, recording);
    }
  });
});

async function replay(
  { response, status, vendor, model }: Recording,
  splitting: Splitting,
): Promise<readonly StreamEvent[]> {
  const client = new OpenAI({ apiKey: 'k', fetch: recordedFetch({ ...response, status }, splitting), logLevel: 'off' });
  return collectEvents(
    streamOpenAIResponses(client, userRequest('hi'), { model, vendor, retry: false, clock: () => 0 }),
  );
}

function expectAsRecorded(events: readonly StreamEvent[], { id, expected }: Recording): void {
  const turn = lastTurn(events);
  expect(messageText(turn.message)).toBe(expected.text || (expected.refusal ?? ''));
  expect(deltaText(events, 'text-delta')).toBe(messageText(turn.message));
  expect(deltaText(events, 'thinking-delta')).toBe(expected.thinkingText);
  expectCounts(turn.tokens, expected);
  const wanted = id === CALLS_OF_THE_VENDOR ? [] : expected.toolCalls;
  const calls = toolCalls(turn.message);
  expect(calls.map((call) => [call.id, call.name, call.argumentsText])).toEqual(
    wanted.map((call) => [call.id, call.name, call.argumentsText]),
  );
  expect(turn.stopReason).toBe(stopReasonOf(expected, wanted.length));
}

function stopReasonOf({ stopReason, error, refusal }: Recording['expected'], callCount: number): string {
  if (error !== null) return 'error';
  if (stopReason === 'max_output_tokens') return 'max-tokens';
  if (callCount > 0) return 'tool-use';
  return refusal === null ? 'end-turn' : 'refusal';
}

function hash(text: string): number {
  return [...text].reduce((sum, character) => (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) | 0, 7);
}
