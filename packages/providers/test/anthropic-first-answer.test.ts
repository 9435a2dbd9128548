import { describe, expect, it } from 'vitest';
import { encodeMessages } from '../src/anthropic/encode/encode-messages.ts';
import { encodeRequest } from '../src/anthropic/encode/encode-request.ts';
import { bodyPrefixBlocks } from '../src/anthropic/encode/prefix-blocks.ts';
import { toolCallBlock } from '../src/assemble-message.ts';
import { freezeMessage } from '../src/frozen.ts';
import { type Message, type ToolMessage, userMessage } from '../src/message.ts';

const said = (text: string): Message => ({ role: 'assistant', content: [{ type: 'text', text }] });
const DOT = { role: 'user', content: [{ type: 'text', text: '.' }] };
const rolesOf = (messages: readonly Message[]) => encodeMessages(messages).map(({ role }) => role);

describe('a history that begins with an answer', () => {
  it('is sent behind a user message of one dot, and stays as it is (L-21, L-25, L-67)', () => {
    const history = [said('It rains.'), userMessage('And now?')];
    expect(encodeMessages(history)[0]).toEqual(DOT);
    expect(rolesOf(history)).toEqual(['user', 'assistant', 'user']);
    expect(history.map(({ role }) => role)).toEqual(['assistant', 'user']);
  });

  it('may begin with calls', () => {
    const results: ToolMessage = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'look', content: [], isError: false }],
    };
    const calls: Message = { role: 'assistant', content: [toolCallBlock('c1', 'look', '{}')] };
    expect(rolesOf([calls, results])).toEqual(['user', 'assistant', 'user']);
  });

  it('is also one whose first messages leave nothing to send', () => {
    const history = [userMessage(''), said(''), said('It rains.'), userMessage('And now?')];
    expect(rolesOf(history)).toEqual(['user', 'assistant', 'user']);
  });

  it('gets no dot where the user speaks first', () => {
    expect(rolesOf([userMessage('Rain?'), said('Yes.'), userMessage('Sure?')])).toEqual(['user', 'assistant', 'user']);
  });

  it('only adds to its bytes and its prefix blocks as it grows (I3)', () => {
    for (const keep of [(message: Message) => message, freezeMessage<Message>]) {
      const history = [said('It rains.'), userMessage('And now?'), said('No.'), userMessage('Sure?')].map(keep);
      const bodies = history.map(
        (_, end) => encodeRequest({ messages: history.slice(0, end + 1) }, 'claude-test').body,
      );
      for (const [index, body] of bodies.slice(1).entries()) {
        const [before = body] = bodies.slice(index);
        expect(JSON.stringify(body.messages.slice(0, before.messages.length))).toBe(JSON.stringify(before.messages));
        const blocks = bodyPrefixBlocks(before);
        expect(bodyPrefixBlocks(body).slice(0, blocks.length)).toEqual(blocks);
      }
    }
  });
});
