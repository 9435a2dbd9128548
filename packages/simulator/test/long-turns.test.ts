import {
  cacheWriteCount,
  countOrZero,
  type Message,
  type ModelRequest,
  promptTokenCount,
  type StreamEvent,
  streamAnthropic,
  streamOllama,
  streamOpenAIChat,
  userMessage,
} from '@reprise/providers';
import { expect, test } from 'vitest';
import type { ScriptRequest } from '../src/index.ts';
import { LOOK, seenBy, turnOf } from './support/look.ts';
import { CLAUDE, clientsOf, collect, GPT, LLAMA, simulate } from './support/simulate.ts';

type Clients = ReturnType<typeof clientsOf>;
type Send = (clients: Clients, request: ModelRequest) => AsyncIterable<StreamEvent>;

const LINES = Array.from({ length: 250 }, (_, index) => `${index}: all work and no play makes Jack a dull boy`).join(
  '\n',
);

/** More calls at once than a lookback has positions. */
const CALLS = 30;

function script({ messages, requestIndex }: ScriptRequest) {
  if (messages.at(-1)?.role !== 'user') return 'All seen.';
  const calls = Array.from({ length: CALLS }, (_, at) => ({ name: 'look', arguments: { at, requestIndex } }));
  return { thinking: 'I should look.', text: 'Looking.', toolCalls: calls };
}

test.each<[string, number, Send]>([
  ['Anthropic', 1, ({ anthropic }, request) => streamAnthropic(anthropic, request, { model: CLAUDE })],
  ['OpenAI', 128, ({ openai }, request) => streamOpenAIChat(openai, request, { model: GPT })],
  ['Ollama', 1, ({ ollama }, request) => streamOllama(ollama, request, { model: LLAMA })],
])(
  'every turn of a session reads the whole request before it, however much a turn adds: %s (L-19, P-07)',
  async (name, step, send) => {
    const { simulator } = await simulate(script);
    const messages: Message[] = [userMessage(LINES)];
    let before = 0;
    for (let round = 0; round < 25; round += 1) {
      const request = { system: 'Be kind.', tools: [LOOK], messages };
      const { message, tokens } = turnOf(await collect(send(clientsOf(simulator), request)));
      expect(tokens.cacheRead).toBe(before - (before % step));
      before = countOrZero(promptTokenCount(tokens));
      if (name === 'Anthropic') expect(cacheWriteCount(tokens)).toBe(before - countOrZero(tokens.cacheRead));
      messages.push(message, seenBy(message, userMessage('Again.')));
    }
    expect(simulator.requests.every(({ status }) => status === 200)).toBe(true);
  },
);
