import {
  anthropic,
  type JsonObject,
  type Message,
  type Model,
  type ModelRequest,
  type OpenAIOptions,
  ollama,
  openai,
  openaiResponses,
  type ThinkLevel,
  type ToolChoice,
  userMessage,
} from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import type { Simulator } from '../src/index.ts';
import { LLAMA, simulate } from './support/simulate.ts';

const CLAUDES = [
  'claude-fable-5-2',
  'claude-fable-5-1',
  'claude-mythos-5-1',
  'claude-fable-5',
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'claude-opus-5',
  'claude-sonnet-5',
  'claude-opus-4-8',
  'claude-opus-4-7',
  'claude-opus-4-6',
  'claude-sonnet-4-6',
  'claude-opus-4-5-20251101',
  'claude-haiku-4-5-20251001',
  'claude-sonnet-4-20250514',
];
const GPTS = ['gpt-4o', 'gpt-4.1', 'gpt-5', 'gpt-5.5', 'gpt-5.6', 'gpt-6', 'gpt-6.1-sol', 'o4-mini'];

const TOOL = { name: 'look', description: 'Looks.', inputSchema: { type: 'object', properties: {} } };
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SCHEMA: JsonObject = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};

/** A history with one of everything, each vendor's own blocks left out. */
const HISTORY: readonly Message[] = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Look.' },
      { type: 'image', mediaType: 'image/png', data: PIXEL },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', text: 'From elsewhere, and unsigned.' },
      { type: 'text', text: ' ' },
      { type: 'tool-call', id: 'call_1', name: 'look', arguments: {}, argumentsText: '' },
      { type: 'tool-call', id: 'call_2', name: 'look', arguments: null, argumentsText: '{"cut' },
    ],
  },
  {
    role: 'tool',
    content: ['call_1', 'call_2'].map((toolCallId) => ({
      type: 'tool-result',
      toolCallId,
      toolName: 'look',
      content: [{ type: 'text', text: 'a bird' }],
      isError: false,
    })),
  },
  { role: 'assistant', content: [{ type: 'text', text: 'A bird.' }] },
  { ...userMessage('And?'), cache: {} },
];

const LEVELS: readonly (ThinkLevel | undefined)[] = [undefined, 'off', 'low', 'medium', 'high', 'max'];
const CHOICES: readonly (ToolChoice | undefined)[] = [undefined, 'auto', 'none', 'required', { tool: 'look' }];

/** Every option beside every level of thinking, and every tool choice beside each. */
const REQUESTS: readonly ModelRequest[] = LEVELS.flatMap((think) =>
  [
    ...CHOICES.map((toolChoice) => ({ tools: [TOOL], ...(toolChoice && { toolChoice }) })),
    { toolChoice: 'required' as const },
    { temperature: 0.3 },
    { maxTokens: 10 },
    { maxTokens: 3000, tools: [TOOL] },
    { maxTokens: 500_000 },
    { prefill: 'Well, ' },
    { output: SCHEMA },
    { search: 'low' as const, output: SCHEMA },
    { stopSequences: ['END'] },
    { cacheKey: 'one', diagnostics: true },
    ...(['none', 'system_and_tools', 'last_user_message', 'automatic'] as const).map((cache) => ({
      cache,
      system: 'Be brief.',
      tools: [TOOL],
    })),
  ].map((options): ModelRequest => ({ messages: HISTORY, ...(think && { think }), ...options })),
);

/** Of Claude's own thinking, every kind at every effort, whichever the model takes. */
const OWN_WORDS: readonly ModelRequest[] = ['adaptive', 'enabled', 'disabled', 'between_tools'].flatMap((type) =>
  [undefined, 'low', 'medium', 'high', 'xhigh', 'max'].flatMap((effort) =>
    [500, 1024, 900_000].map((budget): ModelRequest => {
      const thinking = type === 'enabled' ? { type, budget_tokens: budget } : { type };
      const vendorOptions = { thinking, ...(effort && { output_config: { effort } }) };
      return { messages: HISTORY, maxTokens: 4000, vendorOptions };
    }),
  ),
);

type Factory = (simulator: Simulator) => Model;

const openaiOptions = ({ url }: Simulator, vendor?: string): OpenAIOptions => ({
  apiKey: 'x',
  baseURL: `${url}/v1`,
  ...(vendor === undefined ? {} : { vendor }),
});

const MODELS: readonly (readonly [string, Factory])[] = [
  ...CLAUDES.map((name): [string, Factory] => [
    name,
    ({ url }) => anthropic({ apiKey: 'x', baseURL: url }).model(name),
  ]),
  ...GPTS.flatMap((name): [string, Factory][] => [
    [`${name} in Chat Completions`, (simulator) => openai(openaiOptions(simulator)).model(name)],
    [`${name} in Chat Completions of OpenAI`, (simulator) => openai(openaiOptions(simulator, 'openai')).model(name)],
    [`${name} in Responses`, (simulator) => openaiResponses(openaiOptions(simulator, 'openai')).model(name)],
  ]),
  ['Ollama', ({ url }) => ollama({ host: url }).model(LLAMA)],
];

/** What a request fails with, before it is sent or after. */
async function errorOf(model: Model, request: ModelRequest): Promise<unknown> {
  try {
    return (await model.stream(request, { retry: false }).turn).error;
  } catch (error) {
    return error;
  }
}

describe('whatever it is asked, our adapter refuses it itself or sends what the vendor takes (L-47, L-59, N-08)', () => {
  test.each(MODELS)('%s', async (name, factory) => {
    const { simulator } = await simulate(() => 'Yes.');
    const model = factory(simulator);
    const refused: unknown[] = [];
    let taken = 0;
    for (const request of name.startsWith('claude') ? [...REQUESTS, ...OWN_WORDS] : REQUESTS) {
      simulator.reset();
      const error = await errorOf(model, request);
      const [sent] = simulator.requests;
      if (sent?.status === 200) taken += 1;
      else if (sent) refused.push({ error: String(error), request: { ...request, messages: [] } });
      else expect(error).toMatchObject({ code: expect.stringMatching(/^provider\/(invalid-request|unsupported)$/) });
    }
    expect(refused).toEqual([]);
    expect(taken).toBeGreaterThan(REQUESTS.length / 2);
  });
});
