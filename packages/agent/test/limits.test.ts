import {
  Chat,
  DEFAULT_FINAL_PROMPT,
  type ForceText,
  initialState,
  type LimitOptions,
  runAgent,
  tool,
} from '@reprise/agent';
import { type AssistantTurnParts, type ModelRequest, messageText } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { unsendable } from './support/wire-rules.ts';

function counter() {
  const run = vi.fn(() => 'ran');
  return { run, tools: [tool({ name: 'count', description: '', input: z.object({}), run })] };
}

const CALL = toolTurn(['c', 'count', '{}']);

/** A run of a model that always calls the tool, until it is told not to. */
async function tirelessRun(limits: LimitOptions) {
  const { run, tools } = counter();
  const model = scriptedModel(
    ...Array.from({ length: 40 }, (_, index) => (request: ModelRequest) => {
      const last = request.messages.at(-1);
      const isTold = last?.role === 'user' && index > 0;
      return isTold ? textTurn('That is what I know.') : CALL;
    }),
  );
  const result = await runAgent(initialState(), 'go', { model, tools, ...limits }).result();
  return { ...result, executions: run.mock.calls.length, requests: model.requests };
}

describe('maxToolRounds (L-32)', () => {
  it.each([0, 1, 2, 5])('%i: allows as many rounds of tools, and then one closing text', async (maxToolRounds) => {
    const { executions, requests, reason, text } = await tirelessRun({ maxToolRounds });
    expect([executions, reason, text]).toEqual([maxToolRounds, 'tool-round-limit', 'That is what I know.']);
    // With no round at all the model has to try first: it may have an answer without tools.
    expect(requests).toHaveLength(Math.max(2, maxToolRounds + 1));
  });

  it('is 25 unless it is set', async () => {
    expect((await tirelessRun({})).executions).toBe(25);
  });
});

describe('maxRequests (L-32)', () => {
  it.each([2, 3, 6])('%i: allows one round of tools less, and the closing text', async (maxRequests) => {
    const { executions, requests, reason, text } = await tirelessRun({ maxRequests });
    expect([executions, requests.length]).toEqual([maxRequests - 1, maxRequests]);
    expect([reason, text]).toEqual(['request-limit', 'That is what I know.']);
  });

  it('1: asks once, and runs no tool', async () => {
    const { executions, requests, reason, state } = await tirelessRun({ maxRequests: 1 });
    expect([executions, requests.length, reason]).toEqual([0, 1, 'request-limit']);
    expect(unsendable(state.messages)).toEqual([]);
  });
});

describe('the final prompt (L-33)', () => {
  const PROMPTS = [
    [undefined, DEFAULT_FINAL_PROMPT],
    ['Stop, please.', 'Stop, please.'],
  ] as const;

  it.each(PROMPTS)('%s: is a user message that stays in the history', async (finalPrompt, expected) => {
    const { state, requests } = await tirelessRun({ maxToolRounds: 1, ...(finalPrompt ? { finalPrompt } : {}) });
    expect(requests.at(-1)?.messages.at(-1)).toMatchObject({ role: 'user', content: [{ text: expected }] });
    expect(state.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user', 'assistant']);
    expect(state.messages.filter((message) => messageText(message) === expected)).toHaveLength(1);
  });

  it('does not come to a run that ends before its limit', async () => {
    const model = scriptedModel(CALL, textTurn('done'));
    const { state, reason } = await runAgent(initialState(), 'go', { model, ...counter(), maxToolRounds: 2 }).result();
    expect([reason, state.messages.length]).toEqual(['end-turn', 4]);
  });
});

describe('a closed run (L-34)', () => {
  it('ends with what the model answers, and the answer is kept', async () => {
    const { state, text } = await tirelessRun({ maxToolRounds: 2 });
    expect(state.messages.at(-1)).toMatchObject({ role: 'assistant', content: [{ text }] });
  });

  it('ends with its limit if the model calls tools again, and they are refused', async () => {
    const { run, tools } = counter();
    const model = scriptedModel(CALL, CALL);
    const { reason, state } = await runAgent(initialState(), 'go', { model, tools, maxToolRounds: 1 }).result();
    expect([reason, run.mock.calls.length]).toEqual(['tool-round-limit', 1]);
    expect(state.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ toolCallId: 'c', isError: true }] });
  });

  it('starts to count anew with the next user message', async () => {
    const { run, tools } = counter();
    const model = scriptedModel(CALL, textTurn('first'), CALL, textTurn('second'));
    const options = { model, tools, maxToolRounds: 1 };
    const first = await runAgent(initialState(), 'go', options).result();
    const second = await runAgent(first.state, 'go on', options).result();
    expect([first.text, second.text, run.mock.calls.length]).toEqual(['first', 'second', 2]);
  });

  it('is closed still when it goes on after a crash between the prompt and the answer', async () => {
    const { run, tools } = counter();
    const { state } = await tirelessRun({ maxToolRounds: 1 });
    const crashed = { ...state, messages: state.messages.slice(0, -1) };
    const model = scriptedModel(CALL);
    const { reason, state: last } = await runAgent(crashed, undefined, { model, tools, maxToolRounds: 9 }).result();
    expect([reason, run.mock.calls.length]).toEqual(['tool-round-limit', 0]);
    expect(unsendable(last.messages)).toEqual([]);
  });
});

describe('maxOutputTokens', () => {
  it('leaves each request what the ones before have left', async () => {
    const model = scriptedModel({ ...CALL, tokens: { fresh: 5, output: 30 } }, { ...CALL, tokens: { output: 60 } });
    const options = { model, ...counter(), maxOutputTokens: 100, maxTokens: 80 };
    const { reason, state } = await runAgent(initialState(), 'go', options).result();
    expect(model.requests.map(({ maxTokens }) => maxTokens)).toEqual([80, 70]);
    expect([reason, unsendable(state.messages)]).toEqual(['output-limit', []]);
  });

  it('counts an answer that nobody has counted by its bytes: it was no more', async () => {
    const model = scriptedModel(CALL, textTurn('done'));
    await runAgent(initialState(), 'go', { model, ...counter(), maxOutputTokens: 1000 }).result();
    const [, second] = model.requests;
    expect(second?.maxTokens).toBe(1000 - Buffer.byteLength(JSON.stringify(CALL.message.content)));
  });
});

describe('options of a run', () => {
  it('hold in every request of it, the prefill in the first alone (X-15)', async () => {
    const model = scriptedModel(CALL, CALL, textTurn('done'));
    const chat = new Chat(model, { tools: counter().tools, maxToolRounds: 5 });
    await chat.ask('go', { maxTokens: 77, prefill: 'Well' });
    expect(model.requests.map(({ maxTokens }) => maxTokens)).toEqual([77, 77, 77]);
    expect(model.requests.map(({ prefill }) => prefill)).toEqual(['Well', undefined, undefined]);
  });

  it.each([
    [{ maxToolRounds: -1 }, 'maxToolRounds is -1'],
    [{ maxToolRounds: 1.5 }, 'maxToolRounds is 1.5'],
    [{ maxRequests: 0 }, 'maxRequests is 0'],
    [{ maxOutputTokens: Number.NaN }, 'maxOutputTokens is NaN'],
    [{ finalPrompt: ' ' }, 'finalPrompt is empty'],
  ] as const)('%o are refused before anything is sent', (limits, message) => {
    const model = scriptedModel();
    expect(() => runAgent(initialState(), 'go', { model, ...limits })).toThrow(message);
  });
});

/** What a model does next, whoever asks. */
const anyTurn: fc.Arbitrary<AssistantTurnParts> = fc.oneof(
  fc.constant(CALL),
  fc.constant(toolTurn(['a', 'count', '{}'], ['b', 'count', '{}'])),
  fc.constant(textTurn('so far', { stopReason: 'pause' })),
  fc.constantFrom('end-turn', 'max-tokens', 'refusal').map((stopReason) => textTurn('text', { stopReason })),
);

const anyLimits = fc.record(
  {
    maxToolRounds: fc.nat({ max: 4 }),
    maxRequests: fc.integer({ min: 1, max: 6 }),
    maxOutputTokens: fc.integer({ min: 20, max: 300 }),
    forceText: fc.constantFrom<ForceText>('prompt', 'tool_choice', 'off'),
  },
  { requiredKeys: [] },
);

it('I4 I12 no limit is exceeded, whatever the model does, and each run ends with a history that can be sent (L-32)', async () => {
  const turns = fc.array(fc.tuple(anyTurn, fc.nat({ max: 60 })), { minLength: 40, maxLength: 40 });
  const property = fc.asyncProperty(turns, anyLimits, async (script, limits) => {
    const { run, tools } = counter();
    const model = scriptedModel(
      ...script.map(([turn, output]) => ({ maxTokens = 60 }: ModelRequest) => ({
        ...turn,
        tokens: { fresh: 1, output: Math.min(output, maxTokens) },
      })),
    );
    const result = await runAgent(initialState(), 'go', { model, tools, ...limits }).result();
    const { maxToolRounds = 25, maxRequests = 40, maxOutputTokens = Number.POSITIVE_INFINITY } = limits;
    expect(model.requests.length).toBeLessThanOrEqual(maxRequests);
    expect(result.state.totalOutputTokens).toBeLessThanOrEqual(maxOutputTokens);
    const rounds = result.state.messages.filter(
      ({ role, content }) => role === 'tool' && content.some((block) => block.type === 'tool-result' && !block.isError),
    );
    expect(rounds.length).toBeLessThanOrEqual(maxToolRounds);
    expect(run.mock.calls.length).toBeGreaterThanOrEqual(rounds.length);
    expect(unsendable(result.state.messages)).toEqual([]);
    const prompts = result.state.messages.filter((message) => messageText(message) === DEFAULT_FINAL_PROMPT);
    expect(prompts.length).toBeLessThanOrEqual(limits.forceText === 'off' ? 0 : 1);
    const forbidding = model.requests.filter(({ toolChoice }) => toolChoice === 'none');
    expect(forbidding).toHaveLength(limits.forceText === 'tool_choice' ? prompts.length : 0);
  });
  await fc.assert(property, { numRuns: 300 });
});
