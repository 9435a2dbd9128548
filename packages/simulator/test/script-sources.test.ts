import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeTurn, messageText, openai, userMessage } from '@reprise/providers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type FaultRule, type Script, type SimulatorOptions, startSimulator } from '../src/index.ts';
import { GPT } from './support/simulate.ts';

function tempFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-simulator-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'rules.json'), content);
  return join(folder, 'rules.json');
}

async function start(options: SimulatorOptions) {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

async function answer(url: string): Promise<string> {
  const model = openai({ apiKey: 'x', baseURL: `${url}/v1` }).model(GPT);
  return messageText((await completeTurn(model, { messages: [userMessage('Rain?')] })).message);
}

const RULES = [{ when: { lastMessage: 'rain' }, reply: 'No.' }, { reply: 'What?' }];

describe('what the assistant says', () => {
  test('may be a list of rules, or the path of a file of them', async () => {
    expect(await answer((await start({ script: RULES })).url)).toBe('No.');
    expect(await answer((await start({ script: tempFile(JSON.stringify(RULES)) })).url)).toBe('No.');
  });

  test('may be so in a workspace, too', async () => {
    const { workspace } = await start({ script: () => 'Main.' });
    expect(await answer(workspace('list', { script: [{ reply: 'Listed.' }] }).url)).toBe('Listed.');
    expect(await answer(workspace('file', { script: tempFile('[{ "reply": "Read." }]') }).url)).toBe('Read.');
  });

  test('may be a function of the library’s own rules', async () => {
    const echo: Script = ({ messages }) => `You said ${messages.length}.`;
    expect(await answer((await start({ script: echo })).url)).toBe('You said 1.');
  });
});

describe('what cannot be played is refused before anything listens', () => {
  const otherwise = (options: object): Promise<unknown> => startSimulator(options as SimulatorOptions);

  test.each([
    [
      'no script',
      {},
      /`script` is undefined; expected a function, a list of rules, or the path of a JSON file of rules/,
    ],
    ['a number', { script: 5 }, /`script` is a number; expected/],
    ['a file that is missing', { script: '/nowhere/rules.json' }, /There is no file \/nowhere\/rules\.json/],
    ['a rule without a reply', { script: [{ when: {} }] }, /script rules .* at rules\.0\.reply: A reply is a text/],
    [
      'a fault of an unknown type',
      { script: [], faults: [{ fault: { type: 'bogus' } }] },
      /fault rules .* at rules\.0\.fault\.type: A fault is one of status, cut, early-end, .*clock-skew/,
    ],
    [
      'a cut without a place',
      { script: [], faults: [{ fault: { type: 'cut' } }] },
      /rules\.0\.fault: .*afterEvents or afterBytes/,
    ],
    [
      'a status nobody answers with',
      { script: [], faults: [{ fault: { type: 'status', status: 418 } }] },
      /rules\.0\.fault\.status/,
    ],
    ['faults that are no list', { script: [], faults: { fault: {} } }, /fault rules .* at rules: .*expected array/],
    [
      'a way of counting that nobody has',
      { script: [], usageProfile: 'acme' },
      /`usageProfile` is "acme"; expected one of openai,/,
    ],
  ])('%s', async (_what, options, message) => {
    const refused = otherwise(options);
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(message);
  });

  test('so is it of a workspace, which does not begin then', async () => {
    const { workspace } = await start({ script: () => 'Main.' });
    const faults = [{ fault: { type: 'bogus' } }] as unknown as readonly FaultRule[];
    expect(() => workspace('own', { faults })).toThrow(/rules\.0\.fault/);
    expect(await answer(workspace('own', { script: () => 'Own.' }).url)).toBe('Own.');
  });
});
