import { prefixEnd } from '../sql/prefix-end.ts';

/** A blob, which SQLite sorts after every text. */
const AFTER_EVERY_TEXT = Uint8Array.of(0);

/** The least and the first later value of a column whose texts begin with this: `column >= @prefix AND column < @prefixEnd`. */
export function prefixRange(prefix: string): { readonly prefix: string; readonly prefixEnd: string | Uint8Array } {
  return { prefix, prefixEnd: prefixEnd(prefix) ?? AFTER_EVERY_TEXT };
}
