import {
  type CachePolicy,
  cacheWriteCount,
  countOrZero,
  type Message,
  type ModelRequest,
  promptTokenCount,
  type StreamEvent,
  streamOpenAIChat,
  streamOpenAIResponses,
  userMessage,
} from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import type { ScriptRequest } from '../src/index.ts';
import { LOOK, seenBy, turnOf } from './support/look.ts';
import { clientsOf, collect, simulate } from './support/simulate.ts';

type Clients = ReturnType<typeof clientsOf>;
type Send = (clients: Clients, request: ModelRequest) => AsyncIterable<StreamEvent>;

const OPTIONS = { model: 'gpt-6', vendor: 'openai' };

const FORMATS: readonly (readonly [string, Send])[] = [
  ['Chat Completions', ({ openai }, request) => streamOpenAIChat(openai, request, OPTIONS)],
  ['Responses', ({ openai }, request) => streamOpenAIResponses(openai, request, OPTIONS)],
];

const LINES = Array.from({ length: 150 }, (_, index) => `${index}: be kind, and be exact.`).join('\n');

/** More calls at once than the vendor's own mark looks back. */
const CALLS = 30;

function script({ messages, requestIndex }: ScriptRequest) {
  if (messages.at(-1)?.role !== 'user') return 'All seen.';
  return { toolCalls: Array.from({ length: CALLS }, (_, at) => ({ name: 'look', arguments: { at, requestIndex } })) };
}

/** What each of some rounds of a session read and wrote, and how long its prompt was. */
async function session(send: Send, cache: CachePolicy, rounds: number) {
  const { simulator } = await simulate(script);
  const messages: Message[] = [userMessage('What do you see?')];
  const read: number[] = [];
  const written: number[] = [];
  const total: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const request = { system: LINES, tools: [LOOK], messages, cache };
    const { message, tokens } = turnOf(await collect(send(clientsOf(simulator), request)));
    read.push(countOrZero(tokens.cacheRead));
    written.push(countOrZero(cacheWriteCount(tokens)));
    total.push(countOrZero(promptTokenCount(tokens)));
    messages.push(message, seenBy(message, userMessage('Again.')));
  }
  return { read, written, total };
}

describe.each(FORMATS)('GPT-5.6 and later in %s (P-02, P-07, L-19)', (_format, send) => {
  test('every one of 25 rounds reads the whole request before it, and pays to write only what is new', async () => {
    const { read, written, total } = await session(send, 'auto', 25);
    expect(read).toEqual([0, ...total.slice(0, -1)]);
    expect(written).toEqual(total.map((tokens, round) => tokens - (read[round] ?? 0)));
  });

  test('one mark alone is enough to read all of it too', async () => {
    const { read, total } = await session(send, 'last_user_message', 6);
    expect(read).toEqual([0, ...total.slice(0, -1)]);
  });

  test('`none` reads and writes nothing', async () => {
    const { read, written } = await session(send, 'none', 3);
    expect([...read, ...written]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('the own mark of the vendor loses a turn that adds more than it looks back', async () => {
    const { read, total } = await session(send, 'automatic', 3);
    expect(read).toEqual([0, 0, total[1]]);
  });

  test('`system_and_tools` keeps reading the same prefix', async () => {
    const { read, written } = await session(send, 'system_and_tools', 3);
    expect(read).toEqual([0, written[0], written[0]]);
    expect(written).toEqual([expect.any(Number), 0, 0]);
  });
});
