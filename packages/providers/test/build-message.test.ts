import { describe, expect, expectTypeOf, it } from 'vitest';
import { encodeRequest as encodeAnthropic } from '../src/anthropic/encode/encode-request.ts';
import { assistantTurn } from '../src/assistant-turn.ts';
import { conversation, type MessageContent, msg, parts } from '../src/build-message.ts';
import type {
  AssistantMessage,
  DocumentBlock,
  ImageBlock,
  Message,
  ToolMessage,
  UserBlock,
  UserMessage,
} from '../src/message.ts';
import { userMessage } from '../src/message.ts';
import { encodeRequest as encodeResponses } from '../src/openai/responses/encode-request.ts';
import { synth } from '../src/synthetic-history.ts';

const IMAGE: ImageBlock = { type: 'image', mediaType: 'image/png', data: 'aW1n' };
const PDF: DocumentBlock = { type: 'document', mediaType: 'application/pdf', data: 'cGRm', name: 'a.pdf' };
const ANSWER: AssistantMessage = { role: 'assistant', content: [{ type: 'text', text: 'hello' }], responseId: 'r1' };
const CALL = synth.toolCall('look', { at: 1 }, 'call-1');
const OTHER_CALL = synth.toolCall('look', { at: 2 }, 'call-2');

/** What two formats send for a history. */
function wires(messages: readonly Message[]): readonly string[] {
  return [
    JSON.stringify(encodeAnthropic({ messages }, 'claude-test')),
    JSON.stringify(encodeResponses({ messages }, 'gpt-test')),
  ];
}

const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'provider/invalid-request', message: expect.stringMatching(message) });

describe('a message built by hand (L-03)', () => {
  it("is the user's unless told otherwise", () => {
    expect(msg('hey')).toEqual(userMessage('hey'));
    expect(msg('hey', { role: 'assistant' })).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'hey' }] });
    expectTypeOf(msg('hey')).toEqualTypeOf<UserMessage>();
    expectTypeOf(msg('hey', { role: 'assistant' })).toEqualTypeOf<AssistantMessage>();
  });

  it('of nothing is nothing', () => {
    expect(msg(undefined)).toBeUndefined();
    expect(msg(null, { cache: true })).toBeUndefined();
    const perhaps: string | undefined = ['hey'].at(0);
    expectTypeOf(msg(perhaps)).toEqualTypeOf<Message | undefined>();
  });

  it('holds texts and blocks in their order', () => {
    const expected = { role: 'user', content: [{ type: 'text', text: 'compare' }, IMAGE, PDF] };
    expect(msg(['compare', IMAGE, PDF])).toEqual(expected);
    expect(msg(parts('compare', IMAGE, PDF))).toEqual(expected);
    expect(msg(IMAGE)).toEqual({ role: 'user', content: [IMAGE] });
    expect(msg(['calling', CALL], { role: 'assistant' }).content).toEqual([{ type: 'text', text: 'calling' }, CALL]);
  });

  it('of a message is that message, whatever the role asked', () => {
    expect(msg(ANSWER)).toBe(ANSWER);
    expect(msg(ANSWER, { cache: true })).toEqual({ ...ANSWER, cache: {} });
    expectTypeOf(msg(ANSWER)).toEqualTypeOf<AssistantMessage>();
  });

  it('is also made of a role and one text, as SDKs take it', () => {
    expect(msg({ role: 'user', content: 'hey' })).toEqual(userMessage('hey'));
    expect(msg({ role: 'assistant', content: 'hey' }, { cache: true })).toEqual({
      ...msg('hey', { role: 'assistant' }),
      cache: {},
    });
    expectTypeOf(msg({ role: 'user', content: 'hey' })).toEqualTypeOf<UserMessage | AssistantMessage>();
    expect(wires([msg({ role: 'user', content: 'hey' })])).toEqual(wires([userMessage('hey')]));
  });

  it('of a turn is the message of that turn', () => {
    expect(msg(assistantTurn({ message: ANSWER }))).toBe(ANSWER);
    expect(msg(assistantTurn({ message: ANSWER }), { ttl: '1h' })).toEqual({ ...ANSWER, cache: { ttl: '1h' } });
  });

  it.each<[string, MessageContent<UserBlock>]>([
    ['an empty text', ''],
    ['an empty list', []],
    ['no parts', parts()],
    ['empty texts alone', ['', '']],
  ])('of %s is refused', (_name, content) => {
    expect(() => msg(content)).toThrow(refused(/^The message is empty; give it a text or a block/));
  });

  it('leaves empty texts out beside others', () => {
    expect(msg(['', 'hey', ''])).toEqual(userMessage('hey'));
  });

  it('is refused what its role cannot say, or what is no block yet', () => {
    // As it comes from code that no compiler has seen.
    const unchecked = (value: unknown): string => Object(value);
    expect(() => msg(unchecked(CALL))).toThrow(refused(/role user and holds a block of type tool-call; text, image/));
    expect(() => msg([unchecked(IMAGE)], { role: 'assistant' })).toThrow(refused(/role assistant.*type image/));
    expect(() => msg(unchecked(new Uint8Array([1, 2])))).toThrow(refused(/mediaBlock/));
    expect(() => msg(unchecked({}))).toThrow(refused(/no text, block or list/));
  });

  it.each<[unknown, RegExp]>([
    [3, /^The message is 3, which is no text, block or list of both; bytes become a block by await mediaBlock\(…\)\.$/],
    [true, /^The message is true, which is no text/],
    [new Uint8Array([1]), /^The message is a Uint8Array, which is no text, .* by await mediaBlock/],
    [{}, /^The message is an object, which is no text/],
    [new Error('no'), /^The message is an Error, which is no text/],
    [{ parts: 'hi' }, /^The message is an object, which is no text/],
    [['hi', new Uint8Array([1])], /^The message holds a Uint8Array, which is no text or block; .* by await mediaBlock/],
    [['hi', Promise.resolve(IMAGE)], /^The message holds a Promise, which is no text or block; .* by await mediaBlock/],
    [['hi', null], /^The message holds null, which is no text or block/],
    [['hi', 3], /^The message holds 3, which is no text or block/],
    [[{ type: 'text' }], /^The message holds a text block without its text\.$/],
    [{ role: 'user', content: [new Uint8Array([1])] }, /^The message holds a Uint8Array, .* by await mediaBlock/],
    [
      { role: 'user', content: [{ type: 'image_url' }] },
      /role user and holds a block of type image_url; text, image, doc/,
    ],
    [{ role: 'user', content: [CALL] }, /role user and holds a block of type tool-call; text, image, document are/],
    [{ role: 'user' }, /^The message is one of role user whose content is undefined; a list of blocks is expected\.$/],
    [
      { role: 'tool', content: 'done' },
      /^The message is one of role tool whose content is a text; a list of blocks is/,
    ],
    [
      { role: 'system', content: 'Be brief.' },
      /^The message is one of role system; what it says goes into `system`, beside/,
    ],
    [
      { role: 'developer', content: 'Be brief.' },
      /^The message is one of role developer; what it says goes into `system`/,
    ],
    [
      { role: 'human', content: 'hi' },
      /^The message is one of role human; user, assistant, or tool with results of calls is expected\.$/,
    ],
    [
      { role: 3, content: 'hi' },
      /^The message is one of role 3; user, assistant, or tool with results of calls is expected\.$/,
    ],
    [{ role: 'user', content: '' }, /^The message is empty/],
  ])('is refused in words for what cannot be one: %o', (content, message) => {
    // As it comes from code that no compiler has seen.
    const [unchecked]: (string | undefined)[] = Object.assign([], [content]);
    expect(() => msg(unchecked)).toThrow(refused(message));
  });

  it('is refused a role that is no speaker', () => {
    // @ts-expect-error: a system prompt is no message.
    expect(() => msg('Be brief.', { role: 'system' })).toThrow(refused(/role system; what it says goes into `system`/));
  });

  it('knows by its types what its role can say', () => {
    // @ts-expect-error: a call is the assistant's.
    expect(() => msg(CALL)).toThrow();
    // @ts-expect-error: an image is the user's.
    expect(() => msg(IMAGE, { role: 'assistant' })).toThrow();
    // @ts-expect-error: a lifetime is one that a vendor sells.
    expect(msg('hey', { ttl: '2h' })).toMatchObject({ cache: { ttl: '2h' } });
  });
});

describe('wrapping (L-12)', () => {
  it('changes neither the message nor a byte of the wire', () => {
    for (const content of ['hey', ' ', 'grüß 🧠']) {
      const block = { type: 'text', text: content } as const;
      const forms = [msg(content), msg([content]), msg(parts(content)), msg(block), msg([block])];
      for (const form of forms) {
        expect(form).toEqual(forms[0]);
        expect(wires([form])).toEqual(wires([msg(content)]));
      }
    }
  });
});

describe('text of white space alone (L-08)', () => {
  it('stays as it is in the history, and is the same dot in every request', () => {
    const messages = [msg(' \n')];
    expect(messages).toEqual([userMessage(' \n')]);
    const body = encodeAnthropic({ messages }, 'claude-test');
    expect(body.body.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: '.' }] }]);
    const resumed: Message[] = JSON.parse(JSON.stringify(messages));
    expect(encodeAnthropic({ messages: resumed }, 'claude-test')).toEqual(body);
  });
});

describe('a cache mark on a message', () => {
  it.each([
    [{ cache: true }, {}],
    [{ ttl: '1h' }, { ttl: '1h' }],
    [{ cache: true, ttl: '30m' }, { ttl: '30m' }],
  ] as const)('is asked for by %j', (options, cache) => {
    expect(msg('hey', options)).toEqual({ ...userMessage('hey'), cache });
  });

  it.each([{}, { cache: false }, { cache: false, ttl: '5m' }] as const)('is not asked for by %j', (options) => {
    expect(msg('hey', options)).toEqual(userMessage('hey'));
    expect(msg('hey', options)).not.toHaveProperty('cache');
  });

  it('is put on a copy of a message, replaced, and taken away (L-03)', () => {
    const plain = Object.freeze(userMessage('hey'));
    const marked = msg(plain, { ttl: '1h' });
    expect(plain).not.toHaveProperty('cache');
    expect(marked).toEqual({ ...plain, cache: { ttl: '1h' } });
    expect(msg(marked)).toBe(marked);
    expect(msg(marked, { cache: true })).toEqual({ ...plain, cache: {} });
    expect(msg(marked, { cache: false })).toEqual(plain);
  });

  it('moves no other byte of the wire', () => {
    const withoutMarks = (text: string) => text.replaceAll(/,"(cache_control|prompt_cache_breakpoint)":\{[^}]*\}/g, '');
    expect(wires([msg('hey', { cache: true })]).map(withoutMarks)).toEqual(wires([msg('hey')]).map(withoutMarks));
  });
});

describe('a conversation (L-13)', () => {
  const results = synth.results([CALL], ['1']);
  const roles = (messages: readonly Message[]) => messages.map(({ role }) => role);

  it.each([undefined, null, '', []] as const)('of %j is empty', (items) => {
    expect(conversation(items)).toEqual([]);
  });

  it('of one thing is one message of the user', () => {
    for (const item of ['hey', parts('hey'), { type: 'text', text: 'hey' } as const, userMessage('hey')]) {
      expect(conversation(item)).toEqual([userMessage('hey')]);
    }
    expect(conversation(assistantTurn({ message: ANSWER }))).toEqual([ANSWER]);
  });

  it('alternates from the user on', () => {
    expect(roles(conversation(['a', 'b', 'c', 'd']))).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(conversation(['a', 'b'])[1]).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'b' }] });
  });

  it('leaves the roles of messages and turns as they are, and goes on from them', () => {
    const messages = conversation([
      ANSWER,
      'q',
      assistantTurn({ message: ANSWER }),
      userMessage('x'),
      userMessage('y'),
      'z',
    ]);
    expect(roles(messages)).toEqual(['assistant', 'user', 'assistant', 'user', 'user', 'assistant']);
    expect(messages[0]).toBe(ANSWER);
  });

  it('takes messages as SDKs do, and says where a system prompt goes', () => {
    const history = conversation([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ]);
    expect(history).toEqual(conversation(['a', 'b']));
    const unchecked: string[] = JSON.parse('[{ "role": "system", "content": "Be brief." }]');
    expect(() => conversation(unchecked)).toThrow(
      refused(/^Item 0 of the conversation is one of role system; .*`system`/),
    );
  });

  it('lets the assistant speak after a tool', () => {
    expect(roles(conversation(['q', synth.request('', [CALL]), results, 'a', 'q2']))).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
  });

  it('makes one message of tool messages in a row, which the strictest vendor demands', () => {
    const second: ToolMessage = { ...synth.results([OTHER_CALL], ['2']), cache: { ttl: '1h' } };
    const messages = conversation(['q', synth.request('', [CALL, OTHER_CALL]), results, second, 'done']);
    expect(roles(messages)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(messages[2]).toEqual({ ...synth.results([CALL, OTHER_CALL], ['1', '2']), cache: { ttl: '1h' } });
    expect(encodeAnthropic({ messages }, 'claude-test').body.messages).toHaveLength(4);
    expect(results.content).toHaveLength(1);
  });

  it('leaves out what is not there', () => {
    expect(conversation([undefined, 'a', null, 'b'])).toEqual(conversation(['a', 'b']));
  });

  it('names the item that is empty or cannot be said', () => {
    expect(() => conversation(['a', ''])).toThrow(refused(/^Item 1 of the conversation is empty/));
    expect(() => conversation(['a', [IMAGE]])).toThrow(refused(/^Item 1 .* role assistant and holds .* image/));
  });

  it('has the same bytes on the wire however it was written, and a longer one only adds to them', () => {
    const spoken = conversation(['q', 'a', parts('compare', IMAGE), 'b']);
    const spelled: readonly Message[] = [
      userMessage('q'),
      { role: 'assistant', content: [{ type: 'text', text: 'a' }] },
      { role: 'user', content: [{ type: 'text', text: 'compare' }, IMAGE] },
      { role: 'assistant', content: [{ type: 'text', text: 'b' }] },
    ];
    expect(wires(spoken)).toEqual(wires(spelled));
    expect(conversation(['q', 'a', parts('compare', IMAGE), 'b', 'more']).slice(0, 4)).toEqual(spoken);
  });
});

describe('one message of many parts (L-14)', () => {
  it('is a list in the list, or parts', () => {
    const expected = [{ role: 'user', content: [{ type: 'text', text: 'look' }, IMAGE] }];
    expect(conversation([['look', IMAGE]])).toEqual(expected);
    expect(conversation(parts('look', IMAGE))).toEqual(expected);
    expect(conversation([parts('look', IMAGE)])).toEqual(expected);
  });

  it('is not a list alone, which is several messages', () => {
    expect(conversation(['look', 'seen'])).toHaveLength(2);
  });
});
