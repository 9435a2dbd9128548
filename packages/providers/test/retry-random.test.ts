import { expect, it, onTestFinished } from 'vitest';
import { createHttpHarness } from '../src/testing/http-harness.ts';
import { userRequest } from './support/collect-stream.ts';
import { VENDORS } from './support/vendor-wires.ts';

it.each(Object.entries(VENDORS))(
  'a model of %s waits for as long as the caller’s random number says',
  async (_name, vendor) => {
    const { model, close } = await createHttpHarness(vendor).open([{ status: 503, message: 'busy' }]);
    onTestFinished(close);
    for (const [random, delayMs] of [
      [0, 500],
      [0.5, 437.5],
    ] as const) {
      for await (const event of model.stream(userRequest('hi'), { random: () => random })) {
        if (event.type !== 'retry') continue;
        expect(event.delayMs).toBe(delayMs);
        break;
      }
    }
    expect.assertions(2);
  },
);
