import { Ollama } from 'ollama';
import { expect, it } from 'vitest';
import { messageText, toolCalls } from '../src/message.ts';
import { streamOllama } from '../src/ollama/provider.ts';
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

const SPLITS_PER_RECORDING = 25;

describeWithCorpus('a recorded Ollama stream, cut into pieces at random', () => {
  const entries = listRecordings({ family: 'ollama', streaming: true, status: 200 });

  it('is one of at least 13', () => {
    expect(entries.length).toBeGreaterThanOrEqual(13);
  });

  it.each(entries.map((entry, index) => [entry.id, index] as const))('reads as it was meant: %s', async (id, index) => {
    const entry = entries[index];
    if (!entry) throw new Error(`No recording ${id}.`);
    const recording = readRecording(entry);
    const random = seededRandom(index);
    const whole = told(await replay(recording, () => []));
    for (let count = 0; count < SPLITS_PER_RECORDING; count += 1) {
      const events = await replay(recording, randomSplitting(random));
      expect(told(events)).toEqual(whole);
      expectAsRecorded(events, recording);
    }
  });
});

async function replay({ response, status, model }: Recording, splitting: Splitting): Promise<readonly StreamEvent[]> {
  const client = new Ollama({ fetch: recordedFetch({ ...response, status }, splitting) });
  return collectEvents(streamOllama(client, userRequest('hi'), { model, retry: false, clock: () => 0 }));
}

function expectAsRecorded(events: readonly StreamEvent[], { expected }: Recording): void {
  const turn = lastTurn(events);
  expect(messageText(turn.message)).toBe(expected.text);
  expect(deltaText(events, 'text-delta')).toBe(expected.text);
  expect(deltaText(events, 'thinking-delta')).toBe(expected.thinkingText);
  expectCounts(turn.tokens, expected);
  expect(toolCalls(turn.message).map(({ name, arguments: parsed }) => [name, parsed])).toEqual(
    expected.toolCalls.map(({ name, arguments: parsed }) => [name, parsed]),
  );
  const isCut = expected.stopReason === 'length';
  expect(turn.stopReason).toBe(isCut ? 'max-tokens' : expected.toolCalls.length > 0 ? 'tool-use' : 'end-turn');
}
