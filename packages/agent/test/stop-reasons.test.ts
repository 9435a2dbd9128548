import { type AgentEvent, createAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { messageText } from '@reprise/providers';
import type { ReplyParts, ScriptedStopReason } from '@reprise/simulator';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { MODELS, simulator } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

/** A session of which each request is answered with the next reply, and everything a run of it says. */
async function played(...replies: readonly ReplyParts[]) {
  const server = await simulator(({ requestIndex }) => replies[requestIndex] ?? 'That was all.');
  const model = MODELS.anthropic(server.url);
  const run = vi.fn(() => 'ran');
  const tools = [tool({ name: 'act', description: 'Acts.', input: z.object({}), run })];
  const store = openMemoryStore();
  const session = await createAgent({ model, tools, maxToolRounds: 3 }).openSession(store);
  const events: AgentEvent[] = [];
  for await (const event of session.send('go')) events.push(event);
  const end = events.at(-1);
  return {
    ...{ store, session, server, run },
    reason: end?.type === 'run-end' ? end.reason : undefined,
    warnings: events.flatMap((event) => (event.type === 'warning' ? [event.code] : [])),
  };
}

const UNFINISHED: readonly ScriptedStopReason[] = ['max-tokens', 'refusal', 'content-filter', 'context-window'];
/** The stop reasons of these that Anthropic has a word for. */
const KNOWN = UNFINISHED.filter((stopReason) => stopReason !== 'content-filter');

describe('an answer that ended against its will', () => {
  it.each(KNOWN)('%s: is told with a warning and as the end, and its text is as it came (L-46)', async (stopReason) => {
    const { warnings, reason, session } = await played({ text: 'So far, so', stopReason });
    expect([warnings, reason]).toEqual([[`response/${stopReason}`], stopReason]);
    const last = session.state.messages.at(-1);
    expect(last && messageText(last)).toBe('So far, so');
  });

  it.each(KNOWN)('%s: leaves a history that the strict server takes (I4)', async (stopReason) => {
    const { session, server } = await played({ text: 'So far, so', stopReason });
    const { reason } = await session.send('And now?').result();
    expect([reason, server.requests.map(({ status }) => status)]).toEqual(['end-turn', [200, 200]]);
  });

  it('is not acted on where the model or its vendor refused: its calls are closed unrun', async () => {
    const { run, reason, session } = await played({ toolCalls: [{ name: 'act' }], stopReason: 'refusal' });
    expect([run.mock.calls.length, reason]).toEqual([0, 'refusal']);
    expect(unsendable(session.state.messages)).toEqual([]);
    expect((await session.send('Why?').result()).text).toBe('That was all.');
  });
});

describe('a paused turn', () => {
  const pause: ReplyParts = {
    searches: [{ query: 'news', results: [{ url: 'https://a.example', title: 'A' }] }],
    stopReason: 'pause',
  };

  it('is sent back as it is, goes on, and has its row (L-46, X-03, I6)', async () => {
    const { store, session, server, reason } = await played(pause, { text: 'Done.' });
    expect([reason, session.state.messages.map(({ role }) => role)]).toEqual([
      'end-turn',
      ['user', 'assistant', 'assistant'],
    ]);
    const rows = await store.readLedger(session.id);
    expect(rows.map(({ stopReason }) => stopReason)).toEqual(['pause', 'end-turn']);
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('counts as a round: a model that pauses for ever is at its limit', async () => {
    const { reason, server } = await played(...Array.from({ length: 9 }, () => pause));
    expect([reason, server.requests.length]).toEqual(['tool-round-limit', 3]);
  });
});
