/** A list that the service hands out in pages: iterate it for all of its items, or ask for one page. */
export interface Pages<Item, Page extends PageOf<Item> = PageOf<Item>> extends AsyncIterable<Item> {
  /** One page: the first, or the one after what a page before it gave as `next`. */
  page(after?: string): Promise<Page>;
}

export interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Asks for each page when the items before it have been taken. */
export function pagesOf<Item, Page extends PageOf<Item>>(
  page: (after: string | undefined) => Promise<Page>,
): Pages<Item, Page> {
  return {
    page,
    async *[Symbol.asyncIterator]() {
      let after: string | undefined;
      do {
        const { items, next } = await page(after);
        yield* items;
        after = next ?? undefined;
      } while (after !== undefined);
    },
  };
}
