import { Anthropic } from '@anthropic-ai/sdk';
import { anthropic, anthropicModel, type Message, type Model, toolCallBlock, userMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyText } from '../src/anthropic/encode/body-text.ts';
import { encodeMessages } from '../src/anthropic/encode/encode-messages.ts';
import type { MessagesBody, WireMessage } from '../src/anthropic/wire.ts';
import { freezeMessage } from '../src/frozen.ts';

const content = fc.array(
  fc.jsonValue().map((value) => ({ type: 'text', value: value as string })),
  { maxLength: 3 },
);
const message: fc.Arbitrary<WireMessage> = fc.record({ role: fc.constantFrom('user', 'assistant'), content });
const fields = fc.dictionary(fc.string(), fc.option(fc.jsonValue(), { nil: undefined }), { maxKeys: 4 });
const bodies = fc
  .record({ before: fields, messages: fc.array(message, { maxLength: 5 }), after: fields })
  .map(({ before, messages, after }) => ({ ...before, messages, ...after, messages_: 1 }))
  .map((body) => body as unknown as MessagesBody)
  .filter(({ messages }) => Array.isArray(messages) && messages.every((each) => typeof each === 'object'));

describe('the text of a body', () => {
  it('is its JSON, whatever is known of its messages (I3)', () => {
    fc.assert(
      fc.property(
        bodies,
        fc.array(message, { maxLength: 5 }),
        fc.integer({ min: 0, max: 5 }),
        (body, others, shared) => {
          const known = [...body.messages.slice(0, shared), ...others];
          expect(bodyText(body, known)).toBe(JSON.stringify(body));
        },
      ),
    );
  });

  it('is that of a message that differs from what was encoded, as by a mark', () => {
    const [known = { role: 'user', content: [] }] = encodeMessages([freezeMessage(userMessage('hi'))]);
    const marked = { ...known, content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] };
    const body: MessagesBody = { model: 'm', max_tokens: 1, messages: [marked, known] };
    for (const _twice of [1, 2]) expect(bodyText(body, [known, known])).toBe(JSON.stringify(body));
  });
});

describe('the text of a long body', () => {
  const long = fc.array(message, { minLength: 150, maxLength: 150 });

  it('is its JSON as it grows, and as others begin with the same messages (I3)', () => {
    const lengths = fc.array(fc.record({ shared: fc.nat(150), more: fc.nat(80) }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(long, long, lengths, (one, other, histories) => {
        for (const { shared, more } of histories) {
          const messages = [...one.slice(0, shared), ...other.slice(0, more)];
          const body: MessagesBody = { model: 'm', max_tokens: 1, messages };
          expect(bodyText(body, messages)).toBe(JSON.stringify(body));
        }
      }),
      { numRuns: 30 },
    );
  });
});

/** A model with what it has sent, in order. */
type Recorded = (answering: typeof fetch) => Model;

const ways: readonly Recorded[] = [
  (answering) => anthropic({ apiKey: 'k', baseURL: 'http://vendor.test', fetch: answering }).model('claude-opus-5'),
  (answering) =>
    anthropicModel(
      new Anthropic({ apiKey: 'k', baseURL: 'http://vendor.test', fetch: answering, logLevel: 'off', maxRetries: 0 }),
      'claude-opus-5',
    ),
];

async function sentBy(way: Recorded, histories: readonly (readonly Message[])[]) {
  const sent: (readonly [body: unknown, headers: Readonly<Record<string, string>>])[] = [];
  const model = way(async (_url, init) => {
    sent.push([init?.body, Object.fromEntries(new Headers(init?.headers))]);
    return new Response('', { headers: { 'content-type': 'text/event-stream' } });
  });
  for (const messages of histories) {
    await model.stream({ system: 'Be brief. '.repeat(500), messages, vendorOptions: { top: [1] } }, { retry: false })
      .turn;
  }
  return sent;
}

describe('a request over a client of ours', () => {
  it('is the one that any client is sent, to the byte, from turn to turn (I3)', async () => {
    const call = (id: string) => toolCallBlock(id, 'look', '{"at":12345678901234567890,"ä":"\\u2028"}');
    const result = (id: string) =>
      ({
        type: 'tool-result',
        toolCallId: id,
        toolName: 'look',
        content: [{ type: 'text', text: id }],
        isError: false,
      }) as const;
    const history: readonly Message[] = [
      userMessage('hi'),
      ...['a', 'b', 'c'].flatMap((id): Message[] => [
        { role: 'assistant', content: [{ type: 'text', text: `"${id}"` }, call(id)] },
        { role: 'tool', content: [result(id)] },
      ]),
    ].map(freezeMessage);
    const histories = [1, 3, 5, 7, 3].map((length) => history.slice(0, length));
    const [ours, theirs] = await Promise.all(ways.map((way) => sentBy(way, histories)));
    expect(ours).toHaveLength(5);
    expect(ours).toEqual(theirs);
    expect(typeof ours?.[0]?.[0]).toBe('string');
  });
});
