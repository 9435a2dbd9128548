// What runs in the page that is measured. Told as text, since it is the browser's language and not ours: nothing here knows of a document.

/** Notes when what is named is there and the page has time for its reader: `performance.now()`, which counts from the navigation on. */
export function noteReady(selectors: readonly string[]): string {
  return `
    globalThis.ready = new Promise((resolve) => {
      const look = () => {
        const isThere = ${JSON.stringify(selectors)}.every((selector) => document.querySelector(selector));
        if (isThere) setTimeout(() => resolve(performance.now()));
        else requestAnimationFrame(look);
      };
      look();
    });`;
}

/** How smoothly something scrolled. */
export interface Smoothness {
  readonly longestTaskMs: number;
  readonly frames: number;
  readonly droppedFrames: number;
}

/** Scrolls what is longest on the page by so many pixels a frame; evaluates to a `Smoothness`. */
export function scrollBy(pixels: number, frames: number): string {
  return `
    new Promise((resolve) => {
      const isLong = (element) => /auto|scroll/.test(getComputedStyle(element).overflowY);
      const scroller = [...document.querySelectorAll('*')]
        .filter(isLong)
        .reduce((one, other) => (other.scrollHeight > one.scrollHeight ? other : one), document.scrollingElement);
      const tasks = [0];
      const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
      observer.observe({ type: 'longtask' });
      const times = [];
      const step = (now) => {
        times.push(now);
        scroller.scrollTop += ${pixels};
        if (times.length <= ${frames}) return requestAnimationFrame(step);
        const gaps = times.slice(1).map((time, index) => time - times[index]);
        const frameMs = gaps.toSorted((a, b) => a - b)[gaps.length >> 2];
        const droppedFrames = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / frameMs) - 1), 0);
        // Long tasks are told a little later.
        setTimeout(() => {
          observer.disconnect();
          resolve({ longestTaskMs: Math.max(...tasks), frames: gaps.length, droppedFrames });
        }, 200);
      };
      requestAnimationFrame(step);
    })`;
}
