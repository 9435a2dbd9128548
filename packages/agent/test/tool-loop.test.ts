import { type AgentEvent, initialState, runAgent, type Tool, type ToolOutput, tool } from '@reprise/agent';
import { ProviderError, type ToolResultBlock } from '@reprise/providers';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { echo } from './support/echo.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

/** The results the model was shown in its second request. */
async function resultsOf(
  call: readonly [string, string, string],
  tools: readonly Tool[],
): Promise<readonly ToolResultBlock[]> {
  const model = scriptedModel(toolTurn(call), textTurn('done'));
  await runAgent(initialState(), 'go', { model, tools }).result();
  const last = model.requests[1]?.messages.at(-1);
  return last?.role === 'tool' ? last.content : [];
}

const textOf = (result: ToolResultBlock | undefined) =>
  result?.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

describe('a tool call', () => {
  it('is answered with the result, and the model is asked again', async () => {
    const [result] = await resultsOf(['c1', 'echo', '{"text":"hey"}'], [echo]);
    expect(result).toMatchObject({ toolCallId: 'c1', toolName: 'echo', isError: false });
    expect(textOf(result)).toBe('hey');
  });

  it.each<readonly [ToolOutput, string]>([
    [{ files: ['a', 'b'] }, '{"files":["a","b"]}'],
    ['"quoted"', '"quoted"'],
    [7, '7'],
    [null, 'null'],
    [undefined, ''],
  ])('gives %j to the model as text or as JSON (L-31)', async (output, text) => {
    const lister = tool({ name: 'list', description: '', input: z.object({}), run: () => output });
    const [result] = await resultsOf(['c1', 'list', ''], [lister]);
    expect([textOf(result), result?.content.length]).toEqual([text, text === '' ? 0 : 1]);
  });

  it.each([
    ['of an unknown tool (L-37)', ['c1', 'ecko', '{}'], 'There is no tool named ecko. The tools are: echo.'],
    ['with arguments that are not JSON (L-38)', ['c1', 'echo', '{"text":'], 'not valid JSON: Unexpected end of JSON'],
    ['with arguments that do not fit the schema (L-38)', ['c1', 'echo', '{"text":1}'], 'do not fit the schema: text: '],
  ] as const)('%s becomes an error the model sees', async (_case, call, expected) => {
    const [result] = await resultsOf(call, [echo]);
    expect(result?.isError).toBe(true);
    expect(textOf(result)).toContain(expected);
  });

  it('that throws becomes an error the model sees (L-39, D-22)', async () => {
    const failing = tool({
      name: 'fail',
      description: '',
      input: z.object({}),
      run: () => Promise.reject(new Error('disk on fire')),
    });
    const [result] = await resultsOf(['c1', 'fail', '{}'], [failing]);
    expect([result?.isError, textOf(result)]).toEqual([true, 'disk on fire']);
  });

  it('I12 that outlasts its time (L-36) is aborted, and becomes an error the model sees', async () => {
    let signal: AbortSignal | undefined;
    const endless = tool({
      name: 'wait',
      description: '',
      input: z.object({}),
      timeoutMs: 1,
      run: (_input, context) => {
        signal = context.signal;
        return new Promise<string>(() => {});
      },
    });
    const [result] = await resultsOf(['c1', 'wait', '{}'], [endless]);
    expect(textOf(result)).toContain('longer than 1 ms');
    expect(signal?.aborted).toBe(true);
  });

  it('gets the same idempotency key only for the same call', async () => {
    const keys: string[] = [];
    const keyed = tool({
      name: 'key',
      description: '',
      input: z.object({}),
      run: (_input, context) => void keys.push(context.idempotencyKey),
    });
    const model = scriptedModel(
      toolTurn(['c1', 'key', '{}'], ['c2', 'key', '{}']),
      toolTurn(['c1', 'key', '{}']),
      textTurn('done'),
    );
    await runAgent(initialState(), 'go', { model, tools: [keyed] }).result();
    expect(new Set(keys).size).toBe(3);
  });
});

describe('the tool loop', () => {
  it('gives all results of a turn in one message, in call order (L-35)', async () => {
    const model = scriptedModel(
      toolTurn(['c1', 'echo', '{"text":"a"}'], ['c2', 'echo', '{"text":"b"}']),
      textTurn('done'),
    );
    await runAgent(initialState(), 'go', { model, tools: [echo] }).result();
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    expect(model.requests[1]?.messages[2]?.content).toMatchObject([{ toolCallId: 'c1' }, { toolCallId: 'c2' }]);
  });

  it('answers each of two calls that share an id (B-20)', async () => {
    const model = scriptedModel(
      toolTurn(['same', 'echo', '{"text":"a"}'], ['same', 'echo', '{"text":"b"}']),
      textTurn('done'),
    );
    await runAgent(initialState(), 'go', { model, tools: [echo] }).result();
    expect(model.requests[1]?.messages[2]?.content).toMatchObject([
      { content: [{ text: 'a' }] },
      { content: [{ text: 'b' }] },
    ]);
  });

  it('ends at the limit with every call answered', async () => {
    const run = vi.fn(() => 'ran');
    const counted = tool({ name: 'count', description: '', input: z.object({}), run });
    const call = toolTurn(['c', 'count', '{}']);
    const model = scriptedModel(call, call, call);
    const { reason, state } = await runAgent(initialState(), 'go', {
      model,
      tools: [counted],
      maxToolRounds: 2,
    }).result();
    expect(reason).toBe('tool-round-limit');
    expect(run).toHaveBeenCalledTimes(2);
    expect(state.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ toolCallId: 'c', isError: true }] });
  });

  it('runs no tool of a turn that failed, and closes its calls', async () => {
    const run = vi.fn(() => 'ran');
    const act = tool({ name: 'act', description: '', input: z.object({}), run });
    const error = new ProviderError('provider/stream-cut', 'cut');
    const model = scriptedModel({ ...toolTurn(['c', 'act', '{}']), stopReason: 'error', error, tokens: { fresh: 1 } });
    const events: AgentEvent[] = [];
    for await (const event of runAgent(initialState(), 'go', { model, tools: [act] })) events.push(event);
    expect(run).not.toHaveBeenCalled();
    expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'error', error });
    const end = events.at(-1);
    expect(end?.type === 'run-end' && end.state.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ toolCallId: 'c', isError: true }],
    });
  });

  it('goes on after a pause, and counts it (L-46, X-03)', async () => {
    const model = scriptedModel(textTurn('thinking about it', { stopReason: 'pause' }), textTurn('done'));
    const { text, turns, state } = await runAgent(initialState(), 'go', { model }).result();
    expect([text, turns.length, model.unplayed]).toEqual(['done', 2, 0]);
    expect(state.turnCount).toBe(2);
  });

  it('shows the model its tools in an order that does not depend on how they were registered', async () => {
    const other = tool({ name: 'alpha', description: '', input: z.object({}), run: () => '' });
    const names = async (tools: readonly Tool[]) => {
      const model = scriptedModel(textTurn('done'));
      await runAgent(initialState(), 'go', { model, tools }).result();
      return model.requests[0]?.tools?.map(({ name }) => name);
    };
    expect(await names([echo, other])).toEqual(await names([other, echo]));
  });

  it('refuses two tools of one name at once', () => {
    expect(() => runAgent(initialState(), 'go', { model: scriptedModel(), tools: [echo, echo] })).toThrow('named echo');
  });
});

describe('the events of a run', () => {
  it('are numbered from 0, begin with run-start and end with the one run-end', async () => {
    const model = scriptedModel(toolTurn(['c1', 'echo', '{"text":"hey"}']), textTurn('done'));
    const events: AgentEvent[] = [];
    for await (const event of runAgent(initialState(), 'go', { model, tools: [echo] })) events.push(event);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    expect(events.map(({ type }) => type)).toEqual([
      'run-start',
      'assistant-turn',
      'turn-end',
      'tool-start',
      'tool-end',
      'text-delta',
      'assistant-turn',
      'turn-end',
      'run-end',
    ]);
  });

  it('tell of a failure in run-end, and the result rejects with it', async () => {
    const run = runAgent(initialState(), 'go', { model: scriptedModel() });
    const events: AgentEvent[] = [];
    for await (const event of run) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'error', error: { code: 'provider/network' } });
    await expect(run.result()).rejects.toMatchObject({ code: 'provider/network' });
  });

  it('can be listened to once', async () => {
    const run = runAgent(initialState(), 'go', { model: scriptedModel(textTurn('done')) });
    await run.result();
    expect(() => run[Symbol.asyncIterator]()).toThrow('iterated once');
    expect((await run.result()).text).toBe('done');
  });
});
