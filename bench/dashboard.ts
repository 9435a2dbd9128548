/**
 * What the dashboard asks of a browser: the bytes of its first load; how long it takes, with nothing cached, until it shows what there is and
 * takes input; and how smoothly long lists scroll. Needs Chromium: see `REPRISE_CHROMIUM` in CONTRIBUTING.md.
 *
 *     npx pnpm --filter @reprise/bench dashboard [sessions] [turns]
 */

import { loadavg } from 'node:os';
import { join } from 'node:path';
import { openBrowser, openReader, type Reader } from '../apps/demo/test/support/browser.ts';
import { buildPage } from '../apps/demo/test/support/dashboard-service.ts';
import { noteReady, type Smoothness, scrollBy } from './support/page-watch.ts';
import { milliseconds, printFigure } from './support/print-figure.ts';
import { fillStore, type ServedDashboard, serveDashboard } from './support/served-dashboard.ts';
import { tempFolder } from './support/temp-folder.ts';
import { median } from './support/timing.ts';

type Page = Reader['page'];

/** A place of the page, and what is there once a reader can use it. */
interface Place {
  readonly name: string;
  readonly path: string;
  readonly signs: readonly string[];
  /** Where its list goes on: down, or up from its end. */
  readonly pixelsPerFrame: number;
}

const SESSIONS = Number(process.argv[2] ?? 10_000);
const TURNS = Number(process.argv[3] ?? 2000);
const ROUNDS = 5;
const FRAMES = 240;
const FIRST_LOAD_KB = 250;
const INTERACTIVE_MS = 1000;

const list = (name: string): Place => ({
  name,
  path: '/',
  signs: ['table a[href^="/sessions/"]', 'input[type=search]'],
  pixelsPerFrame: 120,
});
const long: Place = {
  name: `a session of ${TURNS} turns`,
  path: '/sessions/long',
  signs: ['[role=log] article', 'textarea'],
  pixelsPerFrame: -120,
};

const built = await buildPage();
const browser = await openBrowser();
const folder = tempFolder();
console.log(`Load of the machine before: ${(loadavg()[0] ?? Number.NaN).toFixed(1)}. Chromium ${browser.version()}.`);
try {
  await served('few.db', { sessions: 3, turns: 1 }, async ({ url }) => {
    await printFirstLoad(url);
    await printInteractive(url, list('a list of few sessions'));
  });
  await served('many.db', { sessions: SESSIONS, turns: TURNS }, async ({ url }) => {
    for (const place of [list(`a list of ${SESSIONS} sessions`), long]) {
      await printInteractive(url, place);
      await printScrolling(url, place);
    }
  });
} finally {
  await browser.close();
  built.remove();
}

async function served(
  name: string,
  content: Parameters<typeof fillStore>[1],
  work: (dashboard: ServedDashboard) => Promise<void>,
): Promise<void> {
  const database = join(folder, name);
  await fillStore(database, content);
  const dashboard = await serveDashboard(database, built.folder);
  try {
    await work(dashboard);
  } finally {
    await dashboard.close();
  }
}

/** Does this on a page of its own, with nothing cached. */
async function onNewPage<Value>(url: string, { signs }: Place, work: (page: Page) => Promise<Value>): Promise<Value> {
  const { page } = await openReader(browser, url, { viewport: { width: 1280, height: 900 } });
  await page.addInitScript(noteReady(signs));
  try {
    return await work(page);
  } finally {
    await page.context().close();
  }
}

async function printFirstLoad(url: string): Promise<void> {
  const place = list('');
  const bytes: number[] = [];
  await onNewPage(url, place, async (page) => {
    const sizes: Promise<number>[] = [];
    page.on('requestfinished', (request) => {
      if (!new URL(request.url()).pathname.startsWith('/v1/'))
        sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.goto(place.path, { waitUntil: 'networkidle' });
    bytes.push(...(await Promise.all(sizes)));
  });
  const kilobytes = bytes.reduce((sum, size) => sum + size, 0) / 1024;
  const from = `${bytes.length} files, as they come over the network`;
  printFigure({ name: 'first load', value: kilobytes, unit: 'KB, compressed', limit: FIRST_LOAD_KB, from });
}

async function printInteractive(url: string, place: Place): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    times.push(
      await onNewPage(url, place, async (page) => {
        await page.goto(place.path);
        return page.evaluate<number>('globalThis.ready');
      }),
    );
  }
  printFigure({
    name: `interactive: ${place.name}`,
    value: median(times),
    unit: 'ms after the navigation began',
    limit: INTERACTIVE_MS,
    from: `the median of ${times.map(milliseconds).join(', ')}`,
  });
}

async function printScrolling(url: string, place: Place): Promise<void> {
  const { longestTaskMs, frames, droppedFrames } = await onNewPage(url, place, async (page) => {
    await page.goto(place.path);
    await page.evaluate('globalThis.ready');
    await page.waitForLoadState('networkidle').catch(() => {});
    return page.evaluate<Smoothness>(scrollBy(place.pixelsPerFrame, FRAMES));
  });
  const from = `${Math.abs(place.pixelsPerFrame)} px a frame, ${frames} frames`;
  printFigure({ name: `  longest task while it scrolls`, value: longestTaskMs, unit: 'ms; 0 is below 50', from });
  printFigure({ name: `  frames dropped`, value: (100 * droppedFrames) / (frames + droppedFrames), unit: '%', from });
}
