import { describe, expect, it } from 'vitest';
import { checkAnthropicRequest } from '../src/anthropic/check-request.ts';
import { toolCallBlock } from '../src/assemble-message.ts';
import { checkRequest } from '../src/check-request.ts';
import { type Message, type ToolResultBlock, userMessage } from '../src/message.ts';
import { checkOllamaRequest } from '../src/ollama/check-request.ts';
import { openai } from '../src/openai/provider.ts';
import { checkResponsesRequest } from '../src/openai/responses/check-request.ts';
import type { ModelRequest } from '../src/request.ts';

const LOOK = { name: 'look', description: 'Looks.', inputSchema: { type: 'object' } };

/** A request as it comes from code that no compiler has seen. */
function asking(fields: object): ModelRequest {
  return { messages: [userMessage('hi')], ...fields };
}

const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'provider/invalid-request', message: expect.stringMatching(message) });

describe('a request field', () => {
  it.each<[object, RegExp]>([
    [{ search: 'off' }, /^search is 'off'; false, 'low', 'medium' or 'high' is expected\.$/],
    [{ search: true }, /^search is true; false, 'low'/],
    [{ search: null }, /^search is null; false, 'low'/],
    [{ search: 'l' }, /^search is 'l'; false, .* is expected: here it is 'low'\.$/],
    [{ think: 'h' }, /^think is 'h'; 'off', 'low', 'medium', 'high' or 'max' is expected: here it is 'high'\.$/],
    [{ think: 'x' }, /: here it is 'max'\.$/],
    [{ think: 'xhigh' }, /: here it is 'max'\.$/],
    [{ think: true }, /^think is true; 'off', 'low'/],
    [{ think: 'toString' }, /^think is 'toString'; .* is expected\.$/],
    [{ maxTokens: -1 }, /^maxTokens is -1; a whole number of at least 1 is expected\.$/],
    [{ maxTokens: 0 }, /^maxTokens is 0;/],
    [{ maxTokens: Number.NaN }, /^maxTokens is NaN;/],
    [{ maxTokens: '100' }, /^maxTokens is '100';/],
    [{ temperature: -0.1 }, /^temperature is -0.1; a number of at least 0 is expected\.$/],
    [{ temperature: Number.NaN }, /^temperature is NaN;/],
    [{ temperature: 'hot' }, /^temperature is 'hot';/],
    [{ stopSequences: 'END' }, /^stopSequences is 'END'; a list of texts is expected\.$/],
    [{ stopSequences: ['END', 1] }, /^stopSequences is \[ 'END', 1 \];/],
    [{ cacheKey: 7 }, /^cacheKey is 7; a text is expected\.$/],
    [{ system: ['Be brief.'] }, /^system is \[ 'Be brief.' \]; a text is expected\.$/],
    [{ prefill: 1n }, /^prefill is 1n; a text is expected\.$/],
    [{ output: 'JSON' }, /^output is 'JSON'; a JSON Schema as an object is expected\.$/],
    [{ vendorOptions: 'fast' }, /^vendorOptions is 'fast'; an object is expected\.$/],
    [{ tools: LOOK }, /^tools is \{ name: 'look'.*; a list of \{ name, description, inputSchema \} is expected\.$/],
    [{ tools: ['look'] }, /^tools is \[ 'look' \];/],
    [
      { toolChoice: 'any' },
      /^toolChoice is 'any'; 'auto', 'none', 'required' or \{ tool: 'its name' \} is expected\.$/,
    ],
    [{ toolChoice: { name: 'look' }, tools: [LOOK] }, /^toolChoice is \{ name: 'look' \}; 'auto'/],
    [{ toolChoice: null }, /^toolChoice is null; 'auto'/],
  ])('without meaning is refused at once, with the values there are: %o (L-04, L-47, L-48)', (fields, message) => {
    const request = asking(fields);
    expect(() => checkRequest(request, [])).toThrow(refused(message));
    expect(() => checkAnthropicRequest(request)).toThrow(refused(message));
    expect(() => checkResponsesRequest(request)).toThrow(refused(message));
    expect(() => checkOllamaRequest(request)).toThrow(refused(message));
    expect(() => openai({ apiKey: 'k', fetch: never }).model('gpt-5').stream(request)).toThrow(refused(message));
  });

  it.each<object>([
    { search: false, think: 'off', maxTokens: 1, temperature: 0, stopSequences: [], toolChoice: 'none' },
    { search: 'high', think: 'max', toolChoice: { tool: 'look' }, tools: [LOOK], cacheKey: '', system: '' },
    { search: undefined, think: undefined, maxTokens: undefined, toolChoice: undefined, vendorOptions: undefined },
  ])('that has one is taken, and so is one left undefined: %o', (fields) => {
    expect(() => checkRequest(asking(fields), [])).not.toThrow();
  });

  it('of great length is shown in part', () => {
    expect(() => checkRequest(asking({ stopSequences: 'x'.repeat(10_000) }), [])).toThrow(refused(/^.{20,250}$/));
  });
});

describe('a result too many', () => {
  const call: Message = { role: 'assistant', content: [toolCallBlock('c1', 'look', '{}')] };
  const result: ToolResultBlock = {
    type: 'tool-result',
    toolCallId: 'c1',
    toolName: 'look',
    content: [],
    isError: false,
  };
  const results = (...content: readonly ToolResultBlock[]): Message => ({ role: 'tool', content });
  const check = (...messages: readonly Message[]) => checkRequest({ messages: [userMessage('hi'), ...messages] }, []);

  it('is told from one of a call that nobody asked for', () => {
    const second = refused(
      /^messages\[2\] has a result for call c1, which has its result already; one for each call is/,
    );
    expect(() => check(call, results(result, result))).toThrow(second);
    expect(() => check(call, results(result), results(result))).toThrow(
      refused(/^messages\[3\] has a result for call c1, which has its result already/),
    );
    const unknown = refused(/^messages\[2\] has a result for call c2, which the assistant message before it lacks\.$/);
    expect(() => check(call, results({ ...result, toolCallId: 'c2' }))).toThrow(unknown);
    expect(() => check(call, results(result), userMessage('and?'), results(result))).toThrow(/before it lacks/);
  });
});

async function never(): Promise<Response> {
  throw new Error('Nothing is to be sent.');
}
