import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { describeInBrowser } from '../support/in-browser.ts';
import { QUESTION } from '../support/moon.ts';

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

describeInBrowser('every view of the dashboard', (shared) => {
  let views: readonly View[];

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    const id = await shared.service.ask(QUESTION);
    const waiting = await shared.service.ask('What is the sun made of?', 'asking-librarian');
    views = viewsOf(id, waiting);
  });

  it.each([
    ['wide', 'light'],
    ['wide', 'dark'],
    ['narrow', 'light'],
  ] as const)('fits, and axe finds nothing: %s and %s', { timeout: 120_000 }, async (size, colorScheme) => {
    const page = await shared.read('/', { colorScheme, viewport: SIZES[size] });
    const found: string[] = [];
    for (const { name, path, open } of views) {
      await page.goto(path);
      await open(page);
      found.push(...(await violations(page)).map((violation) => `${name}: ${violation}`));
      if (await isWiderThanItsWindow(page)) found.push(`${name} is wider than its window`);
      await page.screenshot({ path: join(SHOTS, `${name}-${size}-${colorScheme}.png`) });
    }
    // The session that is not there.
    shared.expectComplaint('404');
    expect(found).toEqual([]);
  });

  it('fits on a screen of four thousand pixels', async () => {
    const page = await shared.read('/', { viewport: { width: 3840, height: 2160 } });
    for (const { path, open } of views) {
      await page.goto(path);
      await open(page);
      expect(await isWiderThanItsWindow(page)).toBe(false);
    }
    shared.expectComplaint('404');
  });

  it('is reached by keyboard, from the first key on', async () => {
    const page = await shared.read('/');
    await page.getByRole('table').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Skip to content');
    await page.getByRole('link', { name: 'What is the sun made of?' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: QUESTION, level: 1 }).waitFor();
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
    {
      name: 'session-dialog',
      path: '/',
      open: async (page) => {
        await page.getByRole('button', { name: `Rename or delete ${QUESTION}` }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    { name: 'session', path: `/sessions/${session}`, open: turns },
    {
      name: 'branches',
      path: `/sessions/${session}`,
      open: async (page) => {
        await page.getByRole('button', { name: 'Tree' }).click();
        for (const turns of ['1 turn,', '2 turns,']) await page.getByRole('button', { name: turns }).click();
        await page.getByRole('dialog', { name: 'Two branches' }).waitFor();
      },
    },
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
    {
      name: 'missing-session',
      path: '/sessions/none',
      open: (page) => page.getByRole('heading', { name: 'There is no such session' }).waitFor(),
    },
    { name: 'talk', path: '/talk', open: (page) => page.getByRole('radio').first().waitFor() },
    { name: 'approvals', path: '/approvals', open: (page) => page.getByRole('article').waitFor() },
    {
      name: 'money',
      path: '/money',
      open: async (page) => {
        await page.locator('canvas').waitFor();
        await page.getByRole('table', { name: /^Plans over/ }).waitFor();
      },
    },
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
