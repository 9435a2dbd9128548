import { type AgentEvent, createAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { anthropic, type Model, openaiResponses } from '@reprise/providers';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { simulator } from './support/simulated.ts';

const SEARCHING: Readonly<Record<string, (url: string) => Model>> = {
  anthropic: (url) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
  'openai-responses': (url) => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'),
};

const SEARCH = { query: 'zebras', results: [{ url: 'https://zebras.example', title: 'On zebras' }] };

describe('a tool that the vendor runs by itself (L-41)', () => {
  it.each(Object.keys(SEARCHING))('at %s is not run here, even by a tool of its name', async (family) => {
    const server = await simulator(({ messages }) =>
      messages.at(-1)?.role === 'tool'
        ? 'Zebras have stripes.'
        : { searches: [SEARCH], text: 'Let me look closer.', toolCalls: [{ name: 'look' }] },
    );
    const search = vi.fn(() => 'never');
    const model = SEARCHING[family]?.(server.url) ?? '';
    const tools = [
      tool({ name: 'web_search', description: '', input: z.object({}), run: search }),
      tool({ name: 'look', description: '', input: z.object({}), run: () => 'stripes' }),
    ];
    const agent = createAgent({ model, tools: family === 'anthropic' ? tools.slice(1) : tools, search: 'low' });
    const session = await agent.openSession(openMemoryStore(), { id: 's' });
    const events: AgentEvent[] = [];
    for await (const event of session.send('What are zebras?')) events.push(event);

    const started = events.flatMap((event) => (event.type === 'tool-start' ? event.call.name : []));
    expect([started, search.mock.calls]).toEqual([['look'], []]);
    expect(session.state.messages[1]?.content.map(({ type }) => type)).toContain('opaque');
    const [, , answered] = session.state.messages;
    expect(answered).toMatchObject({ role: 'tool', content: [{ toolName: 'look', isError: false }] });
    // What the vendor did goes back as it came: a strict server takes the next request.
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200]);
    expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'end-turn' });
  });

  it('alone ends its turn: there is nothing to answer', async () => {
    const server = await simulator(() => ({ searches: [SEARCH], text: 'Zebras have stripes.' }));
    const agent = createAgent({ model: SEARCHING['anthropic']?.(server.url) ?? '', search: 'low' });
    const session = await agent.openSession(openMemoryStore(), { id: 's' });
    const { reason, text } = await session.send('What are zebras?').result();
    expect([reason, text, server.requests.length]).toEqual(['end-turn', 'Zebras have stripes.', 1]);
  });
});
