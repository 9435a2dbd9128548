import { completeTurn, ollama, openai, type ToolCallBlock, toolCalls, userMessage } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { parseFaultRules, parseScriptRules, type ScriptRule, scriptFromRules } from '../src/index.ts';
import { GPT, LLAMA, simulate } from './support/simulate.ts';

const RULES: readonly ScriptRule[] = [
  { when: { requestIndex: 0 }, reply: 'first' },
  { when: { afterTool: 'weather' }, reply: 'Sunny.' },
  { when: { lastMessage: 'weather' }, reply: { toolCalls: [{ name: 'weather', arguments: { city: 'Lisbon' } }] } },
  { when: { lastMessage: 'once' }, times: 1, reply: 'once' },
  { when: { model: 'gpt-other' }, reply: 'other' },
];

/** Asks a model of the simulator one thing after the other. */
async function answers(rules: readonly ScriptRule[], ...questions: readonly string[]) {
  const { simulator } = await simulate(scriptFromRules(rules));
  const model = openai({ apiKey: 'x', baseURL: `${simulator.url}/v1` }).model(GPT);
  const replies: string[] = [];
  for (const question of questions) {
    const { message, error } = await model.stream({ messages: [userMessage(question)] }, { retry: false }).turn;
    replies.push(
      error?.message ?? message.content.map((block) => (block.type === 'text' ? block.text : block.type)).join(),
    );
  }
  return replies;
}

describe('a script of rules', () => {
  test('answers with the first rule that fits, as often as it may', async () => {
    expect(await answers(RULES, 'anything', 'The WEATHER?', 'once', 'once')).toEqual([
      'first',
      'tool-call',
      'once',
      expect.stringContaining('No rule of the script fits request 3: once'),
    ]);
  });

  test('knows what a request ends with', async () => {
    const { simulator } = await simulate(scriptFromRules(RULES.slice(1)));
    const model = openai({ apiKey: 'x', baseURL: `${simulator.url}/v1` }).model(GPT);
    const messages = [userMessage('The weather?')];
    const asked = await completeTurn(model, { messages });
    const [call] = toolCalls(asked.message) as [ToolCallBlock];
    const result = {
      type: 'tool-result',
      toolCallId: call.id,
      toolName: call.name,
      content: [{ type: 'text', text: '21' }],
      isError: false,
    } as const;
    const { message } = await completeTurn(model, {
      messages: [...messages, asked.message, { role: 'tool', content: [result] }],
    });
    expect(message.content).toMatchObject([{ text: 'Sunny.' }]);
  });

  test('reads from JSON what it would take as a value', () => {
    expect(parseScriptRules(JSON.stringify(RULES))).toEqual(RULES);
    expect(() => parseScriptRules('[{ "replly": "x" }]')).toThrow(/rules\.0/);
    const faults = [{ fault: { type: 'cut', afterBytes: 9 }, probability: 0.5, when: { family: 'ollama' } }];
    expect(parseFaultRules(JSON.stringify(faults))).toEqual(faults);
    expect(() => parseFaultRules('[{ "fault": { "type": "cut" } }]')).toThrow(/rules\.0\.fault/);
    expect(() => parseFaultRules('[{ "fault": { "type": "replica-miss" }, "probability": 2 }]')).toThrow(/probability/);
  });
});

describe('a scripted call', () => {
  const reply = { toolCalls: [{ name: 'weather', argumentsText: '{"city": "Lis' }] };

  test('may write arguments that are no JSON', async () => {
    const { simulator } = await simulate(() => reply);
    const model = openai({ apiKey: 'x', baseURL: `${simulator.url}/v1` }).model(GPT);
    const { message } = await completeTurn(model, { messages: [userMessage('hi')] });
    expect(toolCalls(message)).toMatchObject([{ arguments: null, argumentsText: '{"city": "Lis' }]);
  });

  test('sends an object where the vendor has no text for it', async () => {
    const { simulator } = await simulate(() => reply);
    const { message } = await completeTurn(ollama({ host: simulator.url }).model(LLAMA), {
      messages: [userMessage('hi')],
    });
    expect(toolCalls(message)).toMatchObject([{ arguments: {} }]);
  });
});
