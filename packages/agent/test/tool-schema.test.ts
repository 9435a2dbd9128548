import { initialState, runAgent, type Tool, type ToolOptions, tool } from '@reprise/agent';
import type { JsonObject } from '@reprise/providers';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const JSON_SCHEMA: JsonObject = {
  type: 'object',
  properties: { path: { type: 'string' }, lines: { type: 'number', default: 10 } },
  required: ['path'],
};

const noop = (input: ToolOptions<unknown>['input'], name = 'read') =>
  tool({ name, description: 'Reads.', input, run: () => '' });

const schemaOf = (input: ToolOptions<unknown>['input']) => noop(input).definition.inputSchema;

/** What a tool's `run` got for these arguments, and what the model was told. */
async function called(read: Tool, argumentsText: string): Promise<string> {
  const model = scriptedModel(toolTurn(['c', 'read', argumentsText]), textTurn('done'));
  const { state } = await runAgent(initialState(), 'go', { model, tools: [read] }).result();
  const told = state.messages.find(({ role }) => role === 'tool');
  return told?.role === 'tool' ? JSON.stringify(told.content[0]?.content) : '';
}

describe('a tool’s input (L-30)', () => {
  const path = 'path';
  it.each<readonly [string, ToolOptions<unknown>['input'], boolean]>([
    ['zod', z.object({ path: z.string(), lines: z.number().default(10) }), true],
    ['ArkType', type({ path: 'string', lines: 'number = 10' }), false],
    ['Valibot', toStandardJsonSchema(v.object({ path: v.string(), lines: v.optional(v.number(), 10) })), true],
    ['JSON Schema', JSON_SCHEMA, true],
  ])('as a schema of %s is told to the model, with what has a default not required', (_, input, tellsDefault) => {
    const lines = tellsDefault ? { default: 10, type: 'number' } : { type: 'number' };
    const schema = { properties: { lines, path: { type: 'string' } }, required: [path], type: 'object' };
    expect(JSON.stringify(schemaOf(input))).toBe(JSON.stringify(schema));
  });

  it.each([
    ['zod', z.object({ path: z.string(), lines: z.number().default(10) })],
    ['ArkType', type({ path: 'string', lines: 'number = 10' })],
    ['Valibot', toStandardJsonSchema(v.object({ path: v.string(), lines: v.optional(v.number(), 10) }))],
  ])(
    'as a schema of %s gives the tool its defaults, and the model its words for what does not fit',
    async (_, input) => {
      const run = vi.fn((given: { path: string; lines: number }) => `${given.path}:${given.lines}`);
      const read = tool({ name: 'read', description: '', input, run });
      expect(await called(read, '{"path":"a"}')).toContain('a:10');
      expect(await called(read, '{"path":1}')).toMatch(/do not fit the schema: path: \S/);
      expect(run).toHaveBeenCalledTimes(1);
    },
  );

  it('is the same bytes whatever the order of its keys (I3)', () => {
    const a = schemaOf(z.object({ b: z.string().describe('B'), a: z.object({ y: z.number(), x: z.number() }) }));
    const b = schemaOf(z.object({ a: z.object({ x: z.number(), y: z.number() }), b: z.string().describe('B') }));
    expect(JSON.stringify(b)).toBe(JSON.stringify(a));
  });

  it('says what it was given to say, in any order of keys (I3)', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, item]) => [key, reversed(item)]),
      );
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.record({ 'x-note': fc.jsonValue() })), (properties) => {
        const given = { type: 'object', properties } as JsonObject;
        const schema = JSON.stringify(schemaOf(given));
        expect(JSON.stringify(schemaOf(reversed(given) as JsonObject))).toBe(schema);
        expect(sortedRequired(JSON.parse(schema))).toEqual(sortedRequired(JSON.parse(JSON.stringify(given))));
      }),
    );
  });

  it('keeps lists that are not sets in their order', () => {
    const size = { enum: ['small', 'large'], default: { required: ['z', 'a'] }, items: { required: ['a', 'z'] } };
    const given = { type: 'object', properties: { size }, required: ['size', 'b', 'a'] };
    expect(schemaOf(given)).toEqual({ ...given, required: ['a', 'b', 'size'] });
  });

  it('without properties says so, as OpenAI wants it', () => {
    expect(schemaOf({ type: 'object' })).toEqual({ type: 'object', properties: {} });
  });

  it.each<readonly [string, unknown, string]>([
    ['a list', z.array(z.string()), 'has the type "array"'],
    [
      'one of two objects',
      z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
      'has the type undefined',
    ],
    ['what JSON Schema has no words for', z.object({ at: z.date() }), 'cannot be written as JSON Schema'],
    ['a schema of Valibot alone', v.object({ a: v.string() }), 'toStandardJsonSchema(schema), from @valibot/to-json'],
    [
      'a schema of an old zod',
      { '~standard': { version: 1, vendor: 'zod', validate: () => ({ value: 1 }) } },
      'zod can from 4.2 on',
    ],
  ])('as %s is refused at once', (_, input, words) => {
    const make = () => noop(input as JsonObject);
    expect(make).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
    expect(make).toThrow(words);
    expect(make).toThrow('tool read');
  });
});

/** With each `required` list, wherever it stands, in one order. */
function sortedRequired(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedRequired);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'required' && Array.isArray(item) && item.every((name) => typeof name === 'string')
        ? item.toSorted()
        : sortedRequired(item),
    ]),
  );
}

describe('arguments checked by a JSON Schema (L-30, L-38)', () => {
  const answered = (text: string) => JSON.stringify([{ type: 'text', text }]);
  const read = (input: JsonObject) => tool({ name: 'read', description: '', input, run: (given) => given });

  it('reach the tool as they were written', async () => {
    expect(await called(read(JSON_SCHEMA), '{"path":"a","more":[1]}')).toBe(answered('{"path":"a","more":[1]}'));
  });

  it.each<readonly [JsonObject, string, string]>([
    [JSON_SCHEMA, '{"path":1,"lines":"x"}', 'path: must be string; lines: must be number'],
    [JSON_SCHEMA, '{}', "must have required property 'path'"],
    [JSON_SCHEMA, '[]', 'must be object'],
    [{ ...JSON_SCHEMA, additionalProperties: false }, '{"path":"a","b":1}', 'must NOT have additional properties: b'],
    [
      { type: 'object', properties: { 'a/b': { type: 'array', items: { enum: ['x', 'y'] } } } },
      '{"a/b":["x","z"]}',
      'a/b.1: must be equal to one of the allowed values: [\\"x\\",\\"y\\"]',
    ],
    [
      {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: { at: { items: [{ type: 'number' }] } },
      },
      '{"at":["x"]}',
      'at.0: must be number',
    ],
    [
      {
        type: 'object',
        $defs: { n: { type: 'number' } },
        properties: { at: { prefixItems: [{ $ref: '#/$defs/n' }] } },
      },
      '{"at":["x"]}',
      'at.0: must be number',
    ],
  ])('by %j and not fitting are told so: %s', async (schema, argumentsText, words) => {
    expect(await called(read(schema), argumentsText)).toContain(`The arguments do not fit the schema: ${words}"`);
  });

  it('are not told more than twenty misfits', async () => {
    const schema = { type: 'object', properties: { at: { type: 'array', items: { type: 'number' } } } };
    const told = await called(read(schema), JSON.stringify({ at: Array.from({ length: 25 }, () => 'x') }));
    expect(told).toContain('at.19: must be number; and 5 more');
    expect(told).not.toContain('at.20');
  });

  it('may have any format: it is a hint, and none is complained of', async () => {
    const warn = vi.spyOn(console, 'warn');
    onTestFinished(() => warn.mockRestore());
    const schema = { type: 'object', properties: { to: { type: 'string', format: 'email' }, at: { format: 'house' } } };
    expect(await called(read(schema), '{"to":"nobody"}')).toContain('nobody');
    expect(warn).not.toHaveBeenCalled();
  });

  it('are checked by each schema on its own, also by two of the same `$id`', async () => {
    const named = (kind: string) => ({
      $id: 'https://example.com/input',
      type: 'object',
      properties: { a: { type: kind } },
    });
    expect(await called(read(named('string')), '{"a":"x"}')).toBe(answered('{"a":"x"}'));
    expect(await called(read(named('number')), '{"a":"x"}')).toContain('a: must be number');
  });

  it('by one whose fault only a compiler finds are refused, and the schema is blamed', async () => {
    const broken = read({ type: 'object', properties: { a: { type: 'string', pattern: '(' } } });
    expect(await called(broken, '{}')).toContain('The input of tool read is no JSON Schema: ');
    expect(await called(broken, '{}')).not.toContain('do not fit');
  });
});

describe('a JSON Schema that is none', () => {
  const inProperties = (schema: unknown) => ({ type: 'object', properties: { a: schema } });

  it.each([
    [inProperties({ type: 'strin' }), 'has type "strin" at properties.a; array, boolean'],
    [inProperties({ type: ['string', 'nil'] }), 'has type ["string","nil"] at properties.a'],
    [inProperties('string'), 'has a text at properties.a in place of a JSON Schema'],
    [inProperties({ items: { anyOf: [{}, { type: 7 }] } }), 'has type 7 at properties.a.items.anyOf.1'],
    [inProperties({ items: [{ enum: 'x' }] }), 'has enum "x" at properties.a.items.0; a list'],
    [inProperties({ oneOf: {} }), 'has oneOf {} at properties.a; a list'],
    [{ type: 'object', properties: [] }, 'has properties []; an object'],
    [{ type: 'object', required: 'a' }, 'has required "a"; a list of names'],
    [{ type: 'object', $defs: { b: { not: { type: null } } } }, 'has type null at $defs.b.not'],
  ])('is refused at once, with the tool and the place: %j', (schema, words) => {
    expect(() => noop(schema as JsonObject)).toThrow(
      expect.objectContaining({
        code: 'agent/invalid-option',
        message: expect.stringContaining(`The input of tool read ${words}`),
      }),
    );
  });

  it('is told from one that has fields of such names, or data', () => {
    const properties = {
      type: { type: 'string' },
      required: { const: { type: 'x' } },
      any: true,
      enum: { default: { type: 5 } },
    };
    expect(schemaOf({ type: 'object', properties })).toMatchObject({ properties });
  });
});

describe('a tool that cannot work is refused at once: it', () => {
  const make = (options: Partial<ToolOptions<JsonObject>>) => () =>
    tool({ name: 'read', description: '', input: JSON_SCHEMA, run: () => '', ...options });

  type Case = readonly [what: string, options: Partial<ToolOptions<JsonObject>>, words: string];
  // As callers without types may write them.
  const withoutTypes = (cases: readonly (readonly [string, object, string])[]): readonly Case[] => cases;

  it.each<Case>([
    ['has no name', { name: '' }, '1 to 64 letters'],
    ['has a name with a dot', { name: 'files.read' }, '"files.read"'],
    ['has a name with an accent', { name: 'lésen' }, 'lésen'],
    ['has a name that is too long', { name: 'a'.repeat(65) }, 'aaa'],
    ['has no time', { timeoutMs: 0 }, 'timeoutMs of tool read is 0'],
    ['has no whole number of milliseconds', { timeoutMs: 1.5 }, '1.5'],
    ['has more time than a timer can count', { timeoutMs: 2 ** 31 }, '2147483648'],
    ['has for ever', { timeoutMs: Number.POSITIVE_INFINITY }, 'Infinity'],
    ['has an effect that there is not', { effect: 'none' as 'pure' }, 'none'],
    ...withoutTypes([
      ['has no name at all', { name: undefined }, 'A tool is named undefined'],
      ['has no description', { description: undefined }, 'description of tool read is undefined; it must be a text'],
      ['has no input', { input: undefined }, 'input of tool read is undefined; it must be a schema'],
      ['has a text for its input', { input: 'path' }, 'input of tool read is a text'],
      ['has nothing to run', { run: undefined }, 'run of tool read is undefined; it must be a function'],
      ['has a text to run', { run: 'ls' }, 'run of tool read is a text'],
      ['touches what is no function of its input', { touches: ['a'] }, 'touches of tool read is a list'],
      ['is parallel in words', { parallel: 'no' }, 'parallel of tool read is a text'],
      ['needs an approval in words', { needsApproval: 'yes' }, 'needsApproval of tool read is a text'],
    ]),
  ])('%s', (_, options, words) => {
    expect(make(options)).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
    expect(make(options)).toThrow(words);
  });

  it('unless its name has the 64 characters that vendors take', () => {
    const name = `${'a'.repeat(61)}-_9`;
    expect(make({ name, timeoutMs: 2 ** 31 - 1 })().definition.name).toBe(name);
  });
});
