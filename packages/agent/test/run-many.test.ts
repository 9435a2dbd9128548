import { type AgentEvent, runMany } from '@reprise/agent';
import { messageText } from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { type Step, scriptedModel, textTurn } from './support/scripted-stream.ts';
import { answerTogether, LONG_SYSTEM_PROMPT, MODELS, simulator } from './support/simulated.ts';

const INPUTS = ['one', 'two', 'three', 'four', 'five'];

/** The requests of a batch that read nothing from the cache. */
async function coldRequests(warm: boolean, script: Script): Promise<number> {
  const vendor = await simulator(script);
  const model = MODELS.anthropic(vendor.url);
  await runMany(INPUTS, { model, system: LONG_SYSTEM_PROMPT, warm });
  return vendor.requests.filter(({ verdict }) => verdict.read === 0).length;
}

/** Answers with what it was told, but for one word. */
const shout: Step = ({ messages }) => {
  const text = messages.map(messageText).join('');
  if (text === 'two') throw new Error('No answer to this.');
  return textTurn(text.toUpperCase());
};

describe('a batch of conversations (D-09)', () => {
  it('pays once for the prefix they share (P-15)', async () => {
    expect(await coldRequests(true, () => 'done')).toBe(1);
  });

  it('pays for it each time if they are all sent at once (X-09)', async () => {
    expect(await coldRequests(false, answerTogether(INPUTS.length))).toBe(INPUTS.length);
  });

  it('gives the outcomes in the order of the inputs, failures among them', async () => {
    const model = scriptedModel(...INPUTS.map(() => shout));
    const outcomes = await runMany(INPUTS, { model, parallelism: 2, retry: false });
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.text : outcome.status))).toEqual([
      'ONE',
      'rejected',
      'THREE',
      'FOUR',
      'FIVE',
    ]);
  });

  it('does not wait for a first run that never begins', async () => {
    const model = scriptedModel(() => {
      throw new Error('No answer.');
    }, textTurn('second'));
    const outcomes = await runMany(['one', 'two'], { model, retry: false });
    expect(outcomes).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: { text: 'second' } }]);
  });

  it('tells each event with the number of its input', async () => {
    const heard: [AgentEvent['type'], number][] = [];
    const model = scriptedModel(textTurn('a'), textTurn('b'));
    await runMany(['one', 'two'], { model, onEvent: ({ type }, index) => heard.push([type, index]) });
    expect(heard.filter(([type]) => type === 'run-end')).toEqual([
      ['run-end', 0],
      ['run-end', 1],
    ]);
  });

  it('refuses a parallelism that runs nothing', async () => {
    await expect(runMany(INPUTS, { model: scriptedModel(), parallelism: 0 })).rejects.toMatchObject({
      code: 'agent/invalid-option',
      message: expect.stringContaining('parallelism is 0'),
    });
  });
});
