import { OpenAI } from 'openai';
import { expect, it } from 'vitest';
import { streamOpenAIChat } from '../src/openai/provider.ts';
import { collectEvents, userRequest } from './support/collect-stream.ts';
import {
  describeWithCorpus,
  listRecordings,
  type Recording,
  readRecording,
  recordedFetch,
  type Splitting,
} from './support/corpus.ts';
import { type Random, seededRandom } from './support/random.ts';

const SPLITS_A_RECORDING = 6;

describeWithCorpus('every recorded Chat Completions response', () => {
  const entries = listRecordings({ family: 'openai-chat' });

  it('is there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(277);
  });

  it.each(entries)('$id gives the same events wherever the network cuts it', async (entry) => {
    const recording = readRecording(entry);
    const wanted = await eventsOf(recording);
    for (let seed = 1; seed <= SPLITS_A_RECORDING; seed += 1) {
      expect(await eventsOf(recording, randomSplitting(seededRandom(seed))), `seed ${seed}`).toEqual(wanted);
    }
  });
});

/** From a single cut to a cut at every byte or two, from a random place on. */
function randomSplitting(random: Random): Splitting {
  const averageLength = random.pick([1, 3, 20, 200, 2000]);
  return (bytes) => {
    const cuts = [random.upTo(bytes.length)];
    for (
      let at = cuts[0] ?? 0;
      at < bytes.length && cuts.length < MOST_CUTS;
      at += 1 + random.upTo(2 * averageLength)
    ) {
      cuts.push(at);
    }
    return cuts;
  };
}

// Some bodies are long, and this is to stay quick.
const MOST_CUTS = 500;

/** The events of the recording through the real SDK client, without the times. */
async function eventsOf(
  { response, status, vendor, model }: Recording,
  splitting?: Splitting,
): Promise<readonly unknown[]> {
  const client = new OpenAI({
    apiKey: 'test-key',
    fetch: recordedFetch({ ...response, status }, splitting),
    logLevel: 'off',
  });
  const options = { model, vendor, retry: false, clock: () => 0 } as const;
  const events = await collectEvents(streamOpenAIChat(client, userRequest('hi'), options));
  return events.map((event) => {
    if (event.type !== 'assistant-turn' || !event.turn.error) return event;
    const { code, message, status: errorStatus } = event.turn.error;
    return { ...event, turn: { ...event.turn, error: { code, message, status: errorStatus } } };
  });
}
