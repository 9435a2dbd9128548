import type { Page } from 'playwright-core';
import { expect } from 'vitest';

// What is asked of a page is text: the project's types know no browser.

/** How many pixels of a canvas have been painted, and in how many colours. */
export function paintedOn(page: Page, id: string): Promise<{ readonly pixels: number; readonly colours: number }> {
  return page.evaluate(`(() => {
    const canvas = document.getElementById(${JSON.stringify(id)});
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const words = new Uint32Array(data.buffer).filter((word) => word !== 0);
    return { pixels: words.length, colours: new Set(words).size };
  })()`);
}

/** Where the first break's mark stands on a chart, in pixels of the window. */
export function markOn(page: Page, id: string): Promise<{ readonly x: number; readonly y: number }> {
  return page.evaluate(`(() => {
    const canvas = document.getElementById(${JSON.stringify(id)});
    const chart = Chart.getChart(canvas);
    const marks = chart.data.datasets.findIndex(({ type }) => type === 'scatter');
    const { x, y } = chart.getDatasetMeta(marks).data[0];
    const box = canvas.getBoundingClientRect();
    return { x: box.left + x, y: box.top + y };
  })()`);
}

/** A colour of the page by its name, `#rrggbb`. */
export function colourOf(page: Page, name: string): Promise<string> {
  return page.evaluate(
    `getComputedStyle(document.documentElement).getPropertyValue(${JSON.stringify(`--${name}`)}).trim()`,
  );
}

/** Resolves when the first line of a chart is drawn in a colour. */
export async function lineIsDrawnIn(page: Page, id: string, colour: string): Promise<void> {
  const [chart, wanted] = [JSON.stringify(id), JSON.stringify(colour)];
  // Asked anew each time: the page's policy lets nothing in it evaluate text.
  await expect
    .poll(() => page.evaluate(`Chart.getChart(${chart}).data.datasets[0].borderColor === ${wanted}`), {
      timeout: 20_000,
    })
    .toBe(true);
}

/** Contrast of two colours by WCAG 2.2's relative luminance: 1 for none, 21 for black on white. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

export function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
