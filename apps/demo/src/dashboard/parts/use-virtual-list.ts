import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

export interface VirtualList {
  readonly items: readonly VirtualItem[];
  /** The height of all rows together, in pixels. */
  readonly totalSize: number;
  /** For each row's element, which carries its `data-index`: rows have the height that they turn out to have. */
  readonly measure: (element: Element | null) => void;
  readonly scrollTo: (index: number, align?: 'start' | 'center' | 'end') => void;
}

/** The rows of a long list that are in sight, and a few around them. */
export function useVirtualList(
  scroller: RefObject<HTMLElement | null>,
  {
    count,
    estimate,
    keyOf,
  }: {
    readonly count: number;
    /** The height of a row that was not measured yet, in pixels. */
    readonly estimate: (index: number) => number;
    /** The same function each time: with another one all rows are placed anew. */
    readonly keyOf: (index: number) => string | number;
  },
): VirtualList {
  const [, redraw] = useReducer((round: number) => round + 1, 0);
  const options = {
    count,
    estimateSize: estimate,
    getItemKey: keyOf,
    getScrollElement: () => scroller.current,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    overscan: 8,
    onChange: () => redraw(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, Element>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return {
    items: virtualizer.getVirtualItems(),
    totalSize: virtualizer.getTotalSize(),
    measure: virtualizer.measureElement,
    scrollTo: (index, align = 'center') => virtualizer.scrollToIndex(index, { align }),
  };
}
