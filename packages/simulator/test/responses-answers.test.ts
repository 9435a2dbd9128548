import { completeTurn, openaiResponses, userMessage } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import type { ScriptRequest } from '../src/index.ts';
import { collect, FULL_REPLY, GPT, simulate } from './support/simulate.ts';

const QUESTION = { model: GPT, input: 'Rain?' };

describe('a response', () => {
  test('carries reasoning, text and tool calls as items', async () => {
    const { openai } = await simulate(() => FULL_REPLY);
    const response = await openai.responses.create(QUESTION);
    expect(response).toMatchObject({ status: 'completed', output_text: FULL_REPLY.text });
    expect(response.output).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: FULL_REPLY.thinking }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: FULL_REPLY.text }] },
      ...FULL_REPLY.toolCalls.map(({ name, arguments: sent }) => ({
        type: 'function_call',
        name,
        arguments: JSON.stringify(sent),
      })),
    ]);
    const { usage } = response;
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
    expect(usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
  });

  test('streamed is the same answer, in numbered events', async () => {
    const { openai } = await simulate(() => FULL_REPLY);
    const whole = await openai.responses.create(QUESTION);
    const stream = openai.responses.stream(QUESTION);
    const events = await collect(stream);
    const folded = await stream.finalResponse();
    const withoutIds = (output: typeof whole.output) =>
      output.map(({ id: _id, ...item }) => ({ ...item, call_id: undefined, parsed_arguments: undefined }));
    expect(withoutIds(folded.output)).toMatchObject(withoutIds(whole.output));
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index));
    expect(events.at(-1)?.type).toBe('response.completed');
  });

  test.each([
    ['max-tokens', 'incomplete', { reason: 'max_output_tokens' }],
    ['content-filter', 'incomplete', { reason: 'content_filter' }],
    ['end-turn', 'completed', null],
  ] as const)('that ends by %s is %s', async (stopReason, status, details) => {
    const { openai } = await simulate(() => ({ text: 'No', stopReason }));
    expect(await openai.responses.create(QUESTION)).toMatchObject({ status, incomplete_details: details });
  });

  test('that refuses says so in a part of its own', async () => {
    const { openai } = await simulate(() => ({ text: 'I will not.', stopReason: 'refusal' }));
    const { output } = await openai.responses.create(QUESTION);
    expect(output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'I will not.' }] }]);
  });

  test('is what our own adapter reads, and takes back', async () => {
    const asked: ScriptRequest[] = [];
    const { simulator } = await simulate((request) => {
      asked.push(request);
      return asked.length === 1 ? FULL_REPLY : 'Sunny.';
    });
    const model = openaiResponses({ apiKey: 'test', baseURL: `${simulator.url}/v1` }).model(GPT);
    const question = { system: 'Be brief.', messages: [userMessage('Rain?')] };
    const first = await completeTurn(model, question);
    expect(first.stopReason).toBe('tool-use');
    const calls = first.message.content.filter((block) => block.type === 'tool-call');
    const results = calls.map(({ id, name }) => ({
      type: 'tool-result' as const,
      toolCallId: id,
      toolName: name,
      content: [{ type: 'text' as const, text: `Result of ${name}` }],
      isError: false,
    }));
    await completeTurn(model, {
      ...question,
      messages: [...question.messages, first.message, { role: 'tool', content: results }],
    });
    expect(asked[1]).toMatchObject({
      system: 'Be brief.',
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', text: FULL_REPLY.thinking },
            { type: 'text', text: FULL_REPLY.text },
            ...FULL_REPLY.toolCalls.map(({ name }) => ({ type: 'tool-call', name })),
          ],
        },
        { role: 'tool', content: FULL_REPLY.toolCalls.map(({ name }) => ({ toolName: name })) },
      ],
    });
  });
});
