import { beforeAll, describe, expect, it } from 'vitest';
import { createStreamCheck, decodedStream } from './support/fuzz-check.ts';
import { mutatedEvents } from './support/fuzz-mutate.ts';
import { FUZZED, responseTexts } from './support/fuzz-wires.ts';
import { seededRandom } from './support/random.ts';

const INPUTS = 100_000;
const FIRST_SEED = 20_261_121;

// Of the errors made here nobody reads where they were made, and to note it takes longer than the rest.
beforeAll(() => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
  };
});

const neverFetched: typeof fetch = () => Promise.reject(new Error('Nothing is sent here.'));

describe.each(Object.entries(FUZZED))('the decoder of %s', (_name, family) => {
  const { createDecoder, responses } = family;
  const texts = responseTexts(family);
  const check = createStreamCheck(family.createModel(neverFetched));

  it('is not fooled by a response that is whole', () => {
    for (const response of responses) expect(check(decodedStream(createDecoder(), response))).toEqual([]);
  });

  it(`makes a well-formed turn of each of ${INPUTS} broken responses, and throws at none`, { timeout: 90_000 }, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + INPUTS; seed += 1) {
      const wire = mutatedEvents(seededRandom(seed), texts);
      const broken = complaintsOf(() => check(decodedStream(createDecoder(prefillOf(seed)), wire)));
      if (broken.length > 0) expect.fail(`Seed ${seed}: ${broken.join('\n')}\n${JSON.stringify(wire, null, 1)}`);
    }
  });

  it('makes the same of the same response, and leaves it as it was', () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 2000; seed += 1) {
      const wire = mutatedEvents(seededRandom(seed), texts);
      const before = JSON.stringify(wire);
      const [one, other] = [1, 2].map(() => JSON.stringify(decodedStream(createDecoder(prefillOf(seed)), wire)));
      expect(one, `Seed ${seed}`).toBe(other);
      expect(JSON.stringify(wire), `Seed ${seed}`).toBe(before);
    }
  });
});

/** Every fourth answer was asked to begin so. */
function prefillOf(seed: number): string | undefined {
  return seed % 4 === 0 ? 'Hel' : undefined;
}

function complaintsOf(check: () => readonly string[]): readonly string[] {
  try {
    return check();
  } catch (error) {
    return [`It threw: ${error instanceof Error ? error.stack : error}`];
  }
}
