import { SpanStatusCode } from '@opentelemetry/api';
import { type AgentEvent, createAgent, initialState, type Run, runAgent, runMany, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { ProviderError } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Step, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { type KeptTelemetry, keptTelemetry } from './support/telemetry.ts';

const NO_INPUT = z.object({});

/** A tool that ends when it is stopped, and not before. */
const endless = tool({
  name: 'endless',
  description: 'Waits.',
  input: NO_INPUT,
  effect: 'pure',
  run: (_input, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
});

const quick = tool({ name: 'quick', description: 'Is quick.', input: NO_INPUT, effect: 'pure', run: () => 'done' });
const broken = tool({
  name: 'broken',
  description: 'Fails.',
  input: NO_INPUT,
  effect: 'pure',
  run: () => {
    throw new Error('It fell down.');
  },
});

const TOOLS = [endless, quick, broken];
const twoCalls: Step = toolTurn(['c1', 'quick', '{}'], ['c2', 'endless', '{}']);

function outcomes({ spans }: KeptTelemetry): readonly (readonly [string, unknown])[] {
  return spans().map(({ name, attributes }) => [name, attributes['error.type']]);
}

describe('S1 each span ends', () => {
  it('with the code of the error, if the model call fails', async () => {
    const kept = keptTelemetry();
    const model = scriptedModel(() => {
      throw new ProviderError('provider/quota', 'No money left, dear Anna.');
    });
    const run = kept.telemetry.trace(runAgent(initialState(), 'go', { model, retry: false }));
    await expect(run.result()).rejects.toMatchObject({ code: 'provider/quota' });
    expect(outcomes(kept)).toEqual([
      ['chat', 'provider/quota'],
      ['invoke_agent', 'provider/quota'],
    ]);
    expect(kept.spans().map(({ status }) => status)).toEqual(Array(2).fill({ code: SpanStatusCode.ERROR }));
    expect(kept.of('chat')[0]?.attributes).toMatchObject({ 'gen_ai.response.finish_reasons': ['error'] });
    expect(kept.of('chat')[0]?.attributes).not.toHaveProperty(['gen_ai.response.model']);
    const [duration] = await kept.points('gen_ai.client.operation.duration');
    expect(duration?.attributes).toMatchObject({ 'error.type': 'provider/quota' });
  });

  it('where the run is at fault and no model was asked', async () => {
    const kept = keptTelemetry();
    const run = kept.telemetry.trace(runAgent(initialState(), undefined, { model: scriptedModel() }));
    await expect(run.result()).rejects.toMatchObject({ code: 'agent/nothing-to-continue' });
    expect(outcomes(kept)).toEqual([['invoke_agent', 'agent/nothing-to-continue']]);
  });

  it('and names its session, if that is told, where no turn could name it', async () => {
    const kept = keptTelemetry();
    const model = scriptedModel(() => {
      throw new ProviderError('provider/quota', 'No money left.');
    });
    const session = await createAgent({ model, retry: false }).openSession(openMemoryStore(), { id: 's1' });
    await expect(kept.telemetry.trace(session.send('go'), { conversationId: 's1' }).result()).rejects.toThrow();
    expect(kept.spans().map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual(['s1', 's1']);
  });

  it('when the run is aborted, those of tools that were running included', async () => {
    const kept = keptTelemetry();
    const abort = new AbortController();
    const options = { model: scriptedModel(twoCalls), tools: TOOLS, signal: abort.signal };
    let running = 0;
    for await (const { type } of kept.telemetry.trace(runAgent(initialState(), 'go', options))) {
      if (type === 'tool-start') running += 1;
      if (type === 'tool-end' && running === 2) abort.abort();
    }
    expect(outcomes(kept).at(-1)).toEqual(['invoke_agent', 'provider/aborted']);
    expect(kept.of('execute_tool').map(({ name, attributes }) => [name, attributes['error.type']])).toEqual([
      ['execute_tool quick', undefined],
      ['execute_tool endless', 'tool_error'],
    ]);
    expect(kept.of('invoke_agent')[0]?.attributes['reprise.run.end_reason']).toBe('aborted');
    expect(kept.openSpans()).toBe(0);
  });

  it('when a tool fails, which is an error of the tool and not of the run', async () => {
    const kept = keptTelemetry();
    const model = scriptedModel(toolTurn(['c1', 'broken', '{}']), textTurn('Oh.'));
    await kept.telemetry.trace(runAgent(initialState(), 'go', { model, tools: TOOLS })).result();
    expect(outcomes(kept)).toEqual([
      ['chat', undefined],
      ['execute_tool broken', 'tool_error'],
      ['chat', undefined],
      ['invoke_agent', undefined],
    ]);
    expect(kept.of('execute_tool')[0]?.status).toEqual({ code: SpanStatusCode.ERROR });
  });

  it.each(['run-start', 'text-delta', 'assistant-turn', 'tool-start', 'tool-end', 'turn-end', 'run-end'] as const)(
    'when its listener leaves at %s, and the run is aborted as without telemetry',
    async (place) => {
      const kept = keptTelemetry();
      const [said, calls] = [textTurn('Well.'), toolTurn(['c1', 'quick', '{}'], ['c2', 'quick', '{}'])];
      const session = await createAgent({
        model: scriptedModel(
          { ...calls, message: { ...calls.message, content: [...said.message.content, ...calls.message.content] } },
          textTurn('Done.'),
        ),
        tools: TOOLS,
      }).openSession(openMemoryStore());
      const given: Run = session.send('go');
      const traced: Run = kept.telemetry.trace(given);
      for await (const { type } of traced) if (type === place) break;
      expect(kept.openSpans()).toBe(0);
      const [invoked] = kept.of('invoke_agent');
      expect(invoked?.attributes['error.type']).toBe(place === 'run-end' ? undefined : 'agent/run-abandoned');
      if (place !== 'run-end') await expect(given.result()).rejects.toMatchObject({ code: 'agent/run-abandoned' });
      // It has left the session, which takes the next one.
      expect(() => session.send('again')).not.toThrow();
    },
  );

  it('also for a tool that was running when the listener left', async () => {
    const kept = keptTelemetry();
    const run = runAgent(initialState(), 'go', { model: scriptedModel(twoCalls), tools: TOOLS });
    let running = 0;
    for await (const { type } of kept.telemetry.trace(run)) {
      if (type === 'tool-start') running += 1;
      if (running === 2) break;
    }
    expect(kept.of('execute_tool').map(({ attributes }) => attributes['gen_ai.tool.call.id'])).toContain('c2');
    expect(outcomes(kept)).toContainEqual(['execute_tool endless', 'agent/run-abandoned']);
    expect(kept.openSpans()).toBe(0);
  });

  it('when a batch breaks off, as soon as telemetry is told that no more will come', async () => {
    const kept = keptTelemetry();
    const onEvent = (event: AgentEvent, index: number): void => {
      kept.telemetry.listen(event, index);
      if (event.type === 'text-delta') throw new Error('Enough.');
    };
    const model = scriptedModel(textTurn('a'), textTurn('b'));
    await expect(runMany(['1', '2'], { model, onEvent, parallelism: 1 })).rejects.toThrow('Enough.');
    expect(kept.openSpans()).toBe(1);
    kept.telemetry.close();
    expect(kept.openSpans()).toBe(0);
    expect(outcomes(kept)).toEqual([['invoke_agent', 'agent/run-abandoned']]);
  });

  it('of a listened run, before another begins in its place', () => {
    const kept = keptTelemetry();
    for (const runId of ['r1', 'r2']) kept.telemetry.listen({ type: 'run-start', runId, sequence: 0 });
    expect(kept.spans().map(({ attributes }) => attributes['reprise.run.id'])).toEqual(['r1']);
    kept.telemetry.close();
    kept.telemetry.listen({ type: 'tool-start', call: toolCall, sequence: 1 });
    expect([kept.spans().length, kept.openSpans()]).toEqual([2, 0]);
  });
});

const toolCall = { type: 'tool-call', id: 'c1', name: 'quick', arguments: {}, argumentsText: '{}' } as const;

describe('parallel tools', () => {
  it('have spans side by side, told apart although a model repeats its ids', async () => {
    const kept = keptTelemetry();
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const meet = tool({
      name: 'meet',
      description: 'Waits for the other.',
      input: z.object({ fails: z.boolean() }),
      effect: 'pure',
      run: async ({ fails }) => {
        begun += 1;
        if (begun === 2) both.resolve();
        await both.promise;
        if (fails) throw new Error('It fell down.');
        return 'met';
      },
    });
    const model = scriptedModel(
      toolTurn(['same', 'meet', '{"fails":true}'], ['same', 'meet', '{"fails":false}']),
      textTurn('Done.'),
    );
    await kept.telemetry.trace(runAgent(initialState(), 'go', { model, tools: [meet] })).result();
    const types = kept.of('execute_tool').map(({ attributes }) => attributes['error.type']);
    expect(types.toSorted()).toEqual(['tool_error', undefined]);
    expect(kept.openSpans()).toBe(0);
  });
});
