import { hashBlob } from '@reprise/checkpoint';
import { mediaHash, userMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mediaHashes, restoreMedia, takeMedia } from '../src/session/stored-media.ts';
import { anyMessage } from './support/messages.ts';

const PIXELS = Buffer.from('not really pixels');
const DATA = PIXELS.toString('base64');
const HASH = hashBlob(PIXELS);
const image = { type: 'image', mediaType: 'image/png', data: DATA } as const;
const imageApart = { ...image, data: { blob: HASH } };

const withData = (data: string) => ({ role: 'user', content: [{ ...image, data }] });

describe('media taken out of a message', () => {
  it('are named by the hash of their bytes, the same name that `mediaHash` gives', () => {
    const { message, blobs } = takeMedia({ ...userMessage('see'), content: [image] });
    expect(message['content']).toEqual([imageApart]);
    expect(blobs).toEqual([{ hash: HASH, bytes: PIXELS }]);
    expect(HASH).toBe(mediaHash(image));
  });

  it('are those of user messages and of tool results, images and documents alike', () => {
    const document = { type: 'document', mediaType: 'application/pdf', data: DATA, name: 'a.pdf' };
    const result = { type: 'tool-result', toolCallId: 'c', toolName: 't', content: [image], isError: false };
    expect(takeMedia({ role: 'user', content: [document] }).message['content']).toEqual([
      { ...document, data: { blob: HASH } },
    ]);
    expect(takeMedia({ role: 'tool', content: [result, result] }).message['content']).toEqual([
      { ...result, content: [imageApart] },
      { ...result, content: [imageApart] },
    ]);
  });

  it('are one blob, however often they stand there (N-09)', () => {
    const { message, blobs } = takeMedia({ role: 'user', content: [image, { ...image, mediaType: 'image/gif' }] });
    expect(blobs).toHaveLength(1);
    expect(mediaHashes(message)).toEqual([HASH]);
  });

  it.each(['QUJD\nREVG', 'QUI', 'QUJ-', 'QQ==QQ==', 'no base64!', ''])(
    'are not those whose bytes would give other text: %j stays where it is',
    (data) => {
      const message = withData(data);
      expect(takeMedia(message)).toEqual({ message, blobs: [] });
    },
  );

  it('leave a vendor’s own blocks alone', () => {
    const message = { role: 'assistant', content: [{ type: 'opaque', family: 'anthropic', data: image }] };
    expect(takeMedia(message).message).toBe(message);
    expect(mediaHashes({ role: 'assistant', content: [{ type: 'opaque', data: { blob: HASH } }] })).toEqual([]);
  });
});

describe('media put back', () => {
  it('give the message they were taken from, its fields in their order', () => {
    fc.assert(
      fc.property(anyMessage, (given) => {
        const { message, blobs } = takeMedia({ ...given });
        const dataOf = (hash: string) =>
          Buffer.from(blobs.find((blob) => blob.hash === hash)?.bytes ?? []).toString('base64');
        expect(JSON.stringify(restoreMedia(message, dataOf))).toBe(JSON.stringify(given));
        expect([...mediaHashes(message)].toSorted()).toEqual(blobs.map(({ hash }) => hash).toSorted());
      }),
    );
  });
});
