const LAST_CODE_POINT = 0x10ffff;

/**
 * The first text after all that begin with this one, in the order of code points, which is that of UTF-8 bytes; `undefined` if none comes
 * after them. So that what begins with a prefix is a range of an index.
 */
export function prefixEnd(prefix: string): string | undefined {
  const points = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  const last = points.findLastIndex((point) => point < LAST_CODE_POINT);
  if (last < 0) return undefined;
  return String.fromCodePoint(...points.slice(0, last), codePointAfter(points[last] ?? 0));
}

/** Surrogates stand for no character. */
function codePointAfter(point: number): number {
  return point === 0xd7ff ? 0xe000 : point + 1;
}
