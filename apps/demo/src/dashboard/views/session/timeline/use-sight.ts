import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { BAR_PX, type PlacedBar, type Strip } from './strip.ts';

/** How far a reader scrolls before other bars are drawn, in pixels. */
const STEP_PX = 64;
const NEAR_PX = 24;

/** What of the strip is in sight. A reader at its end stays there as it grows, and others stay where they are. */
export function useSight(scroller: { readonly current: HTMLElement | null }, strip: Strip) {
  const [sight, setSight] = useState({ from: Math.max(0, strip.width - 800), to: strip.width });
  const isAtEnd = useRef(true);
  const first = useRef(strip.bars[0]?.bar);
  const width = useRef(strip.width);
  const follow = () => {
    const element = scroller.current;
    if (!element) return;
    const { scrollLeft, clientWidth, scrollWidth } = element;
    isAtEnd.current = scrollWidth - scrollLeft - clientWidth < NEAR_PX;
    const from = Math.floor(scrollLeft / STEP_PX) * STEP_PX;
    const to = Math.ceil((scrollLeft + clientWidth) / STEP_PX) * STEP_PX;
    setSight((before) => (before.from === from && before.to === to ? before : { from, to }));
  };
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (isAtEnd.current) element.scrollLeft = element.scrollWidth;
    else if (first.current?.turn.id !== strip.bars[0]?.bar.turn.id) element.scrollLeft += strip.width - width.current;
    first.current = strip.bars[0]?.bar;
    width.current = strip.width;
    follow();
  }, [strip]);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(follow);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ...sight, follow };
}

/** Scrolls to a bar that is not in sight. */
export function bringIntoSight(element: HTMLElement, { x }: PlacedBar): void {
  const { scrollLeft, clientWidth } = element;
  const isInSight = x - NEAR_PX >= scrollLeft && x + BAR_PX + NEAR_PX <= scrollLeft + clientWidth;
  if (!isInSight) element.scrollLeft = x - clientWidth / 2;
}
