import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRequest as encodeAnthropic } from '../src/anthropic/encode/encode-request.ts';
import { conversation, parts } from '../src/build-message.ts';
import { mediaBlock } from '../src/media/media-block.ts';
import type { MediaSource } from '../src/media/read-source.ts';
import { type MediaBlock, mediaHash } from '../src/media.ts';
import type { Message } from '../src/message.ts';
import { encodeRequest as encodeResponses } from '../src/openai/responses/encode-request.ts';
import { bytes, FILES, tempFolder } from './support/media-files.ts';

const base64 = (content: Uint8Array) => Buffer.from(content).toString('base64');

describe('the type of media is what their bytes say', () => {
  it.each([
    ['jpeg', 'image/jpeg'],
    ['png', 'image/png'],
    ['gif', 'image/gif'],
    ['webp', 'image/webp'],
  ] as const)('%s is an image block (L-09)', async (name, mediaType) => {
    expect(await mediaBlock(FILES[name])).toEqual({ type: 'image', mediaType, data: base64(FILES[name]) });
  });

  it.each([
    ['pdf', 'application/pdf'],
    ['wav', 'audio/wav'],
    ['mp3', 'audio/mpeg'],
    ['flac', 'audio/flac'],
    ['mp4', 'video/mp4'],
  ] as const)('%s is a document block (L-10, L-11)', async (name, mediaType) => {
    const block = await mediaBlock(FILES[name], { name: `a.${name}` });
    expect(block).toEqual({ type: 'document', mediaType, name: `a.${name}`, data: base64(FILES[name]) });
  });

  it('whatever a data URL, an address or a name claims', async () => {
    const block = await mediaBlock(`data:image/jpeg;base64,${base64(FILES.png)}`);
    expect(block).toMatchObject({ type: 'image', mediaType: 'image/png' });
    expect(await mediaBlock(new File([FILES.pdf], 'a.png', { type: 'image/png' }))).toMatchObject({
      type: 'document',
      mediaType: 'application/pdf',
      name: 'a.png',
    });
    expect(await mediaBlock(FILES.gif, { mediaType: 'text/plain' })).toMatchObject({ mediaType: 'image/gif' });
  });

  it('also for letters that are the signature of something else', async () => {
    for (const text of ['GIF images are old.', 'BMW', 'MAC addresses', 'ID3 tags', 'II. Of words', 'PK', '<svg/>']) {
      expect(await mediaBlock(bytes(text)), text).toMatchObject({ type: 'document', mediaType: 'text/plain' });
    }
  });

  it('which never fails but by saying that it is none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(FILES)),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(60),
        async (file, noise, cut) => {
          const content = new Uint8Array([...file.subarray(0, cut), ...noise]);
          const failure = await mediaBlock(content).then(
            () => undefined,
            (error: unknown) => error,
          );
          if (failure) expect(failure).toMatchObject({ code: 'provider/unsupported-media' });
        },
      ),
    );
  });
});

describe('text', () => {
  it.each([
    ['the option', { mediaType: 'text/csv; charset=utf-8', name: 'a.md' }, 'text/csv'],
    ['the ending of the name', { name: 'A.MD' }, 'text/markdown'],
    ['the claim of the source', {}, 'text/x-log'],
    ['the ending before the claim', { name: 'a.html' }, 'text/html'],
  ] as const)('is of the kind that %s says', async (_name, options, mediaType) => {
    const source: MediaSource = 'data:text/x-log,gr%C3%BC%C3%9F%20dich';
    expect(await mediaBlock(source, options)).toMatchObject({ mediaType, data: base64(Buffer.from('grüß dich')) });
  });

  it('is plain where nothing else is known, or the claim is no text', async () => {
    expect(await mediaBlock('data:application/json,{}')).toMatchObject({ mediaType: 'text/plain' });
    expect(await mediaBlock(bytes('x'), { name: 'a.json' })).toMatchObject({ mediaType: 'text/plain', name: 'a.json' });
  });

  it('that is not UTF-8 is no text', async () => {
    await expect(mediaBlock(bytes('gr', 0xfc, 0xdf), { name: 'a.txt' })).rejects.toMatchObject({
      code: 'provider/unsupported-media',
    });
  });
});

describe('media that no model takes (L-11)', () => {
  it('are refused by their first bytes, their size and their source', async () => {
    const path = join(tempFolder(), 'secret.bin');
    writeFileSync(path, FILES.unknown);
    await expect(mediaBlock({ path })).rejects.toMatchObject({
      code: 'provider/unsupported-media',
      retryable: false,
      message: `${path} is of no type known here (12 bytes, beginning with 00 01 02 03 fe ed c0 de 12 34); an image (JPEG, PNG, GIF or WebP), a PDF, UTF-8 text, audio or video is expected.`,
    });
  });

  it.each([
    ['bmp', 'image/bmp'],
    ['heic', 'image/heic'],
    ['zip', 'application/zip'],
  ] as const)('are called what they are: %s', async (name, mediaType) => {
    await expect(mediaBlock(FILES[name])).rejects.toThrow(`is ${mediaType} (`);
  });
});

describe('the same bytes', () => {
  /** One PNG and one PDF, from everywhere. */
  async function fromEverywhere(content: Uint8Array<ArrayBuffer>, name: string): Promise<readonly MediaBlock[]> {
    const path = join(tempFolder(), name);
    writeFileSync(path, content);
    const address = async () => new Response(content, { headers: { 'content-type': 'application/x-wrong' } });
    const sources: readonly MediaSource[] = [
      content,
      Buffer.from(content),
      content.buffer,
      new Blob([content]),
      { path },
      { url: `data:;base64,${base64(content)}` },
      `data:x/y;base64,${encodeURIComponent(base64(content))}`,
      { url: 'https://files.test/a?key=1' },
      { url: new URL('https://files.test/b') },
    ];
    return Promise.all(sources.map((source) => mediaBlock(source, { name, fetch: address })));
  }

  it.each(['png', 'pdf'] as const)(
    'are the same block and the same wire from every source: %s (L-09, L-10)',
    async (kind) => {
      const blocks = await fromEverywhere(FILES[kind], `a.${kind}`);
      for (const encode of [
        (block: MediaBlock) => encodeAnthropic({ messages: [{ role: 'user', content: [block] }] }, 'claude-test'),
        (block: MediaBlock) => encodeResponses({ messages: [{ role: 'user', content: [block] }] }, 'gpt-test'),
      ]) {
        const wires = new Set(blocks.map((block) => JSON.stringify(encode(block))));
        expect(wires.size).toBe(1);
        expect([...wires][0]).toContain(base64(FILES[kind]));
      }
      for (const block of blocks) expect(block).toEqual(blocks[0]);
    },
  );

  it('have one name by their content, which a byte changes', async () => {
    const [first, ...others] = await fromEverywhere(FILES.pdf, 'a.pdf');
    const expected = `sha256:${createHash('sha256').update(FILES.pdf).digest('hex')}`;
    for (const block of [first, ...others]) expect(block && mediaHash(block)).toBe(expected);
    const changed = FILES.pdf.slice();
    changed[20] = 0x20;
    expect(mediaHash(await mediaBlock(changed))).not.toBe(expected);
    expect(mediaHash(await mediaBlock(FILES.pdf, { name: 'other.pdf' }))).toBe(expected);
  });
});

describe('a block is frozen when it is made (D-10)', () => {
  it('and a file that changes later does not change it', async () => {
    const path = join(tempFolder(), 'a.txt');
    writeFileSync(path, 'before');
    const block = await mediaBlock({ path });
    writeFileSync(path, 'after');
    expect(block).toEqual({ type: 'document', mediaType: 'text/plain', name: 'a.txt', data: base64(bytes('before')) });
    expect(await mediaBlock({ path })).toMatchObject({ data: base64(bytes('after')) });
  });

  it('and an array that changes at once does not change it', async () => {
    const content = FILES.png.slice();
    const pending = mediaBlock(content);
    const pendingBuffer = mediaBlock(content.buffer);
    content.fill(0);
    expect(await pending).toMatchObject({ data: base64(FILES.png) });
    expect(await pendingBuffer).toMatchObject({ data: base64(FILES.png) });
  });

  it('and an address is read once', async () => {
    let reads = 0;
    const fetch = async () => new Response(`read ${++reads}`);
    const block = await mediaBlock({ url: 'https://files.test/a.txt' }, { fetch });
    expect(JSON.stringify(block)).toBe(JSON.stringify(structuredClone(block)));
    expect(reads).toBe(1);
  });
});

describe('a history with media', () => {
  it('is the same on the wire after it was written as JSON and read again (D-24)', async () => {
    const image = await mediaBlock(FILES.png);
    const pdf = await mediaBlock(FILES.pdf, { name: 'ä.pdf' });
    const messages = conversation([parts('Compare.', image, pdf), 'They differ.']);
    const stored: Message[] = JSON.parse(JSON.stringify(messages));
    expect(stored).toEqual(messages);
    expect(JSON.stringify(encodeAnthropic({ messages: stored }, 'claude-test'))).toBe(
      JSON.stringify(encodeAnthropic({ messages }, 'claude-test')),
    );
  });
});
