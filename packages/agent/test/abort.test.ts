import { type AgentEvent, createAgent, initialState, modelFromStream, runAgent, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { ProviderError } from '@reprise/providers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { MODELS, simulator } from './support/simulated.ts';
import { tempDatabase } from './support/temp-store.ts';
import { unsendable } from './support/wire-rules.ts';

const slowEcho = tool({
  name: 'echo',
  description: 'Says it again.',
  input: z.object({ text: z.string() }),
  run: ({ text }) => text,
});

/** A session whose run says something, calls a tool, and says something more. */
async function toolSession() {
  const server = await simulator(({ messages }) =>
    messages.at(-1)?.role === 'tool'
      ? 'It says hey, and that is all there is to it.'
      : { text: 'Let me ask the echo first.', toolCalls: [{ name: 'echo', arguments: { text: 'hey' } }] },
  );
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  const model = MODELS.anthropic(server.url);
  const session = await createAgent({ model, system: 'Be short.', tools: [slowEcho] }).openSession(store, { id: 's' });
  return { server, store, session };
}

async function eventsOf(
  run: AsyncIterable<AgentEvent>,
  onEvent: (event: AgentEvent) => void,
): Promise<readonly AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of run) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

/** Does the same at every event of the run but the last, each time in a session of its own. */
async function atEveryEvent(check: (place: number, world: Awaited<ReturnType<typeof toolSession>>) => Promise<void>) {
  const whole = await toolSession();
  const events = await eventsOf(whole.session.send('go'), () => {});
  expect(events.length).toBeGreaterThan(10);
  for (const { sequence } of events.slice(0, -1)) await check(sequence, await toolSession());
}

describe('a run', () => {
  it('I4 I6 aborted at any of its events keeps its rows and a history the strict server accepts', async () => {
    await atEveryEvent(async (place, { server, store, session }) => {
      const abort = new AbortController();
      const events = await eventsOf(session.send('go', { signal: abort.signal }), ({ sequence }) => {
        if (sequence === place) abort.abort();
      });
      expect(events.at(-1)).toMatchObject({ type: 'run-end' });
      expect(unsendable(session.state.messages)).toEqual([]);
      // A request that was sent has its row, answered or not.
      expect(await store.readTurns('s')).toHaveLength(events.filter(({ type }) => type === 'assistant-turn').length);

      await session.send('go on').result();
      expect(server.requests.map(({ status }) => status)).not.toContain(400);
      expect(unsendable(session.state.messages)).toEqual([]);
    });
  }, 30_000);

  it('I4 I6 whose listener leaves at any of its events keeps its rows and a history the strict server accepts', async () => {
    await atEveryEvent(async (place, { server, store, session }) => {
      const run = session.send('go');
      for await (const { sequence } of run) if (sequence === place) break;
      await expect(run.result()).rejects.toMatchObject({ code: 'agent/run-abandoned' });
      expect(unsendable(session.state.messages)).toEqual([]);

      await session.send('go on').result();
      expect(server.requests.map(({ status }) => status)).not.toContain(400);
      const rows = await store.readTurns('s');
      expect(rows).toHaveLength(session.state.turnCount);
      expect(rows.reduce((sum, { tokens }) => sum + (tokens.output ?? 0), 0)).toBe(session.state.totalOutputTokens);
    });
  }, 30_000);
});

describe('an aborted run', () => {
  it('keeps the text that had come, and says it was aborted', async () => {
    const { session } = await toolSession();
    const abort = new AbortController();
    const events = await eventsOf(session.send('go', { signal: abort.signal }), ({ type }) => {
      if (type === 'text-delta') abort.abort();
    });
    expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'aborted', error: { code: 'provider/aborted' } });
    expect(session.state.messages.at(-1)).toMatchObject({
      role: 'assistant',
      content: [{ type: 'text', text: expect.stringMatching(/^Let/) }],
    });
  });

  it('I12 ends a tool that does not listen to its signal', async () => {
    const deaf = tool({
      name: 'echo',
      description: '',
      input: z.object({ text: z.string() }),
      run: () => new Promise<string>(() => {}),
    });
    const server = await simulator(() => ({ toolCalls: [{ name: 'echo', arguments: { text: 'hey' } }] }));
    const store = openSqliteStore(tempDatabase());
    onTestFinished(() => store.close());
    const model = MODELS.anthropic(server.url);
    const session = await createAgent({ model, tools: [deaf] }).openSession(store);
    const abort = new AbortController();
    const events = await eventsOf(session.send('go', { signal: abort.signal }), ({ type }) => {
      if (type === 'tool-start') queueMicrotask(() => abort.abort());
    });
    expect(events.at(-1)).toMatchObject({ reason: 'aborted' });
    expect(session.state.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ isError: true }] });
  });

  it('keeps the results of tools that had run, and runs no further ones', async () => {
    const abort = new AbortController();
    const run = vi.fn(() => {
      abort.abort();
      return 'ran';
    });
    const act = tool({ name: 'act', description: '', input: z.object({}), run });
    const model = scriptedModel(toolTurn(['c1', 'act', '{}'], ['c2', 'act', '{}']));
    const events = await eventsOf(
      runAgent(initialState(), 'go', { model, tools: [act], signal: abort.signal }),
      () => {},
    );
    expect(run).toHaveBeenCalledTimes(1);
    expect(events.at(-1)).toMatchObject({
      reason: 'aborted',
      state: {
        messages: [
          {},
          {},
          {
            role: 'tool',
            content: [
              { toolCallId: 'c1', isError: false, content: [{ text: 'ran' }] },
              { toolCallId: 'c2', isError: true, content: [{ text: 'Not run: the run was aborted.' }] },
            ],
          },
        ],
      },
    });
  });

  it('does not run a tool that was announced but not begun', async () => {
    const abort = new AbortController();
    const run = vi.fn(() => 'ran');
    const act = tool({ name: 'act', description: '', input: z.object({}), run });
    const model = scriptedModel(toolTurn(['c1', 'act', '{}']));
    await eventsOf(runAgent(initialState(), 'go', { model, tools: [act], signal: abort.signal }), ({ type }) => {
      if (type === 'tool-start') abort.abort();
    });
    expect(run).not.toHaveBeenCalled();
  });

  it('by a listener that leaves does not wait for the rest of the answer', async () => {
    let signal: AbortSignal | undefined;
    const endless = modelFromStream({
      id: 'endless',
      async *stream(_request, options) {
        signal = options.signal;
        yield { type: 'text-delta', blockIndex: 0, text: 'Well' };
        await new Promise((resolve) => options.signal?.addEventListener('abort', resolve));
      },
    });
    const run = runAgent(initialState(), 'go', { model: endless });
    for await (const { type } of run) if (type === 'text-delta') break;
    expect(signal?.aborted).toBe(true);
  });

  it('without a word stays in the history, and leaves nothing to send', async () => {
    const store = openSqliteStore(tempDatabase());
    onTestFinished(() => store.close());
    const error = new ProviderError('provider/aborted', 'The call was aborted.');
    const model = scriptedModel(textTurn('', { stopReason: 'aborted', error }), textTurn('there you are'));
    const session = await createAgent({ model }).openSession(store, { id: 's' });
    await expect(session.send('hi').result()).rejects.toBe(error);
    await session.send().result();
    expect(session.state.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'assistant']);
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(['user']);
    expect(await store.readTurns('s')).toHaveLength(2);
  });

  it('is not sent at all if its signal was aborted before', async () => {
    const { server, session } = await toolSession();
    await expect(session.send('go', { signal: AbortSignal.abort() }).result()).rejects.toMatchObject({
      code: 'provider/aborted',
    });
    expect(server.requests).toHaveLength(0);
  });
});
