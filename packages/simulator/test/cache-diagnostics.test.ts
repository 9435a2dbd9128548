import {
  type AssistantTurn,
  anthropic,
  completeTurn,
  type Model,
  type ModelRequest,
  openaiResponses,
  userMessage,
} from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { CLAUDE, simulate } from './support/simulate.ts';

const lines = (name: string) => Array.from({ length: 300 }, (_, line) => `${name} ${line}: be exact.`).join('\n');
const TOOL = { name: 'look', description: 'Looks.', inputSchema: { type: 'object' } };
const FIRST: ModelRequest = {
  system: lines('Rule'),
  tools: [TOOL],
  messages: [userMessage(lines('Fact'))],
  diagnostics: true,
};

const MODELS = {
  anthropic: (url: string, id = CLAUDE) => anthropic({ apiKey: 'x', baseURL: url }).model(id),
  'openai-responses': (url: string, id = 'gpt-6') =>
    openaiResponses({ apiKey: 'x', baseURL: `${url}/v1`, vendor: 'openai' }).model(id),
} as const;

/** The verdict on a second request, which goes on from the first one's answer. */
async function secondTurn(
  family: keyof typeof MODELS,
  change: Partial<ModelRequest>,
  { otherModel, isReset = false }: { readonly otherModel?: string; readonly isReset?: boolean } = {},
): Promise<AssistantTurn['diagnostics']> {
  const { simulator } = await simulate(() => 'Yes.');
  const first = await completeTurn(MODELS[family](simulator.url), FIRST);
  if (isReset) simulator.reset();
  const model: Model = MODELS[family](simulator.url, otherModel);
  const messages = [...FIRST.messages, first.message, userMessage('And then?')];
  return (await completeTurn(model, { ...FIRST, messages, ...change })).diagnostics;
}

describe.each([
  ['anthropic', { system: 'system_changed', tools: 'tools_changed', model: 'model_changed' }, 'claude-opus-5'],
  ['openai-responses', { system: 'input', tools: 'tools', model: 'model' }, 'gpt-5.6'],
] as const)("%s: the vendor's verdict (P-04, P-05)", (family, reasons, otherModel) => {
  test('is a hit where the earlier prompt stands at the beginning', async () => {
    expect(await secondTurn(family, {})).toMatchObject({ verdict: 'hit' });
  });

  test.each([
    ['system', { system: lines('Other') }],
    ['tools', { tools: [{ ...TOOL, description: 'Looks around.' }] }],
  ] as const)('is a miss where the %s changed, with what it cost', async (part, change) => {
    const diagnostics = await secondTurn(family, change);
    expect(diagnostics).toMatchObject({ verdict: 'miss', reason: reasons[part] });
    expect(diagnostics?.missedTokens).toBeGreaterThan(1000);
  });

  test('is a miss where the model changed', async () => {
    expect(await secondTurn(family, {}, { otherModel })).toMatchObject({ verdict: 'miss', reason: reasons.model });
  });

  test('is not known of a response that nobody remembers', async () => {
    expect(await secondTurn(family, {}, { isReset: true })).toMatchObject({ verdict: 'not-found' });
  });

  test('is none where nobody asked', async () => {
    expect(await secondTurn(family, { diagnostics: false })).toBeUndefined();
  });
});

test('a changed tool choice has no reason of its own at Anthropic (P-04)', async () => {
  expect(await secondTurn('anthropic', { toolChoice: 'none' })).toMatchObject({ verdict: 'unavailable' });
});
