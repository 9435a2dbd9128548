import { AgentError, type AgentEvent, createAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { type Message, messageText, type ToolResultBlock } from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FAMILIES, simulator } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const EFFECTS = ['pure', 'idempotent', 'effect'] as const;

/** Calls a tool of each effect class, and tells of it. */
const script: Script = ({ messages }) =>
  messages.at(-1)?.role === 'tool'
    ? { thinking: 'That was helpful.', text: 'All are done.' }
    : { thinking: 'All, please.', text: 'Let me see.', toolCalls: EFFECTS.map((name) => ({ name })) };

/** A session whose first run is handed over at its n-th event; tools end early where they are told to. */
async function handedOver(place: number) {
  const server = await simulator(script);
  const model = FAMILIES.anthropic(server.url);
  const ran: string[] = [];
  const tools = EFFECTS.map((name) =>
    tool({
      name,
      description: `Does something ${name}.`,
      input: z.object({}),
      effect: name,
      async run(_input, { idempotencyKey, signal }) {
        ran.push(`${name} ${idempotencyKey}`);
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
        return `${name} ran`;
      },
    }),
  );
  const store = openMemoryStore();
  const open = () => createAgent({ model, tools }).openSession(store, { id: 's' });
  const abort = new AbortController();
  const events: AgentEvent[] = [];
  for await (const event of (await open()).send('go', { key: 'k', signal: abort.signal })) {
    events.push(event);
    if (event.sequence === place) abort.abort(new AgentError('agent/handed-over', 'The machine goes.'));
  }
  return { server, store, open, events, ran };
}

const resultsOf = (messages: readonly Message[]): readonly ToolResultBlock[] =>
  messages.flatMap((message) => (message.role === 'tool' ? message.content : []));

describe('a run that is handed over', () => {
  it('I2 I4 I5 I6 is gone on with elsewhere from any of its events, as if it had not been cut off', async () => {
    const whole = await handedOver(-1);
    for (const { sequence } of whole.events) {
      const { server, store, open, ran } = await handedOver(sequence);
      const session = await open();
      const { reason } = await session.send('go', { key: 'k' }).result();
      const at = `handed over at event ${sequence}, ${whole.events[sequence]?.type}`;
      expect(['end-turn', 'already-answered'], at).toContain(reason);
      const { messages } = session.state;
      expect(messages.filter(({ role }) => role === 'user').map(messageText), at).toEqual(['go']);
      expect(messageText(messages.at(-1) as Message), at).toBe('All are done.');
      expect(unsendable(messages), at).toEqual([]);
      expect(
        server.requests.filter(({ status }) => status !== 200),
        at,
      ).toEqual([]);
      for (const [index, result] of resultsOf(messages).entries()) {
        const known = new RegExp(`${EFFECTS[index]} ran${EFFECTS[index] === 'effect' ? '|Outcome unknown' : ''}`);
        expect(JSON.stringify(result.content), at).toMatch(known);
      }
      expect(ran.filter((line) => line.startsWith('effect')).length, at).toBe(1);
      expect(new Set(ran).size, at).toBe(EFFECTS.length);
      const rows = await store.readTurns('s');
      expect(rows.length, at).toBe(server.requests.length);
      expect(session.state.turnCount, at).toBe(rows.length);
      expect(await store.readPendingTurn('s'), at).toBeUndefined();
    }
  }, 60_000);

  it('ends as an aborted one, and keeps what the answer has used without its words', async () => {
    const { events } = await handedOver(-1);
    const word = events.find(({ type }) => type === 'text-delta')?.sequence ?? -1;
    const { events: cut, store } = await handedOver(word);
    expect(cut.at(-1)).toMatchObject({ type: 'run-end', reason: 'aborted' });
    const [row] = await store.readTurns('s');
    expect(row).toMatchObject({ stopReason: 'aborted', usageState: 'partial' });
    const ended = cut.find((event) => event.type === 'turn-end');
    expect(ended?.turn.message.content).toEqual([]);
  });
});
