import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type ContextManager, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { createAgent, initialState, modelFromStream, runAgent, runMany, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { ProviderError, userMessage } from '@reprise/providers';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { isIn, keptTelemetry } from './support/telemetry.ts';

const SECRET = 'plum-cake';

const ask = tool({
  name: 'ask',
  description: 'Asks.',
  input: z.object({ what: z.string() }),
  effect: 'pure',
  run: ({ what }) => {
    if (what.includes('fail')) throw new Error(`No ${SECRET} here.`);
    return `The ${SECRET}, then.`;
  },
});

/** Everything a run says holds the secret, its errors included. */
const talk = () =>
  scriptedModel(
    { ...toolTurn(['c1', 'ask', `{"what":"${SECRET}"}`], ['c2', 'ask', `{"what":"fail ${SECRET}"}`]) },
    textTurn(`A ${SECRET}.`),
    () => {
      throw new ProviderError('provider/invalid-request', `The prompt says ${SECRET}.`);
    },
  );

async function talkWith(kept: ReturnType<typeof keptTelemetry>): Promise<void> {
  const agent = createAgent({ model: talk(), tools: [ask], system: SECRET, retry: false });
  const session = await agent.openSession(openMemoryStore());
  await kept.telemetry.trace(session.send(`Bake a ${SECRET}.`)).result();
  await expect(kept.telemetry.trace(session.send(SECRET)).result()).rejects.toThrow(SECRET);
}

describe('what was said', () => {
  it('I10 is on no span, in no event, status or metric, unless it is asked for', async () => {
    const kept = keptTelemetry({ request: { model: 'custom/scripted' } });
    await talkWith(kept);
    expect(kept.spans()).toHaveLength(7);
    const told = kept
      .spans()
      .map(({ name, attributes, status, events, links }) => [name, attributes, status, events, links]);
    const metrics = await Promise.all(
      ['gen_ai.client.token.usage', 'gen_ai.client.operation.duration'].map(kept.points),
    );
    expect(JSON.stringify([told, metrics])).not.toContain(SECRET);
  });

  it('is on the spans in the form of the conventions if it is asked for', async () => {
    const kept = keptTelemetry({ captureContent: true });
    await talkWith(kept);
    const [first, second] = kept.of('chat').map(({ attributes }) => ({
      input: JSON.parse(String(attributes['gen_ai.input.messages'] ?? 'null')),
      output: JSON.parse(String(attributes['gen_ai.output.messages'])),
    }));
    const question = { role: 'user', parts: [{ type: 'text', content: `Bake a ${SECRET}.` }] };
    expect(first?.input).toEqual([question]);
    const call = { type: 'tool_call', id: 'c1', name: 'ask', arguments: { what: SECRET } };
    expect(first?.output).toMatchObject([
      { role: 'assistant', parts: [call, { id: 'c2' }], finish_reason: 'tool_call' },
    ]);
    expect(second?.input).toMatchObject([
      question,
      { role: 'assistant' },
      {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: 'c1', response: `The ${SECRET}, then.` }, { id: 'c2' }],
      },
    ]);
    expect(second?.output).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: `A ${SECRET}.` }], finish_reason: 'stop' },
    ]);
    expect(kept.of('execute_tool')[0]?.attributes).toMatchObject({
      'gen_ai.tool.call.arguments': `{"what":"${SECRET}"}`,
      'gen_ai.tool.call.result': `The ${SECRET}, then.`,
    });
    expect(kept.of('invoke_agent')[1]?.status.message).toBe(`The prompt says ${SECRET}.`);
  });

  it('names pictures without their data', async () => {
    const kept = keptTelemetry({ captureContent: true });
    const image = { type: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' } as const;
    const input = { ...userMessage('Look.'), content: [image] };
    await kept.telemetry.trace(runAgent(initialState(), input, { model: scriptedModel(textTurn('Seen.')) })).result();
    expect(kept.of('chat')[0]?.attributes['gen_ai.input.messages']).toBe(
      '[{"role":"user","parts":[{"type":"image","mime_type":"image/png"}]}]',
    );
  });
});

describe('what is active', () => {
  beforeEach(() => {
    context.setGlobalContextManager(createContextManager());
    onTestFinished(() => context.disable());
  });

  it('is the run while its model is asked, and the span of a tool while it runs, also beside others', async () => {
    const kept = keptTelemetry();
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const work = tool({
      name: 'work',
      description: 'Works.',
      input: z.object({ name: z.string() }),
      effect: 'pure',
      run: async ({ name }) => {
        begun += 1;
        if (begun === 2) both.resolve();
        await both.promise;
        kept.tracer.startSpan(`inner ${name}`).end();
        return name;
      },
    });
    const model = scriptedModel(
      () => {
        kept.tracer.startSpan('inner model').end();
        return toolTurn(['a', 'work', '{"name":"a"}'], ['b', 'work', '{"name":"b"}']);
      },
      () => {
        kept.tracer.startSpan('inner model').end();
        return textTurn('Done.');
      },
    );
    const outer = kept.tracer.startSpan('outer');
    await context.with(trace.setSpan(context.active(), outer), () =>
      kept.telemetry.trace(runAgent(initialState(), 'go', { model, tools: [work] })).result(),
    );
    const [invoked] = kept.of('invoke_agent');
    const inner = (name: string) => kept.spans().filter((span) => span.name === `inner ${name}`);
    expect(inner('model').map((span) => isIn(span, invoked))).toEqual([true, true]);
    for (const name of ['a', 'b']) {
      const around = kept.of('execute_tool').find(({ attributes }) => attributes['gen_ai.tool.call.id'] === name);
      expect(inner(name).map((span) => isIn(span, around))).toEqual([true]);
    }
    expect(invoked && isIn(invoked, undefined)).toBe(false);
    expect(invoked?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  });

  it('is what was active before for the listener, and for runs that are only listened to', async () => {
    const kept = keptTelemetry();
    const seen: unknown[] = [];
    const see = () => seen.push(trace.getSpan(context.active()));
    for await (const _event of kept.telemetry.trace(
      runAgent(initialState(), 'go', { model: scriptedModel(textTurn('a')) }),
    ))
      see();
    const model = modelFromStream({
      id: 'custom',
      async *stream() {
        see();
        yield { type: 'assistant-turn', turn: textTurn('b') };
      },
    });
    await runMany(['go'], { model, onEvent: (event, index) => kept.telemetry.listen(event, index) });
    expect(seen.length).toBeGreaterThan(4);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });
});

/** As the SDK for Node has it. */
function createContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, run, self, ...given) => storage.run(active, () => run.call(self, ...given)),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}
