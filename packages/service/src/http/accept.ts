import { parseAccept } from 'hono/utils/accept';

/** The type that the client likes best of those there are; the first of equals, and where it says nothing. `undefined` for none. */
export function chooseType<Type extends string>(
  header: string | null | undefined,
  types: readonly Type[],
): Type | undefined {
  if (header === null || header === undefined || header.trim() === '') return types[0];
  const wanted = parseAccept(header);
  const rated = types.map((type) => ({ type, quality: qualityOf(type, wanted) }));
  const best = Math.max(...rated.map(({ quality }) => quality));
  return best > 0 ? rated.find(({ quality }) => quality === best)?.type : undefined;
}

/** By the range that names the type most closely (RFC 9110, section 12.5.1). */
function qualityOf(type: string, wanted: readonly { readonly type: string; readonly q: number }[]): number {
  const ranges = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*'];
  for (const range of ranges) {
    const found = wanted.find((each) => each.type.toLowerCase() === range);
    if (found) return found.q;
  }
  return 0;
}
