import { type AgentEvent, appendMessage, canContinue, createAgent, initialState, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { messageText, synth } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FAMILIES, simulator } from './support/simulated.ts';

const echo = tool({
  name: 'echo',
  description: 'Says it again.',
  input: z.object({ text: z.string() }),
  run: ({ text }) => text,
});

/** A session whose run was stopped at its n-th event. */
async function stoppedSession(place: number) {
  const server = await simulator(({ messages }) =>
    messages.at(-1)?.role === 'tool'
      ? 'It says hey.'
      : { text: 'I ask it.', toolCalls: [{ name: 'echo', arguments: { text: 'hey' } }] },
  );
  const model = FAMILIES.anthropic(server.url);
  const session = await createAgent({ model, tools: [echo] }).openSession(openMemoryStore());
  const abort = new AbortController();
  const events: AgentEvent[] = [];
  for await (const event of session.send('go', { signal: abort.signal })) {
    events.push(event);
    if (event.sequence === place) abort.abort();
  }
  return { server, session, events };
}

describe('a send without a message', () => {
  it('goes on from wherever a run was stopped, exactly where `canContinue` says so (N-12)', async () => {
    const { events } = await stoppedSession(-1);
    const outcomes = new Set<boolean>();
    for (const { sequence } of events) {
      const { server, session } = await stoppedSession(sequence);
      const isPossible = canContinue(session.state);
      outcomes.add(isPossible);
      const sent = server.requests.length;
      const end = await session
        .send()
        .result()
        .catch((error: unknown) => error);
      if (isPossible) expect(end).toMatchObject({ reason: 'end-turn' });
      else expect(end).toMatchObject({ code: 'agent/nothing-to-continue' });
      expect(server.requests.length > sent).toBe(isPossible);
      expect(server.requests.map(({ status }) => status)).not.toContain(400);
    }
    expect(outcomes).toEqual(new Set([true, false]));
  }, 30_000);

  it('is refused after some words of an answer that was cut off, and the error says what to do instead', async () => {
    const { events } = await stoppedSession(-1);
    const firstWord = events.find(({ type }) => type === 'text-delta')?.sequence ?? -1;
    const { session } = await stoppedSession(firstWord);
    expect(session.state.messages.map(messageText)).toEqual(['go', 'I']);
    await expect(session.send().result()).rejects.toThrow('Send a message, such as "Go on."');
    expect(await session.send('Go on.').result()).toMatchObject({ reason: 'end-turn' });
  });

  it('goes on from calls without results, such as a crash leaves behind, and from nothing in a new conversation', () => {
    const calls = synth.request('', [synth.toolCall('echo', { text: 'hey' })]);
    expect(canContinue(appendMessage(initialState(), calls))).toBe(true);
    expect(canContinue(initialState())).toBe(false);
  });
});
