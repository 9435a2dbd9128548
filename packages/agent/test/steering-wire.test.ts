import { setImmediate as tick } from 'node:timers/promises';
import { type AgentEvent, createAgent, type RunResult, type Session, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FAMILIES, FAMILY_NAMES, LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

describe.each(FAMILY_NAMES)('I2 I3 I4 messages that are steered into a run with %s', (family) => {
  it('are taken by the strict server, and only add to the prefix', async () => {
    const server = await simulator(({ messages }) =>
      messages.length === 1
        ? { thinking: 'I need to look.', text: 'I look.', toolCalls: [{ name: 'look', arguments: {} }] }
        : { thinking: 'Now I know.', text: 'Rain.' },
    );
    const sent: Promise<RunResult>[] = [];
    const steer = async (session: Session, text: string) => {
      sent.push(session.send(text, { onBusy: 'steer' }).result());
      await tick();
    };
    const look = tool({
      name: 'look',
      description: 'Looks out of the window.',
      input: z.object({}),
      async run() {
        await steer(session, 'Be quick.');
        await steer(session, 'And short.');
        return 'It rains.';
      },
    });
    const model = FAMILIES[family](server.url);
    const options = { model, tools: [look], system: LONG_SYSTEM_PROMPT, think: 'low', maxTokens: 4000 } as const;
    const store = openMemoryStore();
    const session = await createAgent(options).openSession(store, { id: 's' });
    const events: AgentEvent[] = [];
    for await (const event of session.send('Rain?')) {
      events.push(event);
      // The last words of the run: it goes on with this instead of ending.
      if (event.type === 'turn-end' && event.state.turnCount === 2) await steer(session, 'And tomorrow?');
    }
    expect((await Promise.all(sent)).map(({ reason }) => reason)).toEqual(['steered', 'steered', 'steered']);
    expect(events.at(-1)).toMatchObject({ reason: 'end-turn' });
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);

    const { requests } = server;
    expect(requests.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const [index, { prefixHashes }] of requests.slice(1).entries()) {
      const before = requests[index]?.prefixHashes ?? [];
      expect(prefixHashes.slice(0, before.length)).toEqual(before);
    }
    expect(unsendable(session.state.messages)).toEqual([]);
    const rows = await store.readLedger('s');
    expect(rows.reduce((sum, { tokens }) => sum + (tokens.output ?? 0), 0)).toBe(session.state.totalOutputTokens);
    expect(rows).toHaveLength(3);
  });
});
