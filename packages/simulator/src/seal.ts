import { createHash } from 'node:crypto';

/** What a seal keeps: a text, and the hash of everything that stood before it. */
export interface Sealed {
  readonly text: string;
  readonly prefixHash: string;
}

/**
 * What a vendor adds to a thought or to what it found, so that it knows it again: opaque to clients, and refused if anybody changed it.
 * The same text in the same place is sealed alike every time.
 */
export function sealText({ text, prefixHash }: Sealed): string {
  return Buffer.from(`${prefixHash}.${checksum(text, prefixHash)}.${text}`).toString('base64');
}

/** What was sealed; `undefined` for what was not sealed here, or was changed since. */
export function openSeal(seal: string): Sealed | undefined {
  const [, prefixHash = '', sum, text = ''] =
    /^([0-9a-f]*)\.([0-9a-f]+)\.(.*)$/s.exec(Buffer.from(seal, 'base64').toString('utf8')) ?? [];
  return sum !== undefined && sum === checksum(text, prefixHash) ? { text, prefixHash } : undefined;
}

function checksum(text: string, prefixHash: string): string {
  return createHash('sha256').update(`${prefixHash}\n${text}`).digest('hex').slice(0, 16);
}
