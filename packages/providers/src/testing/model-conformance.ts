import { describe } from 'vitest';
import { describeAnswers } from './conformance/answers.ts';
import { describeEncoding } from './conformance/encoding.ts';
import { describeEndings } from './conformance/endings.ts';
import { describeFailures } from './conformance/failures.ts';
import { createStage } from './conformance/play.ts';
import { describeTransientMessages } from './conformance/transient.ts';
import type { ModelHarness } from './harness.ts';

/**
 * The suite every model passes: the promises of `model.ts`, and the rules E1 to E4 of `stream-event.ts`. It runs under vitest, on real
 * sockets and with time limits of some milliseconds.
 */
export function describeModelConformance(name: string, harness: ModelHarness): void {
  describe(`${name} keeps the promises of a model`, () => {
    const stage = createStage(harness);
    describeAnswers(stage);
    describeFailures(stage);
    describeEndings(stage);
    describeEncoding(stage);
    describeTransientMessages(stage);
  });
}
