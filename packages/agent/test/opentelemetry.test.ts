import { SpanKind } from '@opentelemetry/api';
import {
  type AgentEventBody,
  Chat,
  createAgent,
  initialState,
  runAgent,
  runMany,
  systemPorts,
  tool,
} from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { assistantTurn } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { echo } from './support/echo.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { isIn, keptTelemetry, timesOf } from './support/telemetry.ts';

const COUNTED = { tokens: { fresh: 70, cacheRead: 20, cacheWrite: { '5m': 10 }, output: 5, reasoning: 2 } } as const;

const twoTurns = () =>
  scriptedModel(
    { ...toolTurn(['c1', 'echo', '{"text":"hey"}']), ...COUNTED },
    { ...textTurn('Hey.', COUNTED), responseId: 'r2' },
  );

describe('the spans of a run', () => {
  it('are the run, and in it its model calls and its tools', async () => {
    const { telemetry, spans, of } = keptTelemetry({ agentName: 'Echo' });
    const run = runAgent(initialState(), 'go', { model: twoTurns(), tools: [echo] });
    expect(await telemetry.trace(run).result()).toMatchObject({ text: 'Hey.', reason: 'end-turn' });
    expect(spans().map(({ name, kind }) => [name, kind])).toEqual([
      ['chat', SpanKind.CLIENT],
      ['execute_tool echo', SpanKind.INTERNAL],
      ['chat', SpanKind.CLIENT],
      ['invoke_agent Echo', SpanKind.INTERNAL],
    ]);
    const [invoked] = of('invoke_agent');
    expect(spans().filter((span) => isIn(span, invoked))).toHaveLength(3);
    expect(invoked?.attributes).toMatchObject({ 'gen_ai.agent.name': 'Echo', 'reprise.run.end_reason': 'end-turn' });
  });

  it('say of a model call what its response was and what it used', async () => {
    const { telemetry, of } = keptTelemetry({ request: { model: 'custom/scripted', temperature: 0.5 } });
    await telemetry.trace(runAgent(initialState(), 'go', { model: twoTurns(), tools: [echo] })).result();
    const [first, second] = of('chat');
    expect(first?.name).toBe('chat scripted');
    expect(first?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'custom',
      'gen_ai.request.model': 'scripted',
      'gen_ai.request.stream': true,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.response.finish_reasons': ['tool_call'],
      'gen_ai.response.model': 'scripted',
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 20,
      'gen_ai.usage.cache_creation.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
      'gen_ai.usage.reasoning.output_tokens': 2,
    });
    expect(second?.attributes).toMatchObject({
      'gen_ai.response.id': 'r2',
      'gen_ai.response.finish_reasons': ['stop'],
    });
  });

  it('say of the run what its calls have used together', async () => {
    const { telemetry, of } = keptTelemetry();
    await telemetry.trace(runAgent(initialState(), 'go', { model: twoTurns(), tools: [echo] })).result();
    expect(of('invoke_agent')[0]?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 200,
      'gen_ai.usage.cache_read.input_tokens': 40,
      'gen_ai.usage.cache_creation.input_tokens': 20,
      'gen_ai.usage.output_tokens': 10,
    });
  });

  it('say of a tool which it is and which call it answers', async () => {
    const { telemetry, of } = keptTelemetry();
    await telemetry.trace(runAgent(initialState(), 'go', { model: twoTurns(), tools: [echo] })).result();
    expect(of('execute_tool')[0]?.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'echo',
      'gen_ai.tool.call.id': 'c1',
      'gen_ai.tool.type': 'function',
    });
  });

  it('have the times of the events', async () => {
    let now = Date.UTC(2026, 0, 1);
    const clock = () => now;
    const spend = <Value>(ms: number, value: Value): Value => {
      now += ms;
      return value;
    };
    const slow = tool({
      name: 'slow',
      description: 'Takes its time.',
      input: z.object({}),
      effect: 'pure',
      run: () => spend(300, 'slow'),
    });
    const model = scriptedModel(
      () => spend(2000, toolTurn(['c1', 'slow', '{}'])),
      () => spend(500, textTurn('done')),
    );
    const { telemetry, spans } = keptTelemetry({ clock });
    const ports = { ...systemPorts, clock };
    const run = runAgent(initialState(), 'go', { model, tools: [slow], ports });
    // On their way, events of what has ended take their time.
    const late = {
      result: () => run.result(),
      async *[Symbol.asyncIterator]() {
        for await (const event of run) {
          yield event.type === 'assistant-turn' || event.type === 'tool-end' ? spend(10_000, event) : event;
        }
      },
    };
    await telemetry.trace(late).result();
    const start = Date.UTC(2026, 0, 1);
    expect(spans().map(timesOf)).toEqual([
      { startedAt: start, durationMs: 2000 },
      { startedAt: start + 12_000, durationMs: 300 },
      { startedAt: start + 22_300, durationMs: 500 },
      { startedAt: start, durationMs: 32_800 },
    ]);
  });
});

describe('telemetry takes', () => {
  const chats = (of: ReturnType<typeof keptTelemetry>['of']) =>
    of('chat').map(({ attributes }) => attributes['gen_ai.conversation.id']);

  it('the runs of a session, whose id it learns from their turns', async () => {
    const { telemetry, of } = keptTelemetry();
    const session = await createAgent({ model: twoTurns(), tools: [echo] }).openSession(openMemoryStore(), {
      id: 's1',
    });
    await telemetry.trace(session.send('go')).result();
    expect(chats(of)).toEqual(['s1', 's1']);
    expect(of('invoke_agent')[0]?.attributes['gen_ai.conversation.id']).toBe('s1');
    expect(of('execute_tool')[0]?.attributes['gen_ai.conversation.id']).toBe('s1');
  });

  it('the runs of a chat, with the result that a chat gives', async () => {
    const { telemetry, of } = keptTelemetry();
    const chat = new Chat(twoTurns(), { tools: [echo] });
    const result = await telemetry.trace(chat.stream('go')).result();
    expect([result.text, result.messages.length, result.cost.unpricedTurns]).toEqual(['Hey.', 4, 2]);
    expect(chats(of)).toEqual([undefined, undefined]);
  });

  it('the runs of a batch side by side, each with what is its own', async () => {
    const { telemetry, of, openSpans } = keptTelemetry();
    const model = scriptedModel(textTurn('a'), textTurn('b'), textTurn('c'));
    const onEvent = (...heard: Parameters<typeof telemetry.listen>) => telemetry.listen(...heard);
    await runMany(['1', '2', '3'], { model, onEvent, warm: false });
    const runs = of('invoke_agent');
    expect(runs).toHaveLength(3);
    expect(runs.map((run) => of('chat').filter((span) => isIn(span, run)).length)).toEqual([1, 1, 1]);
    expect(openSpans()).toBe(0);
  });

  it('a run without changing it: every event comes, as the same object, and only once', async () => {
    const { telemetry } = keptTelemetry();
    const given = runAgent(initialState(), 'go', { model: twoTurns(), tools: [echo] });
    const [before, after]: [unknown[], unknown[]] = [[], []];
    const watched = {
      result: () => given.result(),
      async *[Symbol.asyncIterator]() {
        for await (const event of given) {
          before.push(event);
          yield event;
        }
      },
    };
    const traced = telemetry.trace(watched);
    for await (const event of traced) after.push(event);
    expect(after.length).toBeGreaterThan(8);
    expect(after.every((event, index) => event === before[index])).toBe(true);
    expect((await traced.result()).text).toBe('Hey.');
    const again = telemetry.trace(given);
    expect(() => again[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'agent/run-consumed' }));
  });
});

describe('of a model call', () => {
  const heard = (...events: readonly AgentEventBody[]) => {
    const kept = keptTelemetry({ clock: () => Date.UTC(2026, 0, 1) });
    const start: AgentEventBody = { type: 'run-start', runId: 'r1' };
    for (const [sequence, event] of [start, ...events].entries()) kept.telemetry.listen({ ...event, sequence });
    kept.telemetry.close();
    return kept;
  };
  const turn = assistantTurn({ ...textTurn('Hi.'), model: 'new-1', family: 'openai-chat', ...COUNTED });

  it('S4 that a crash has cut off there is no span in the run that recovers its turn', async () => {
    const kept = heard({ type: 'turn-end', turn, state: initialState() });
    expect(kept.spans().map(({ name }) => name)).toEqual(['invoke_agent']);
    expect(await kept.points('gen_ai.client.token.usage')).toEqual([]);
  });

  it('the time is that of its turn, or ends when the turn comes if that has none', () => {
    const kept = heard({ type: 'assistant-turn', turn: { ...turn, timing: { startedAt: 0, durationMs: 250 } } });
    expect(kept.of('chat').map(timesOf)).toEqual([{ startedAt: Date.UTC(2026, 0, 1) - 250, durationMs: 250 }]);
  });

  it('the model that is asked is the one that the session has been switched to', () => {
    const price = { promptTokens: 1, heldTokens: 0, warmPicoUsd: 1n, coldPicoUsd: 1n } as const;
    const [from, to] = ['old', 'new'].map((id) => ({ family: 'openai-chat', id }));
    if (!from || !to) throw new Error('no models');
    const kept = heard({ type: 'model-switch', from, to, price }, { type: 'assistant-turn', turn });
    expect(kept.of('chat')[0]).toMatchObject({
      name: 'chat new',
      attributes: { 'gen_ai.request.model': 'new', 'gen_ai.response.model': 'new-1', 'gen_ai.provider.name': 'openai' },
    });
  });
});
