import type { BlobHash, Entry } from '@reprise/checkpoint';
import { anthropic, type Message, openaiResponses, toolCallBlock, userMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHistory,
  decodeOutcome,
  type EncodedEntry,
  encodeMessage,
  encodeOutcome,
} from '../src/session/record.ts';
import { anyMessage } from './support/messages.ts';

function entryOf({ entry }: EncodedEntry): Entry {
  const { blobs: _named, ...content } = entry;
  return { ...content, id: 'sha256:entry', parent: null, createdAt: 0 };
}

/** What a store that took these would hand out again. */
async function reload(encoded: readonly EncodedEntry[]): Promise<readonly Message[]> {
  const held = new Map<BlobHash, Uint8Array>(
    encoded.flatMap(({ blobs }) => blobs.map(({ hash, bytes }) => [hash, bytes])),
  );
  const readBlobs = async (hashes: readonly BlobHash[]) =>
    new Map(hashes.map((hash) => [hash, held.get(hash) ?? new Uint8Array()]));
  return (await decodeHistory({ readBlobs }, encoded.map(entryOf))).messages;
}

const storedAs = (message: unknown, v: unknown = 2, kind = 'user-message'): Entry => ({
  id: 'sha256:entry',
  parent: null,
  createdAt: 0,
  kind,
  payload: JSON.stringify({ v, message }),
});

const noBlobs = { readBlobs: async () => new Map<BlobHash, Uint8Array>() };

describe('a message from its payload', () => {
  it('is the message that was stored, to the byte of its JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 5 }), async (messages) => {
        const again = await reload(messages.map(encodeMessage));
        expect(JSON.stringify(again)).toBe(JSON.stringify(messages));
      }),
    );
  });

  it('is sent as it was sent before, by every adapter that takes it (N-01)', async () => {
    const models = [
      anthropic({ apiKey: 'none' }).model('claude-opus-5'),
      openaiResponses({ apiKey: 'none' }).model('gpt-5.2'),
    ];
    await fc.assert(
      fc.asyncProperty(anyMessage, async (message) => {
        fc.pre(message.content.every(({ type }) => type !== 'document'));
        const again = await reload([encodeMessage(message)]);
        for (const model of models) {
          expect(model.prefixBlocks({ messages: again })).toEqual(model.prefixBlocks({ messages: [message] }));
        }
      }),
    );
  });

  it('makes the same payload again', async () => {
    await fc.assert(
      fc.asyncProperty(anyMessage, async (message) => {
        const encoded = encodeMessage(message);
        const [again] = await reload([encoded]);
        expect(again && encodeMessage(again).entry).toEqual(encoded.entry);
      }),
    );
  });

  it('keeps numbers that no double can hold', async () => {
    const argumentsText = '{"id":12345678901234567890,"rate":1.10}';
    const message: Message = { role: 'assistant', content: [toolCallBlock('c', 'pay', argumentsText)] };
    const [again] = await reload([encodeMessage(message)]);
    const [call] = again?.content ?? [];
    expect(call).toMatchObject({ argumentsText });
    expect(JSON.stringify(call?.type === 'tool-call' && call.arguments)).toBe(argumentsText);
  });

  it('of the first version is read, with the media that it held itself (N-18)', async () => {
    const message = { role: 'user', content: [{ type: 'image', mediaType: 'image/png', data: 'QUJD' }] };
    expect((await decodeHistory(noBlobs, [storedAs(message, 1)])).messages).toEqual([message]);
  });
});

describe('a payload that holds no message this version can read', () => {
  const message = userMessage('hi');

  it.each([
    ['of a newer version', storedAs(message, 3)],
    ['of no version', storedAs(message, null)],
    ['of another role than its kind', storedAs(message, 2, 'tool-message')],
    ['of an unknown role', storedAs({ ...message, role: 'toString' }, 2, 'toString')],
    ['without content', storedAs({ role: 'user' })],
    ['that is no object', { ...storedAs(message), payload: '[]' }],
    ['that is no JSON', { ...storedAs(message), payload: '{"v":2,' }],
  ])('%s is refused, and its entry named', async (_, entry) => {
    await expect(decodeHistory(noBlobs, [storedAs(message), entry])).rejects.toMatchObject({
      code: 'agent/unreadable-entry',
      message: expect.stringContaining('sha256:entry'),
    });
  });
});

describe('an outcome in the journal', () => {
  it('is the result that was noted, to the byte of its JSON', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        for (const result of message.role === 'tool' ? message.content : []) {
          const kept = decodeOutcome(encodeOutcome({ result, isStop: false }), 'it');
          expect(JSON.stringify(kept.result)).toBe(JSON.stringify(result));
        }
      }),
    );
  });

  it.each(['{}', '{"v":9,"result":{"type":"tool-result"}}', '{"v":2,"result":{"type":"text"}}', 'no'])(
    'that reads %s is refused, and its call named',
    (outcome) => {
      expect(() => decodeOutcome(outcome, 'tool call t1/0')).toThrow(
        expect.objectContaining({ code: 'agent/unreadable-entry', message: expect.stringContaining('tool call t1/0') }),
      );
    },
  );
});
