import { isUtf8 } from 'node:buffer';
import { fileTypeFromBuffer } from 'file-type';

export type SniffedType =
  | { readonly kind: 'image' | 'document'; readonly mediaType: string }
  | { readonly kind: 'unsupported'; readonly mediaType: string | undefined };

/** For error messages: what `sniffType` does not call unsupported. */
export const ACCEPTED_TYPES = 'an image (JPEG, PNG, GIF or WebP), a PDF, UTF-8 text, audio or video';

/** What can be said of text from outside; the first claim that names a kind of text counts, after the name's ending. */
interface TextHints {
  readonly name: string | undefined;
  readonly claims: readonly (string | undefined)[];
}

/** What vendors take as an image. An animated PNG is a PNG to those who know no animation, and none of them do. */
const IMAGE_TYPES: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'image/jpeg'],
  ['image/png', 'image/png'],
  ['image/apng', 'image/png'],
  ['image/gif', 'image/gif'],
  ['image/webp', 'image/webp'],
]);

/**
 * What bytes are, by themselves. Text comes before signatures, since many of them are plain letters: a text may begin with `GIF`, `BM`
 * or `MAC `. No image, audio or video does without a zero byte, and a PDF may.
 */
export async function sniffType(bytes: Uint8Array, hints: TextHints): Promise<SniffedType> {
  if (isText(bytes)) return { kind: 'document', mediaType: textType(hints) };
  const sniffed = await fileTypeFromBuffer(bytes);
  const mediaType = sniffed && withoutParameters(sniffed.mime);
  const image = IMAGE_TYPES.get(mediaType ?? '');
  if (image !== undefined) return { kind: 'image', mediaType: image };
  const isDocument = mediaType !== undefined && /^(application\/pdf$|audio\/|video\/)/.test(mediaType);
  return isDocument ? { kind: 'document', mediaType } : { kind: 'unsupported', mediaType };
}

function isText(bytes: Uint8Array): boolean {
  const isPdf = Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-';
  return !isPdf && !bytes.includes(0) && isUtf8(bytes);
}

/** The kinds of text whose name tells a model how to read them. */
const TEXT_TYPES: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv'],
  ['htm', 'text/html'],
  ['html', 'text/html'],
  ['markdown', 'text/markdown'],
  ['md', 'text/markdown'],
  ['xml', 'text/xml'],
]);

function textType({ name, claims: [asked, claimed] }: TextHints): string {
  const ending = /\.(\w+)$/.exec(name ?? '')?.[1]?.toLowerCase() ?? '';
  return claimedText(asked) ?? TEXT_TYPES.get(ending) ?? claimedText(claimed) ?? 'text/plain';
}

function claimedText(claim: string | undefined): string | undefined {
  const type = withoutParameters(claim ?? '');
  return /^text\/[\w.+-]+$/.test(type) ? type : undefined;
}

function withoutParameters(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}
