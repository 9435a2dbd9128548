import { describe, expect, it } from 'vitest';
import { userMessage } from '../src/message.ts';
import type { ModelRequest } from '../src/request.ts';
import { VENDORS } from './support/vendor-wires.ts';

describe.each(Object.entries(VENDORS))('a model of %s refuses at once', (_name, { createModel }) => {
  const model = createModel('http://127.0.0.1:1');
  const text = (value: string) => ({ type: 'text', text: value });

  it.each<[string, unknown, RegExp]>([
    ['no request', undefined, /The request is undefined; \{ messages \} is expected/],
    ['a request that is a text', 'hi', /The request is 'hi'/],
    ['no messages', {}, /messages is undefined; a list of messages/],
    ['messages that are a text', { messages: 'hi' }, /messages is 'hi'/],
    ['no message', { messages: [] }, /messages is empty/],
    ['a message that is a text', { messages: [userMessage('hi'), 'ho'] }, /messages\[1\] is 'ho'.*userMessage/],
    ['a message that is nothing', { messages: [null] }, /messages\[0\] is null/],
    ['a message of nobody', { messages: [{ role: 'system', content: [] }] }, /messages\[0\] is .*system/],
    ['a message whose content is a text', { messages: [{ role: 'user', content: 'hi' }] }, /messages\[0\] is .*'hi'/],
    ['a question that is empty', { messages: [userMessage('')] }, /messages\[0\] .*without text; give it some/],
    ['a question without blocks', { messages: [userMessage('a'), { role: 'user', content: [] }] }, /messages\[1\]/],
    ['a question of empty texts', { messages: [{ role: 'user', content: [text(''), text('')] }] }, /messages\[0\]/],
  ])('%s', (_what, request, message) => {
    // What a caller without types may pass.
    expect(() => model.stream(request as ModelRequest)).toThrow(
      expect.objectContaining({ code: 'provider/invalid-request', message: expect.stringMatching(message) }),
    );
  });

  it('no history that holds an empty message before others (I4)', () => {
    expect(() => model.stream({ messages: [userMessage(''), userMessage('hi')] })).not.toThrow();
  });
});
