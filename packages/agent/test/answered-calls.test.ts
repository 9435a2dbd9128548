import { type AgentEvent, type AgentOptions, createAgent, initialState, runAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { guardedTool } from './support/approvals.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const look = tool({ name: 'look', description: '', input: z.object({}), effect: 'pure', run: () => 'looked' });
const lookOnce = toolTurn(['c1', 'look', '{}']);

/** What a listener hears of calls: that they began and ended, or have a result without. */
function ofCalls(events: readonly AgentEvent[]) {
  return events.flatMap((event) => {
    if (event.type === 'tool-start') return [['start', event.call.id]];
    if (event.type !== 'tool-end' && event.type !== 'tool-answered') return [];
    const text = event.result.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    return [[event.type === 'tool-end' ? 'end' : 'answered', event.call.id, text]];
  });
}

/** A run without a store; its results are those that it has told. */
async function heard(options: AgentOptions) {
  const events = await Array.fromAsync(runAgent(initialState(), 'Look.', options));
  const end = events.at(-1);
  const messages = end?.type === 'run-end' ? end.state.messages : [];
  const results = messages.flatMap((message) => (message.role === 'tool' ? message.content : []));
  const told = events.flatMap((event) =>
    event.type === 'tool-end' || event.type === 'tool-answered' ? event.result : [],
  );
  expect(results).toEqual(told);
  return ofCalls(events);
}

describe('a call that has its result without having run is told with it', () => {
  it('when the run is at its limit', async () => {
    const model = scriptedModel(lookOnce, toolTurn(['c2', 'look', '{}']));
    expect(await heard({ model, tools: [look], maxToolRounds: 1, forceText: 'off' })).toEqual([
      ['start', 'c1'],
      ['end', 'c1', 'looked'],
      ['answered', 'c2', expect.stringContaining('limit')],
    ]);
  });

  it('when a hook has given it', async () => {
    const hooks = [{ name: 'h', beforeTool: () => ({ result: 'from the hook' }) }];
    expect(await heard({ model: scriptedModel(lookOnce, textTurn('ok')), tools: [look], hooks })).toEqual([
      ['answered', 'c1', 'from the hook'],
    ]);
  });

  it('when somebody has refused it, in the run that goes on', async () => {
    const { tool: pay } = guardedTool();
    const model = scriptedModel(toolTurn(['c1', 'pay', '{"amount":5}'], ['c2', 'look', '{}']), textTurn('well'));
    const session = await createAgent({ model, tools: [pay, look] }).openSession(openMemoryStore(), { id: 's' });
    expect(ofCalls(await Array.fromAsync(session.send('pay')))).toEqual([
      ['start', 'c2'],
      ['end', 'c2', 'looked'],
    ]);
    const [open] = await session.approvals();
    await session.decide(open?.request.id ?? '', { isApproved: false });
    expect(ofCalls(await Array.fromAsync(session.send()))).toEqual([
      ['answered', 'c1', 'Not approved.'],
      ['answered', 'c2', 'looked'],
    ]);
  });

  it('when the run was aborted before it began', async () => {
    const stop = new AbortController();
    const first = tool({
      name: 'first',
      description: '',
      input: z.object({}),
      parallel: false,
      run: () => {
        stop.abort();
        return 'done';
      },
    });
    const model = scriptedModel(toolTurn(['c1', 'first', '{}'], ['c2', 'look', '{}']));
    const session = await createAgent({ model, tools: [first, look] }).openSession(openMemoryStore(), { id: 's' });
    const events = await Array.fromAsync(session.send('go', { signal: stop.signal }));
    expect(ofCalls(events)).toEqual([
      ['start', 'c1'],
      ['end', 'c1', 'done'],
      ['answered', 'c2', expect.stringContaining('aborted')],
    ]);
  });
});
