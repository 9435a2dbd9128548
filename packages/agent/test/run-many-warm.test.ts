import { modelFromStream, runMany } from '@reprise/agent';
import { anthropic } from '@reprise/providers';
import { type Script, type Simulator, startSimulator } from '@reprise/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { textTurn } from './support/scripted-stream.ts';
import { answerTogether, LONG_SYSTEM_PROMPT } from './support/simulated.ts';

const INPUTS = ['one', 'two', 'three', 'four', 'five'];

type Faults = NonNullable<Parameters<typeof startSimulator>[0]['faults']>;

async function vendorWith(script: Script, faults: Faults = []): Promise<Simulator> {
  const vendor = await startSimulator({ script, faults });
  onTestFinished(() => vendor.close());
  return vendor;
}

interface Watched {
  /** In their order: requests that were made, and runs whose answer began or that failed without one. */
  readonly log: readonly ('asked' | 'answered' | 'failed')[];
  /** What each answered request has read and written, in the order of arrival. */
  readonly verdicts: readonly { readonly read: number; readonly written: number }[];
}

async function watchBatch(vendor: Simulator, warm: boolean): Promise<Watched> {
  const log: Watched['log'][number][] = [];
  const model = anthropic({ apiKey: 'simulated', baseURL: vendor.url }).model('claude-opus-5');
  await runMany(INPUTS, {
    model: {
      ...model,
      stream(request, options) {
        log.push('asked');
        return model.stream(request, options);
      },
    },
    ...{ system: LONG_SYSTEM_PROMPT, cache: 'system_and_tools', warm, retry: false },
    onEvent(event) {
      if (event.type === 'text-delta') log.push('answered');
      if (event.type === 'run-end' && event.error) log.push('failed');
    },
  });
  const answered = vendor.requests.filter(({ status }) => status === 200).toSorted((a, b) => a.index - b.index);
  const sum = (written: object): number => Object.values(written).reduce((total, count) => total + count, 0);
  return { log, verdicts: answered.map(({ verdict: { read, written } }) => ({ read, written: sum(written) })) };
}

describe('a batch whose conversations share a prefix (P-15, D-09)', () => {
  it('writes it once, and every other run reads exactly that', async () => {
    const { log, verdicts } = await watchBatch(await vendorWith(() => 'done'), true);
    const [first, ...others] = verdicts;
    expect(log.slice(0, 3)).toEqual(['asked', 'answered', 'asked']);
    expect(first?.read).toBe(0);
    expect(first?.written).toBeGreaterThan(1000);
    expect(others).toEqual(INPUTS.slice(1).map(() => ({ read: first?.written, written: 0 })));
  });

  it('writes it each time if all are sent at once (X-09)', async () => {
    const { log, verdicts } = await watchBatch(await vendorWith(answerTogether(INPUTS.length)), false);
    expect(log.slice(0, INPUTS.length)).toEqual(INPUTS.map(() => 'asked'));
    expect(verdicts).toEqual(INPUTS.map(() => ({ read: 0, written: verdicts[0]?.written })));
  });

  it('goes on one by one while nobody has been answered, so that a failure in front costs no other write', async () => {
    const faults: Faults = [{ fault: { type: 'status', status: 500 }, when: { requestIndexes: [0, 1] } }];
    const vendor = await vendorWith(() => 'done', faults);
    const { log, verdicts } = await watchBatch(vendor, true);
    const [third, ...others] = verdicts;
    expect(log.slice(0, 7)).toEqual(['asked', 'failed', 'asked', 'failed', 'asked', 'answered', 'asked']);
    expect(vendor.requests.map(({ status }) => status)).toEqual([500, 500, 200, 200, 200]);
    expect([third?.read, third?.written]).toEqual([0, expect.any(Number)]);
    expect(others).toEqual([0, 0].map(() => ({ read: third?.written, written: 0 })));
  });

  it('lets the others ask as soon as the first answer has begun, not when it has ended', async () => {
    const allAsked = Promise.withResolvers<void>();
    let asked = 0;
    const model = modelFromStream({
      id: 'slow',
      async *stream() {
        asked += 1;
        if (asked === INPUTS.length) allAsked.resolve();
        yield { type: 'text-delta', blockIndex: 0, text: 'do' };
        await allAsked.promise;
        yield { type: 'assistant-turn', turn: textTurn('done') };
      },
    });
    const outcomes = await runMany(INPUTS, { model });
    expect(outcomes.map(({ status }) => status)).toEqual(INPUTS.map(() => 'fulfilled'));
  });
});
