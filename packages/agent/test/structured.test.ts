import { Chat, structured, tool } from '@reprise/agent';
import { asObject, messageText, userMessage } from '@reprise/providers';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { MODELS, simulator } from './support/simulated.ts';

const TREE = z.object({ name: z.string(), heightM: z.number() });

const OAK = '{"name":"oak","heightM":20}';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'an oak' });

describe('a structured answer (L-53)', () => {
  it('is a value of the schema, with its turn, its usage and its cost', async () => {
    const vendor = await simulator(() => OAK);
    for (const modelOf of Object.values(MODELS)) {
      const { value, turn, usage, cost } = await structured({
        model: modelOf(vendor.url),
        schema: TREE,
        prompt: 'Which tree?',
      });
      expectTypeOf(value).toEqualTypeOf<{ name: string; heightM: number }>();
      expect(value).toEqual({ name: 'oak', heightM: 20 });
      expect([turn?.stopReason, usage.turns, cost.known]).toEqual(['end-turn', 1, usage.picoUsd]);
    }
    expect(vendor.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it.each([
    ['zod', TREE],
    ['valibot', toStandardJsonSchema(v.object({ name: v.string(), heightM: v.number() }))],
    ['arktype', type({ name: 'string', heightM: 'number' })],
    ['JSON Schema', { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }],
  ])('may be of a schema of %s', async (_library, schema) => {
    const model = scriptedModel(textTurn(OAK));
    const { value } = await structured<unknown>({ model, schema, prompt: 'Which tree?' });
    expect(value).toEqual({ name: 'oak', heightM: 20 });
    expect(model.requests[0]?.output).toMatchObject({ type: 'object', properties: { name: { type: 'string' } } });
  });

  it('is what the schema makes of it', async () => {
    const schema = z.object({ names: z.string().transform((names) => names.split(',')) });
    const { value } = await structured({
      model: scriptedModel(textTurn('{"names":"oak,elm"}')),
      schema,
      prompt: 'Trees?',
    });
    expectTypeOf(value).toEqualTypeOf<{ names: string[] }>();
    expect(value).toEqual({ names: ['oak', 'elm'] });
  });

  it('is of closed objects, at any depth, where the schema leaves it open', async () => {
    const model = scriptedModel(textTurn('{"trees":[],"default":{}}'));
    const schema = z.object({ trees: z.array(TREE), default: z.object({}), open: z.looseObject({}).optional() });
    await structured({ model, schema, prompt: 'Trees?' });
    expect(model.requests[0]?.output).toMatchObject({
      additionalProperties: false,
      properties: {
        trees: { items: { additionalProperties: false } },
        default: { additionalProperties: false },
        open: { additionalProperties: {} },
      },
    });
  });

  it('is asked for by name and description, after a history', async () => {
    const model = scriptedModel(textTurn(OAK));
    const words = { name: 'tree', description: 'The tree in the garden' };
    await structured({ model, schema: TREE, history: ['Which tree?'], system: 'Be exact.', ...words });
    expect(model.requests[0]).toMatchObject({
      system: 'Be exact.',
      messages: [userMessage('Which tree?')],
      output: { title: 'tree', description: 'The tree in the garden' },
    });
  });

  it('is the arguments of one forced call with via: tool', async () => {
    const vendor = await simulator(({ tools }) => ({
      toolCalls: [{ name: tools.at(-1)?.name ?? '', arguments: { name: 'oak', heightM: 20 } }],
    }));
    const model = MODELS.anthropic(vendor.url);
    const { value } = await structured({
      model,
      schema: TREE,
      prompt: 'Which?',
      via: 'tool',
      tools: [look],
      name: 'answer_tree',
    });
    expect(value).toEqual({ name: 'oak', heightM: 20 });
    expect(vendor.requests).toHaveLength(1);
    const body = asObject(vendor.requests[0]?.body);
    expect(body).toMatchObject({
      tools: [{ name: 'look' }, { name: 'answer_tree' }],
      tool_choice: { type: 'tool', name: 'answer_tree' },
    });
  });

  it.each([
    ['is no JSON', textTurn('An oak.'), 'not JSON'],
    ['does not fit', textTurn('{"name":"oak"}'), 'heightM'],
    ['was cut', textTurn('{"na', { stopReason: 'max-tokens' }), 'cut'],
    ['was refused', textTurn('', { stopReason: 'refusal' }), 'refused'],
  ])('that %s is an error with the turn, which is counted', async (_case, step, words) => {
    const chat = new Chat(scriptedModel(step));
    const failed = await chat.structured(TREE, 'Which tree?').catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 'provider/malformed-output',
      message: expect.stringContaining(words),
      turn: { message: step.message },
    });
    expect([chat.history.length, chat.usage.turns]).toEqual([2, 1]);
  });

  it('that does not fit is an error after one call with via: tool, too', async () => {
    const model = scriptedModel(toolTurn(['c1', 'answer', '{"name":1}']));
    const failed = structured({ model, schema: TREE, prompt: 'Which tree?', via: 'tool' });
    await expect(failed).rejects.toMatchObject({
      code: 'provider/malformed-output',
      message: expect.stringContaining('name'),
    });
  });

  it.each([
    ['is of no object', z.string()],
    ['cannot be written as JSON Schema', z.object({ at: z.date() })],
  ])('is refused before anything is sent where its schema %s', async (_case, schema) => {
    const model = scriptedModel();
    const refused = structured<unknown>({ model, schema, prompt: 'Which tree?' });
    await expect(refused).rejects.toMatchObject({ code: 'agent/invalid-option' });
    expect(model.requests).toHaveLength(0);
  });
});

describe('a structured answer of a chat', () => {
  it.each(['output', 'tool'] as const)('is a turn like any other: the talk goes on, with via: %s', async (via) => {
    const vendor = await simulator(({ tools, requestIndex }) => {
      if (requestIndex !== 1) return 'Fine.';
      return via === 'output' ? OAK : { toolCalls: [{ name: tools.at(-1)?.name ?? '', arguments: JSON.parse(OAK) }] };
    });
    const chat = new Chat(MODELS.anthropic(vendor.url), { tools: [look] });
    await chat.ask('Hello.');
    const { value, messages } = await chat.structured(TREE, 'Which tree?', { via });
    expect(value.name).toBe('oak');
    expect(messages.map(({ role }) => role)).toEqual(
      via === 'output' ? ['user', 'assistant'] : ['user', 'assistant', 'tool'],
    );
    expect((await chat.ask('Thanks.')).text).toBe('Fine.');
    expect(vendor.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(chat.lifetimeUsage.turns).toBe(3);
    expect(vendor.requests[2]?.body).not.toHaveProperty('output_config');
  });

  it('may come after its tools were used', async () => {
    const model = scriptedModel(toolTurn(['c1', 'look', '{}']), textTurn(OAK));
    const chat = new Chat(model, { tools: [look] });
    const { value, usage } = await chat.structured(TREE, 'Which tree?');
    expect([value.name, usage.turns]).toEqual(['oak', 2]);
    expect(messageText(chat.history.at(-1) ?? userMessage(''))).toBe(OAK);
  });

  it('rejects with what its run ended with', async () => {
    const stop = AbortSignal.abort();
    const chat = new Chat(scriptedModel());
    await expect(chat.structured(TREE, 'Which tree?', { signal: stop })).rejects.toMatchObject({
      code: 'provider/aborted',
    });
  });
});
