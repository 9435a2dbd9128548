import { type Page, type PageBounds, pageOf } from './page.ts';

/** The page of these, newest first, and of equal times the one written last. */
export function newestFirst<Item extends { readonly createdAt: number }>(
  items: readonly { readonly item: Item; readonly seq: number }[],
  { limit, after }: PageBounds,
): Page<Item> {
  const placed = items.map(({ item, seq }) => ({ item, seq, createdAt: item.createdAt }));
  const isAfter = ({ createdAt, seq }: { readonly createdAt: number; readonly seq: number }) =>
    after === undefined || createdAt < after.createdAt || (createdAt === after.createdAt && seq < after.seq);
  const sorted = placed.filter(isAfter).sort((a, b) => b.createdAt - a.createdAt || b.seq - a.seq);
  return pageOf(sorted, limit);
}

/** Whether the text contains the other, ASCII letters in either case. */
export function contains(text: string, search: string): boolean {
  return lowerAscii(text).includes(lowerAscii(search));
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
