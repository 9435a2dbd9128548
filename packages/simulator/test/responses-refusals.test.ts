import { describe, expect, test } from 'vitest';
import { sealText } from '../src/seal.ts';
import { GPT, post, simulate } from './support/simulate.ts';

const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'c1', output: 'ok' };
const reasoning = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [],
  encrypted_content: sealText({ text: 'hm', prefixHash: '' }),
};
const user = { role: 'user', content: 'hi' };
const assistant = { role: 'assistant', content: 'hello' };

const REFUSED: readonly (readonly [why: string, body: object, message: RegExp])[] = [
  ['no model', { input: 'hi' }, /Missing required parameter: 'model'/],
  ['no input', { model: GPT }, /Missing required parameter: 'input'/],
  ['an input that is a number', { model: GPT, input: 3 }, /Invalid type for 'input'/],
  ['a message without a role', { model: GPT, input: [{ content: 'hi' }] }, /Supported values are: 'assistant'/],
  ['a message without content', { model: GPT, input: [{ role: 'user' }] }, /input\[0\]\.content/],
  [
    'output text from a user',
    { model: GPT, input: [{ role: 'user', content: [{ type: 'output_text', text: 'x' }] }] },
    /user messages do not take/,
  ],
  [
    'input text from the assistant',
    { model: GPT, input: [user, { role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }, user] },
    /assistant messages do not take/,
  ],
  ['a call without output', { model: GPT, input: [user, call] }, /No tool output found for function call c1/],
  [
    'an output without call',
    { model: GPT, input: [user, output] },
    /No tool call found for function call output with call_id c1/,
  ],
  [
    'a call without arguments',
    { model: GPT, input: [user, { ...call, arguments: undefined }, output] },
    /input\[1\]\.arguments/,
  ],
  [
    'reasoning known by its id alone',
    { model: GPT, store: false, input: [user, { ...reasoning, encrypted_content: null }, assistant] },
    /rs_1' not found.*store/,
  ],
  [
    'reasoning with nothing after it',
    { model: GPT, input: [user, reasoning, user] },
    /without its required following item/,
  ],
  ['an earlier response, which nobody kept', { model: GPT, input: 'hi', previous_response_id: 'resp_1' }, /not found/],
  ['a function without a name', { model: GPT, input: 'hi', tools: [{ type: 'function' }] }, /tools\[0\]\.name/],
];

describe('the Responses route refuses', () => {
  test.each(REFUSED)('%s', async (_why, body, message) => {
    const { simulator } = await simulate(() => 'never');
    const response = await post(`${simulator.url}/v1/responses`, JSON.stringify(body), { authorization: 'Bearer x' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringMatching(message) },
    });
  });

  test('a caller without a key', async () => {
    const { simulator } = await simulate(() => 'never');
    const response = await post(`${simulator.url}/v1/responses`, JSON.stringify({ model: GPT, input: 'hi' }));
    expect(response.status).toBe(401);
  });

  test('nothing of a whole conversation', async () => {
    const { simulator } = await simulate(() => 'fine');
    const body = { model: GPT, store: false, input: [user, reasoning, call, output, assistant, user] };
    const response = await post(`${simulator.url}/v1/responses`, JSON.stringify(body), { authorization: 'Bearer x' });
    expect(await response.json()).toMatchObject({ status: 'completed' });
  });
});
