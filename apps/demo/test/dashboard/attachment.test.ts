import { describe, expect, it } from 'vitest';
import { blocksOf, readAttachment } from '../../src/dashboard/parts/composer/attachment.ts';

const file = (name: string, type: string, bytes: Uint8Array<ArrayBuffer> = Uint8Array.of(1, 2, 250)) =>
  new File([bytes], name, { type });

describe('a file for a message', () => {
  it('is read as what it is', async () => {
    expect(await readAttachment(file('a.png', 'image/png'))).toEqual({
      name: 'a.png',
      size: 3,
      mediaType: 'image/png',
      data: 'AQL6',
    });
  });

  it.each([
    [file('a.svg', 'image/svg+xml'), 'a.svg is image/svg+xml; PNG, JPEG, GIF, WebP and PDF can be attached.'],
    [file('a', ''), 'a is of an unknown type; PNG, JPEG, GIF, WebP and PDF can be attached.'],
    [
      file('big.pdf', 'application/pdf', new Uint8Array(7 * 1024 * 1024 + 1)),
      'big.pdf has 8 MB; up to 7 MB can be attached.',
    ],
  ])('is refused with its name, what it is and what can be: %o', async (given, words) => {
    await expect(readAttachment(given)).rejects.toThrow(words);
  });

  it('goes before what is said of it', async () => {
    const files = await Promise.all([file('a.png', 'image/png'), file('b.pdf', 'application/pdf')].map(readAttachment));
    expect(blocksOf(' Look ', files).map((block) => block.type)).toEqual(['image', 'document', 'text']);
    expect(blocksOf('  ', files)).toHaveLength(2);
  });
});
