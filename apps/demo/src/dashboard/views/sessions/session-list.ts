import type { SessionBody } from '@reprise/service/client';

/** Sessions as far as they were asked for, newest first. */
export interface SessionList {
  readonly items: readonly SessionBody[];
  /** Where the next page begins; `null` when there is none. */
  readonly next: string | null;
}

export const NO_SESSIONS: SessionList = { items: [], next: null };

/** The list with one page more. A session that moved between two pages stands once. */
export function withNextPage(list: SessionList, page: SessionList): SessionList {
  const known = new Set(list.items.map(keyOf));
  return { items: [...list.items, ...page.items.filter((item) => !known.has(keyOf(item)))], next: page.next };
}

/**
 * The list with what is on its first page now: new sessions at the top, changed ones in their place. One that the page had before and has
 * no more, though others after it are there, was deleted.
 */
export function withFirstPage(list: SessionList, page: SessionList): SessionList {
  if (page.next === null) return page;
  const fresh = new Map(page.items.map((item) => [keyOf(item), item]));
  const oldest = page.items.at(-1)?.createdAt ?? 0;
  const rest = list.items.filter((item) => !fresh.has(keyOf(item)) && item.createdAt < oldest);
  return { items: [...page.items, ...rest], next: rest.length === 0 ? page.next : list.next };
}

/** Tells a session from all others: ids are a tenant's own. */
export function keyOf({ tenant, id }: Pick<SessionBody, 'tenant' | 'id'>): string {
  return `${tenant}/${id}`;
}
