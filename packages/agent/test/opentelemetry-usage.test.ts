import { createAgent, initialState, runAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { ProviderError } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { echo } from './support/echo.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { FAMILIES, FAMILY_NAMES, LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';
import { keptTelemetry } from './support/telemetry.ts';

const COUNTED = { tokens: { fresh: 70, cacheRead: 20, cacheWrite: { '5m': 10 }, output: 5, reasoning: 2 } } as const;

describe('token counts', () => {
  it.each(FAMILY_NAMES)('I2 of %s, on spans and in metrics, are those that the vendor has served', async (family) => {
    const vendor = await simulator(({ messages }) => `Answer ${messages.length}. ${'So it is. '.repeat(30)}`);
    const model = FAMILIES[family](vendor.url);
    const { telemetry, of, points } = keptTelemetry({ request: { model } });
    const session = await createAgent({ model, system: LONG_SYSTEM_PROMPT }).openSession(openMemoryStore());
    for (const question of ['one', 'two']) await telemetry.trace(session.send(question)).result();

    const prompt = vendor.requests.map(
      ({ verdict }) => (verdict?.fresh ?? 0) + (verdict?.read ?? 0) + written(verdict),
    );
    expect(of('chat').map(({ attributes }) => attributes['gen_ai.usage.input_tokens'])).toEqual(prompt);
    const usage = await points('gen_ai.client.token.usage');
    const { totalOutputTokens, totalCacheReadTokens } = session.state;
    expect(usage.map(({ sum, attributes }) => [attributes['gen_ai.token.type'], sum])).toEqual([
      ['input', prompt.reduce((a, b) => a + b, 0)],
      ['output', totalOutputTokens],
    ]);
    const cached = of('chat').map(({ attributes }) => attributes['gen_ai.usage.cache_read.input_tokens']);
    expect(cached).toEqual(vendor.requests.map(({ verdict }) => verdict?.read));
    const read = await points('gen_ai.client.inference.usage.cache_read.input_tokens');
    expect(read.map(({ sum }) => sum)).toEqual([totalCacheReadTokens]);
    expect(usage[0]?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': family === 'anthropic' || family === 'ollama' ? family : 'openai',
      'gen_ai.request.model': model.id,
      'gen_ai.response.model': of('chat')[0]?.attributes['gen_ai.response.model'],
      'gen_ai.token.type': 'input',
    });
  });

  it('I11 that a vendor did not report are left out, and not 0', async () => {
    const { telemetry, of, points } = keptTelemetry();
    const model = scriptedModel(textTurn('silent'));
    await telemetry.trace(runAgent(initialState(), 'go', { model })).result();
    for (const span of [...of('chat'), ...of('invoke_agent')]) {
      expect(Object.keys(span.attributes).filter((key) => key.startsWith('gen_ai.usage'))).toEqual([]);
    }
    expect(await points('gen_ai.client.token.usage')).toEqual([]);
    expect(await points('gen_ai.client.operation.duration')).toHaveLength(1);
  });

  it('of a run stay known where its last call was refused, which has none', async () => {
    const { telemetry, of } = keptTelemetry();
    const model = scriptedModel({ ...toolTurn(['c1', 'echo', '{"text":"hey"}']), ...COUNTED }, () => {
      throw new ProviderError('provider/quota', 'No money left.');
    });
    const run = telemetry.trace(runAgent(initialState(), 'go', { model, tools: [echo] }));
    await expect(run.result()).rejects.toMatchObject({ code: 'provider/quota' });
    expect(of('invoke_agent')[0]?.attributes).toMatchObject({
      'error.type': 'provider/quota',
      'gen_ai.usage.input_tokens': 100,
    });
  });

  it('I11 of a run are left out where one of its calls did not report them', async () => {
    const { telemetry, of } = keptTelemetry();
    const partly = { ...textTurn('x'), tokens: { fresh: 7, output: 3 } };
    const model = scriptedModel({ ...toolTurn(['c1', 'echo', '{"text":"hey"}']), ...COUNTED }, partly);
    await telemetry.trace(runAgent(initialState(), 'go', { model, tools: [echo] })).result();
    const { attributes } = of('invoke_agent')[0] ?? {};
    expect(attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 107, 'gen_ai.usage.output_tokens': 8 });
    expect(attributes).not.toHaveProperty(['gen_ai.usage.cache_read.input_tokens']);
  });
});

function written(verdict: { readonly written?: Readonly<Record<string, number | undefined>> } | undefined): number {
  return Object.values(verdict?.written ?? {}).reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
