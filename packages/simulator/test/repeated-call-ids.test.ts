import { anthropic, type Message, openai, openaiResponses, userMessage } from '@reprise/providers';
import { expect, test } from 'vitest';
import { simulate } from './support/simulate.ts';

const TOOL = { name: 'look', description: 'Looks.', inputSchema: { type: 'object', properties: {} } } as const;

/** Two rounds of a server that numbers its calls from 0 in every response. */
const ROUND: readonly Message[] = [
  userMessage('Look!'),
  {
    role: 'assistant',
    content: ['functions.look:0', 'functions.look:1'].map((id) => ({
      type: 'tool-call',
      id,
      name: 'look',
      arguments: {},
      argumentsText: '{}',
    })),
  },
  {
    role: 'tool',
    content: ['functions.look:0', 'functions.look:1'].map((toolCallId) => ({
      type: 'tool-result',
      toolCallId,
      toolName: 'look',
      content: [{ type: 'text', text: 'Seen.' }],
      isError: false,
    })),
  },
];

test.each([
  ['anthropic', (url: string) => anthropic({ baseURL: url, apiKey: 'test' }).model('claude-sonnet-4-6')],
  ['openai-chat', (url: string) => openai({ baseURL: `${url}/v1`, apiKey: 'test', vendor: 'openai' }).model('gpt-5')],
  ['openai-responses', (url: string) => openaiResponses({ baseURL: `${url}/v1`, apiKey: 'test' }).model('gpt-5')],
])('a session of a model that repeats its call ids goes on in %s (B-20, I4)', async (_dialect, modelAt) => {
  const { simulator } = await simulate(() => 'All is well.');
  const messages = [...ROUND, ...ROUND, userMessage('And now?')];
  const { stopReason, error } = await modelAt(simulator.url).stream({ messages, tools: [TOOL] }).turn;
  expect([stopReason, error]).toEqual(['end-turn', undefined]);
});
