import { createAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { toolCalls } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FAMILIES, FAMILY_NAMES, simulator } from './support/simulated.ts';

/** A conversation whose model gives each of its calls the same id, in two rounds. */
async function played(family: keyof typeof FAMILIES) {
  const server = await simulator(({ messages }) => {
    const round = messages.filter(({ role }) => role === 'tool').length;
    const call = (letter: string) => ({ id: 'same', name: 'echo', arguments: { text: `${round}${letter}` } });
    return round === 2 ? 'done' : { toolCalls: [call('a'), call('b')] };
  });
  const ran: string[] = [];
  const echo = tool({
    name: 'echo',
    description: '',
    input: z.object({ text: z.string() }),
    run: ({ text }, { idempotencyKey }) => {
      ran.push(`${text} ${idempotencyKey.split('/')[1]}`);
      return text;
    },
  });
  const model = FAMILIES[family](server.url);
  const session = await createAgent({ model, tools: [echo] }).openSession(openMemoryStore(), { id: 's' });
  const { text } = await session.send('go').result();
  return { server, ran, text, messages: session.state.messages };
}

describe('a model that repeats the ids of its calls (B-20)', () => {
  it.each(FAMILY_NAMES)(
    'at %s has each call run and answered on its own, and the next request taken',
    async (family) => {
      const { server, ran, text, messages } = await played(family);
      expect([text, ran]).toEqual(['done', ['0a 0', '0b 1', '1a 0', '1b 1']]);
      expect(server.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
      for (const round of [1, 3]) {
        const calls = toolCalls(messages[round] ?? { role: 'assistant', content: [] });
        const results = messages[round + 1]?.content;
        expect(results).toMatchObject(
          calls.map(({ id, argumentsText }) => ({
            toolCallId: id,
            content: [{ text: JSON.parse(argumentsText).text }],
          })),
        );
        expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      }
    },
  );
});
