import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_BROWSER, openBrowser, openReader } from '../support/browser.ts';
import {
  type BuiltPage,
  buildPage,
  type DashboardService,
  startDashboardService,
} from '../support/dashboard-service.ts';

const FILES = {
  'moon.md': 'The moon is made of stone, and not of cheese as some may say.',
  'sun.md': 'The sun is made of plasma, and shines on the moon.',
};
const TIMEOUT = 90_000;
/** What a CI run keeps. */
const SHOTS = fileURLToPath(new URL('../../../../artefacts/dashboard/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = {
  wide: { width: 1280, height: 900 },
  narrow: { width: 360, height: 740 },
};

/** A view, and what is done to see it: where it is, what to wait for, and what to open. */
interface View {
  readonly name: string;
  readonly path: string;
  readonly open: (page: Page) => Promise<unknown>;
}

const why = NO_BROWSER === undefined ? '' : ` (skipped: ${NO_BROWSER})`;

describe.skipIf(NO_BROWSER)(`every view of the dashboard${why}`, { timeout: TIMEOUT }, () => {
  let built: BuiltPage;
  let browser: Browser;
  let service: DashboardService;
  let views: readonly View[];

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    [built, browser] = await Promise.all([buildPage(), openBrowser()]);
    service = await startDashboardService(FILES, built.folder);
    const id = await service.ask('What is the moon made of?');
    const waiting = await service.ask('What is the sun made of?', 'asking-librarian');
    views = viewsOf(id, waiting);
  }, TIMEOUT);
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    built?.remove();
  });

  it.each([
    ['wide', 'light'],
    ['wide', 'dark'],
    ['narrow', 'light'],
  ] as const)('fits, and axe finds nothing: %s and %s', async (size, colorScheme) => {
    const { page, complaints } = await openReader(browser, service.url, { colorScheme, viewport: SIZES[size] });
    const found: string[] = [];
    for (const { name, path, open } of views) {
      await page.goto(path);
      await open(page);
      found.push(...(await violations(page)).map((violation) => `${name}: ${violation}`));
      if (await isWiderThanItsWindow(page)) found.push(`${name} is wider than its window`);
      await page.screenshot({ path: join(SHOTS, `${name}-${size}-${colorScheme}.png`) });
    }
    // The session that is not there.
    expect([...found, ...complaints.filter((complaint) => !complaint.includes('404'))]).toEqual([]);
    await page.context().close();
  });

  it('fits on a screen of four thousand pixels', async () => {
    const { page } = await openReader(browser, service.url, { viewport: { width: 3840, height: 2160 } });
    for (const { path, open } of views) {
      await page.goto(path);
      await open(page);
      expect(await isWiderThanItsWindow(page)).toBe(false);
    }
    await page.context().close();
  });

  it('is reached by keyboard, from the first key on', async () => {
    const { page } = await openReader(browser, service.url);
    await page.goto('/');
    await page.getByRole('table').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Skip to content');
    await page.getByRole('link', { name: 'What is the sun made of?' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What is the moon made of?', level: 1 }).waitFor();
    await page.context().close();
  });
});

function viewsOf(session: string, waiting: string): readonly View[] {
  const turns = (page: Page) => page.getByRole('heading', { name: /^Turn \d/ }).waitFor();
  return [
    { name: 'sessions', path: '/', open: (page) => page.getByRole('link', { name: 'What is the moon' }).waitFor() },
    {
      name: 'no-sessions',
      path: '/?search=nothing-has-this',
      open: (page) => page.getByText('Nothing found').waitFor(),
    },
    { name: 'session', path: `/sessions/${session}`, open: turns },
    {
      name: 'tree',
      path: `/sessions/${session}`,
      open: async (page) => {
        await page.getByRole('button', { name: 'Tree' }).click();
        await page.getByRole('button', { name: 'Go back to snapshot of turn 1', exact: true }).click();
        await page.getByRole('button', { name: 'Rewind' }).waitFor();
      },
    },
    {
      name: 'waiting-session',
      path: `/sessions/${waiting}`,
      open: (page) => page.getByRole('button', { name: 'Approve' }).waitFor(),
    },
    { name: 'missing-session', path: '/sessions/none', open: (page) => page.getByRole('alert').waitFor() },
    { name: 'talk', path: '/talk', open: (page) => page.getByRole('radio').first().waitFor() },
    { name: 'approvals', path: '/approvals', open: (page) => page.getByRole('article').waitFor() },
    { name: 'money', path: '/money', open: (page) => page.locator('canvas').waitFor() },
    { name: 'nowhere', path: '/nowhere', open: (page) => page.getByText('There is nothing here').waitFor() },
  ];
}

/** What axe finds, such as `color-contrast: <span …>`. */
async function violations(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger, which the page's policy lets in where it lets no other script in.
  await page.evaluate(AXE);
  const found = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

function isWiderThanItsWindow(page: Page): Promise<boolean> {
  return page.evaluate(
    "[document.documentElement, document.querySelector('#view')].some((e) => e.scrollWidth > e.clientWidth)",
  );
}
