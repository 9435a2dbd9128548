// Row N-14: conversations that are compacted by themselves, before a request that would be too long.

import {
  type AgentEvent,
  type AgentOptions,
  createAgent,
  initialState,
  type Run,
  runAgent,
  tool,
} from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { anthropic, messageText } from '@reprise/providers';
import type { Reply, Script } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { simulator } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const AT = 3000;

const isSummaryRequest: (request: Parameters<Script>[0]) => boolean = ({ messages }) => {
  const last = messages.at(-1);
  return last?.role === 'user' && messageText(last).startsWith('Summarise');
};

/** Long answers to everything but being asked for a summary. */
async function world(options: Partial<AgentOptions> = {}, summary: Reply = 'In short.', answer?: Script) {
  const server = await simulator((request) => {
    if (isSummaryRequest(request)) return summary;
    return answer?.(request) ?? `${request.messages.length}: ${'so it is, and so it was. '.repeat(100)}`;
  });
  const model = anthropic({ apiKey: 'simulated', baseURL: server.url }).model('claude-opus-5');
  const settings = { model, compactAt: AT, ...options };
  const session = await createAgent(settings).openSession(openMemoryStore(), { id: 's' });
  return { server, settings, session };
}

const typesOf = (events: readonly AgentEvent[]) =>
  events.map(({ type }) => type).filter((type) => !/delta|block/.test(type));
const listen = (run: Run): Promise<AgentEvent[]> => Array.fromAsync(run);

describe('a conversation with compactAt (N-14)', () => {
  it('is compacted once the next request would be longer, between its message and its answer', async () => {
    const { session, server } = await world();
    let events: readonly AgentEvent[] = [];
    for (let turns = 0; turns < 20 && !typesOf(events).includes('compaction-end'); turns += 1) {
      events = await listen(session.send(`question ${turns}`));
    }
    expect(typesOf(events)).toEqual([
      'run-start',
      'compaction-start',
      'assistant-turn',
      'turn-end',
      'compaction-end',
      'assistant-turn',
      'turn-end',
      'run-end',
    ]);
    const promptOf = (index: number) => {
      const { fresh = 0, read = 0, written = {} } = server.requests.at(index)?.verdict ?? {};
      return Object.values(written).reduce((sum, tokens) => sum + tokens, fresh + read);
    };
    expect(promptOf(-3)).toBeLessThan(AT);
    expect(promptOf(-2)).toBeGreaterThan(AT);
    expect(promptOf(-1)).toBeLessThan(AT);
    expect(messageText(session.state.messages[0] ?? { role: 'user', content: [] })).toContain('In short.');
    expect(session.state.messages.map(messageText)).toContain(`question ${(session.state.turnCount ?? 0) - 2}`);
  });

  it('stays as long as it is while its requests are short', async () => {
    const { session } = await world({ compactAt: 100_000 });
    for (const question of ['one', 'two', 'three']) {
      expect(typesOf(await listen(session.send(question)))).not.toContain('compaction-start');
    }
  });

  it('is compacted as a whole in the midst of tool use, and goes on (I4)', async () => {
    const read = tool({
      name: 'read',
      description: 'Reads.',
      input: z.object({}),
      effect: 'pure',
      run: () => 'a line of the file\n'.repeat(300),
    });
    const answer: Script = ({ messages, requestIndex }) =>
      requestIndex < 4 ? { toolCalls: [{ name: 'read' }] } : `Done, after ${messages.length} messages.`;
    const { session, server } = await world({ tools: [read] }, 'In short: read on.', answer);
    const events = await listen(session.send('Read it all.'));
    expect(typesOf(events)).toContain('compaction-end');
    expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'end-turn' });
    expect(server.requests.every(({ status }) => status === 200)).toBe(true);
    expect(unsendable(session.state.messages)).toEqual([]);
    expect(session.state.turnCount).toBe(server.requests.length);
  });

  it('goes on as it is, with one warning, where no summary comes', async () => {
    const { session, server } = await world({}, { text: 'No.', stopReason: 'refusal' });
    for (const question of ['one', 'two', 'three', 'four', 'five', 'six']) await session.send(question).result();
    const events = await listen(session.send('seven'));
    const warnings = events.filter((event) => event.type === 'warning' && event.code === 'context/not-compacted');
    expect(warnings).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ reason: 'end-turn' });
    expect(messageText(session.state.messages[0] ?? { role: 'user', content: [] })).toBe('one');
    expect(server.requests.every(({ status }) => status === 200)).toBe(true);
  });

  it('is not compacted again and again in one run where that does not help', async () => {
    const answer: Script = ({ messages }) =>
      messages.filter(({ role }) => role === 'tool').length < 3 ? { toolCalls: [{ name: 'read' }] } : 'Done.';
    const read = tool({ name: 'read', description: 'Reads.', input: z.object({}), effect: 'pure', run: () => 'line' });
    const system = 'Be kind and exact. '.repeat(1000);
    const { session, server } = await world({ tools: [read], system }, 'In short.', answer);
    await session.send('Read.').result();
    const events = await listen(session.send('Read again.'));
    expect(typesOf(events).filter((type) => type === 'compaction-start')).toHaveLength(1);
    expect(server.requests.every(({ status }) => status === 200)).toBe(true);
  });

  it('works without a store', async () => {
    const { settings } = await world();
    let state = initialState();
    let hasCompacted = false;
    for (let turns = 0; turns < 8; turns += 1) {
      const events = await listen(runAgent(state, `question ${turns}`, settings));
      hasCompacted ||= typesOf(events).includes('compaction-end');
      const end = events.at(-1);
      if (end?.type === 'run-end') state = end.state;
    }
    expect(hasCompacted).toBe(true);
    expect(unsendable(state.messages)).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN])('is refused with a compactAt of %s', (compactAt) => {
    const model = anthropic({ apiKey: 'none' }).model('claude-opus-5');
    expect(() => createAgent({ model, compactAt })).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
  });
});
