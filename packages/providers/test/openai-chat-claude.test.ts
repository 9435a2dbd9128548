import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import { chatPrefixBlocks } from '../src/cache/chat-prefix.ts';
import { freezeMessage } from '../src/frozen.ts';
import { type Message, type ToolMessage, userMessage } from '../src/message.ts';
import { encodeRequest } from '../src/openai/chat/encode-request.ts';
import { vendorNamed } from '../src/openai/vendors.ts';
import type { ModelRequest } from '../src/request.ts';

const CLAUDE = 'anthropic/claude-opus-4.8';

const bodyOf = (request: ModelRequest, model = CLAUDE) => encodeRequest(request, model, vendorNamed('openrouter')).body;
const sent = (messages: readonly Message[], model = CLAUDE) => bodyOf({ messages }, model).messages;
const said = (text: string): Message => ({ role: 'assistant', content: [{ type: 'text', text }] });
const texts = (...content: readonly string[]): Message => ({
  role: 'user',
  content: content.map((text) => ({ type: 'text', text })),
});

describe('a Claude behind Chat Completions', () => {
  it('is sent a dot for text of white space alone (L-08)', () => {
    const result: ToolMessage = {
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          toolCallId: 'c1',
          toolName: 'look',
          content: [{ type: 'text', text: '\n' }],
          isError: false,
        },
      ],
    };
    const calls: Message = {
      role: 'assistant',
      content: [{ type: 'text', text: '  ' }, toolCallBlock('c1', 'look', '{}')],
    };
    const body = bodyOf({ system: ' ', messages: [texts(' \n'), calls, result, texts('Rain?', '\t')] });
    expect(body.messages).toMatchObject([
      { role: 'system', content: '.' },
      { role: 'user', content: '.' },
      { role: 'assistant', content: '.' },
      { role: 'tool', content: '.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Rain?' },
          { type: 'text', text: '.' },
        ],
      },
    ]);
  });

  it('is not sent empty text, nor a message of nothing else', () => {
    expect(sent([texts(''), texts('Rain?', ''), said('Yes.'), texts('', '')])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Rain?' }] },
      { role: 'assistant', content: 'Yes.' },
    ]);
  });

  it('is sent a dot of the user before a history that begins with an answer (L-25)', () => {
    expect(sent([said('It rains.'), userMessage('And now?')])).toEqual([
      { role: 'user', content: '.' },
      { role: 'assistant', content: 'It rains.' },
      { role: 'user', content: 'And now?' },
    ]);
  });

  it('is sent only more as the history grows (I3)', () => {
    for (const keep of [(message: Message) => message, freezeMessage<Message>]) {
      const history = [said('It rains.'), texts(' '), said(' '), userMessage('Sure?')].map(keep);
      const bodies = history.map((_, end) => bodyOf({ system: 'Be brief.', messages: history.slice(0, end + 1) }));
      for (const [index, body] of bodies.slice(1).entries()) {
        const [before = body] = bodies.slice(index);
        expect(body.messages.slice(0, before.messages.length)).toEqual(before.messages);
        const blocks = chatPrefixBlocks(before);
        expect(chatPrefixBlocks(body).slice(0, blocks.length)).toEqual(blocks);
      }
    }
  });
});

it('another model behind Chat Completions is sent blank text as it is', () => {
  expect(sent([said('It rains.'), texts(' \n')], 'openai/gpt-5.2')).toEqual([
    { role: 'assistant', content: 'It rains.' },
    { role: 'user', content: ' \n' },
  ]);
});
