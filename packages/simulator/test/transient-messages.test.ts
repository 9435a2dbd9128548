import {
  type AssistantTurn,
  anthropicModel,
  type CachePolicy,
  cacheWriteCount,
  completeTurn,
  type Message,
  type Model,
  ollamaModel,
  openaiChatModel,
  openaiResponsesModel,
  type UserMessage,
  userMessage,
} from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import type { Script } from '../src/index.ts';
import { LOOK, seenBy } from './support/look.ts';
import { simulate } from './support/simulate.ts';

const LONG = Array.from({ length: 250 }, (_, index) => `${index}: all work and no play makes Jack a dull boy`).join(
  '\n',
);
const TURNS = 10;

type Clients = Awaited<ReturnType<typeof simulate>>;

const MODELS: readonly (readonly [name: string, open: (clients: Clients) => Model])[] = [
  ['claude-opus-5', ({ anthropic }) => anthropicModel(anthropic, 'claude-opus-5')],
  ['claude-opus-5-5, which binds its thoughts', ({ anthropic }) => anthropicModel(anthropic, 'claude-opus-5-5')],
  ['gpt-5.2 in Chat', ({ openai }) => openaiChatModel(openai, 'gpt-5.2', { vendor: 'openai' })],
  ['gpt-5.6 in Chat', ({ openai }) => openaiChatModel(openai, 'gpt-5.6', { vendor: 'openai' })],
  ['gpt-5.2 in Responses', ({ openai }) => openaiResponsesModel(openai, 'gpt-5.2', { vendor: 'openai' })],
  ['gpt-5.6 in Responses', ({ openai }) => openaiResponsesModel(openai, 'gpt-5.6', { vendor: 'openai' })],
  ['llama', ({ ollama }) => ollamaModel(ollama, 'llama4')],
];

/** Tools in every turn but each third; Claude also thinks at each. */
const script: Script = ({ family, requestIndex }) => {
  const thought = family === 'anthropic' ? { thinking: `Turn ${requestIndex}.` } : {};
  return requestIndex % 3 === 2
    ? { ...thought, text: `So that is ${requestIndex}.` }
    : { ...thought, text: 'Hm.', toolCalls: [{ name: 'look', arguments: { at: requestIndex } }] };
};

/** What each request of a conversation had before its transient message, and the turn that answered it. */
interface Talk {
  readonly histories: readonly (readonly Message[])[];
  readonly turns: readonly AssistantTurn[];
}

/** A conversation in which `transient` adds to each request. With `histories` the requests are those, whatever is answered. */
async function talk(
  open: (clients: Clients) => Model,
  cache: CachePolicy,
  transient: (turn: number) => readonly UserMessage[],
  histories?: Talk['histories'],
): Promise<Talk> {
  const clients = await simulate(script);
  const model = open(clients);
  const sent: (readonly Message[])[] = [[userMessage('What is there?')]];
  const turns: AssistantTurn[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const history = (histories ?? sent)[turn] ?? [];
    const messages = [...history, ...transient(turn)];
    const answer = await completeTurn(model, { system: LONG, tools: [LOOK], cache, messages });
    turns.push(answer);
    sent.push([...history, answer.message, seenBy(answer.message, userMessage('And now?'))]);
  }
  expect(clients.simulator.requests.map(({ status }) => status)).toEqual(turns.map(() => 200));
  return { turns, histories: sent };
}

const date = (turn: number): readonly UserMessage[] => [{ ...userMessage(`It is day ${turn}.`), transient: true }];
const now = (turn: number) => (turn % 2 === 0 ? date(turn) : []);

const countsOf = ({ turns }: Talk) => turns.map(({ tokens }) => [tokens.cacheRead, cacheWriteCount(tokens)]);

const POLICIES: readonly CachePolicy[] = [
  'auto',
  'automatic',
  'last_user_message',
  'last_3_user_messages',
  { breakpoints: ['system', 'last'] },
];

describe.each(MODELS)('a transient message to %s', (name, open) => {
  test.each(POLICIES)('costs no read and no write, in each request or in some: %j (N-02)', async (cache) => {
    const plain = await talk(open, cache, () => []);
    for (const transient of [date, now]) {
      const reminded = await talk(open, cache, transient, plain.histories);
      expect(countsOf(reminded)).toEqual(countsOf(plain));
    }
    if (name !== 'llama') expect(Math.max(...countsOf(plain).map(([read]) => Number(read)))).toBeGreaterThan(3000);
  });

  test('is taken in a conversation that goes on from its answers, and all that was kept is read (N-02)', async () => {
    for (const transient of [date, now]) {
      const { turns } = await talk(open, 'auto', transient);
      for (const [index, { tokens }] of turns.entries()) {
        const before = turns[index - 1];
        const written = before ? cacheWriteCount(before.tokens) : 'not-reported';
        // Where writes are not reported, nothing is marked either, and the first test says enough.
        if (typeof written !== 'number' || written === 0) continue;
        expect(tokens.cacheRead, `turn ${index}`).toBe(Number(before?.tokens.cacheRead) + written);
      }
    }
  });
});
