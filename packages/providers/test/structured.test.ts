import { describe, expect, expectTypeOf, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import { type AssistantTurn, assistantTurn, type StopReason } from '../src/assistant-turn.ts';
import { ProviderError } from '../src/errors.ts';
import { asObject, type JsonValue } from '../src/json.ts';
import { type AssistantBlock, userMessage } from '../src/message.ts';
import type { Model, StreamOptions } from '../src/model.ts';
import type { ModelRequest } from '../src/request.ts';
import { completeStructured, isMalformedOutput, type MalformedOutputError } from '../src/structured.ts';
import { createModelStream } from '../src/transport/model-stream.ts';

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
const REQUEST: ModelRequest = { system: 's', messages: [userMessage('How many?')], maxTokens: 9 };
const TOKENS = { fresh: 10, output: 5 };

describe('a structured answer (L-53)', () => {
  it('is the JSON of the text, with the turn that gave it', async () => {
    const model = scripted([text('{"n": 3}')]);
    const { value, turn } = await completeStructured(model, REQUEST, { schema: SCHEMA });
    expect(value).toEqual({ n: 3 });
    expect(turn).toMatchObject({ stopReason: 'end-turn', tokens: TOKENS });
    expect(model.asked).toEqual([{ ...REQUEST, output: SCHEMA }]);
  });

  it('is asked for by name and description', async () => {
    const model = scripted([text('{}')]);
    await completeStructured(model, REQUEST, { schema: SCHEMA, name: 'count', description: 'How many there are' });
    expect(model.asked[0]?.output).toEqual({ ...SCHEMA, title: 'count', description: 'How many there are' });
  });

  it('may be the arguments of one forced call, whose tool stands after the others', async () => {
    const model = scripted([toolCallBlock('c_1', 'count', '{"n": 3}')], 'tool-use');
    const tool = { name: 'look', description: '', inputSchema: {} };
    const shape = { schema: SCHEMA, name: 'count', description: 'How many', via: 'tool' } as const;
    const { value } = await completeStructured(model, { ...REQUEST, tools: [tool] }, shape);
    expect(value).toEqual({ n: 3 });
    expect(model.asked).toEqual([
      {
        ...REQUEST,
        tools: [tool, { name: 'count', description: 'How many', inputSchema: SCHEMA }],
        toolChoice: { tool: 'count' },
      },
    ]);
  });

  it.each([
    [{ ...SCHEMA, title: 'Count' }, 'Count'],
    [{ ...SCHEMA, title: 'The count' }, 'answer'],
    [SCHEMA, 'answer'],
  ])('names the tool by the title %j: %s', async (schema, name) => {
    const model = scripted([toolCallBlock('c_1', name, '{}')], 'tool-use');
    await completeStructured(model, REQUEST, { schema, via: 'tool' });
    expect(model.asked[0]?.toolChoice).toEqual({ tool: name });
  });

  it('is what validate makes of it, type included', async () => {
    const validate = (value: JsonValue) => Number(asObject(value)?.['n']);
    const { value } = await completeStructured(scripted([text('{"n":3}')]), REQUEST, { schema: SCHEMA, validate });
    expect(value).toBe(3);
    expectTypeOf(value).toEqualTypeOf<number>();
    const { value: plain } = await completeStructured(scripted([text('{}')]), REQUEST, { schema: SCHEMA });
    expectTypeOf(plain).toEqualTypeOf<JsonValue>();
  });

  it('passes the options on', async () => {
    const model = scripted([text('{}')]);
    const options = { timeoutMs: 5 };
    await completeStructured(model, REQUEST, { schema: SCHEMA }, options);
    expect(model.options).toEqual([options]);
  });
});

describe('an answer that is no good', () => {
  it.each([
    ['max-tokens', /maxTokens/],
    ['context-window', /context window/],
    ['content-filter', /content filter/],
    ['refusal', /refused/],
    ['pause', /paused/],
  ] as const)('since it ended with %s keeps its turn, even where its text is JSON', async (stopReason, words) => {
    const error = await failure(
      completeStructured(scripted([text('{"n":3}')], stopReason), REQUEST, { schema: SCHEMA }),
    );
    expect(error.message).toMatch(words);
    expect(error.turn).toMatchObject({ stopReason, tokens: TOKENS });
  });

  it.each(['', 'Three.', '{"n": 3', '```json\n{}\n```'])('since it is not JSON says what it was: %j', async (words) => {
    const error = await failure(completeStructured(scripted([text(words)]), REQUEST, { schema: SCHEMA }));
    expect(error).toMatchObject({ code: 'provider/malformed-output', retryable: false, turn: { tokens: TOKENS } });
    expect(error.message).toContain(JSON.stringify(words));
    expect(error.cause).toBeInstanceOf(SyntaxError);
  });

  it('since a tool was called instead names it', async () => {
    const model = scripted([toolCallBlock('c_1', 'look', '{}')], 'tool-use');
    expect((await failure(completeStructured(model, REQUEST, { schema: SCHEMA }))).message).toMatch(/called look/);
    const other = scripted([text('{"n":3}')]);
    const error = await failure(completeStructured(other, REQUEST, { schema: SCHEMA, via: 'tool' }));
    expect(error.message).toMatch(/did not call answer/);
  });

  it('since it fails validate says why', async () => {
    const cause = new Error('n is too large');
    const validate = (): never => {
      throw cause;
    };
    const error = await failure(completeStructured(scripted([text('{}')]), REQUEST, { schema: SCHEMA, validate }));
    expect(error).toMatchObject({
      message: expect.stringContaining('n is too large'),
      cause,
      turn: { tokens: TOKENS },
    });
  });

  it('since the call failed is the error of the call', async () => {
    const error = new ProviderError('provider/overloaded', 'busy');
    const model = scripted([text('{"n":3}')], 'error', error);
    await expect(completeStructured(model, REQUEST, { schema: SCHEMA })).rejects.toBe(error);
    expect(isMalformedOutput(error)).toBe(false);
    expect(isMalformedOutput(undefined)).toBe(false);
  });
});

it.each([
  [{ ...REQUEST, output: SCHEMA }, 'output', /output/],
  [{ ...REQUEST, toolChoice: 'auto' as const }, 'tool', /toolChoice/],
  [{ ...REQUEST, tools: [{ name: 'answer', description: '', inputSchema: {} }] }, 'tool', /answer/],
] as const)('refuses %j via %s before anything is asked', async (request, via, words) => {
  const model = scripted([]);
  await expect(completeStructured(model, request, { schema: SCHEMA, via })).rejects.toThrow(
    expect.objectContaining({ code: 'provider/invalid-request', message: expect.stringMatching(words) }),
  );
  expect(model.asked).toEqual([]);
});

async function failure(answer: Promise<unknown>): Promise<MalformedOutputError> {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isMalformedOutput(error)) throw new Error('No malformed output', { cause: error });
  return error;
}

function text(words: string): AssistantBlock {
  return { type: 'text', text: words };
}

/** A model that answers with these blocks, and remembers what it was asked. */
function scripted(
  content: readonly AssistantBlock[],
  stopReason: StopReason = 'end-turn',
  error?: ProviderError,
): Model & { readonly asked: readonly ModelRequest[]; readonly options: readonly (StreamOptions | undefined)[] } {
  const asked: ModelRequest[] = [];
  const given: (StreamOptions | undefined)[] = [];
  const turn: AssistantTurn = assistantTurn({
    message: { role: 'assistant', content },
    stopReason,
    tokens: TOKENS,
    ...(error ? { error } : {}),
  });
  return {
    id: 'scripted',
    family: 'scripted',
    asked,
    options: given,
    stream(request, options) {
      asked.push(request);
      given.push(options);
      return createModelStream({
        async *run(onTurn) {
          onTurn(turn);
          yield { type: 'assistant-turn', turn };
        },
        unreadTurn: () => turn,
      });
    },
    prefixBlocks: () => [],
    planMarks: () => [],
  };
}
