import { requireText } from './checks.ts';
import { CheckpointError } from './errors.ts';

export interface PageQuery {
  /** Only what contains this text, ASCII letters in either case. */
  readonly search?: string | undefined;
  /** At most this many. Default 50. */
  readonly limit?: number | undefined;
  /** Where the page before this one ended: its `next`. */
  readonly after?: string | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** What to ask the next page with; `null` on the last one. */
  readonly next: string | null;
}

/**
 * Everything that a list has, read page by page as it is taken: `itemsOf((page) => store.listSessions(page))`. Rejects as `read` does.
 */
export async function* itemsOf<Item>(read: (page: PageQuery) => Promise<Page<Item>>): AsyncGenerator<Item> {
  for await (const items of pagesOf(read)) yield* items;
}

/** The same, a page at a time. */
export async function* pagesOf<Item>(read: (page: PageQuery) => Promise<Page<Item>>): AsyncGenerator<readonly Item[]> {
  let after: string | undefined;
  do {
    const page: Page<Item> = await read({ limit: PAGE_SIZE, after });
    yield page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

const PAGE_SIZE = 200;

/** A query with its defaults, checked. */
export interface PageBounds {
  /** Empty when everything is asked for. */
  readonly search: string;
  readonly limit: number;
  readonly after: Cursor | undefined;
}

const DEFAULT_LIMIT = 50;

/** A place in a list that is ordered by time, newest first, and by number among equal times. */
export interface Cursor {
  readonly createdAt: number;
  readonly seq: number;
}

/** Throws `checkpoint/invalid-write` for a limit that is no integer of at least 1, and for a cursor or a search that is none. */
export function pageBounds({ search = '', limit = DEFAULT_LIMIT, after }: PageQuery): PageBounds {
  requireText(search, 'The search');
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new CheckpointError('checkpoint/invalid-write', `The limit ${limit} is not an integer of at least 1.`);
  }
  return { search, limit, after: after === undefined ? undefined : decodeCursor(after) };
}

/** The page that begins with these, of which a store looks up one more than `limit`. */
export function pageOf<Item>(found: readonly (Cursor & { readonly item: Item })[], limit: number): Page<Item> {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    next: found.length > limit && last !== undefined ? encodeCursor(last) : null,
  };
}

function encodeCursor({ createdAt, seq }: Cursor): string {
  return `${createdAt}.${seq}`;
}

/** Throws `checkpoint/invalid-write` for a text that `encodeCursor` never made. */
function decodeCursor(after: string): Cursor {
  const [, createdAt, seq] = /^(\d{1,16})\.(\d{1,16})$/.exec(after) ?? [];
  if (createdAt === undefined || seq === undefined) {
    throw new CheckpointError('checkpoint/invalid-write', `'${after}' is not the \`next\` of a page.`);
  }
  return { createdAt: Number(createdAt), seq: Number(seq) };
}
