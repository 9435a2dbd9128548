import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithChromium } from '../../../test/support/chromium.ts';
import { brokenStore } from './support/broken-store.ts';
import { artefact, openBrowser, openPage } from './support/browser.ts';
import { colourOf, contrast, lineIsDrawnIn, luminance, markOn, paintedOn } from './support/page-probes.ts';
import { runCommand } from './support/run-command.ts';
import { FIRST, SECOND, sampleStore, UNPRICED } from './support/sample-store.ts';

/** The path of a report over a store. */
async function reportOn(store: string, ...args: string[]): Promise<string> {
  const out = join(dirname(store), 'report.html');
  const { exitCode, errors } = await runCommand([store, '-f', 'html', '--out', out, ...args]);
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
  return out;
}

const HOSTILE = `</script><img src=x onerror=alert(1)>"'\`\${alert(2)}<!--\u202e`;

describe('the file', () => {
  test('names nothing outside itself, and holds the licence of the chart library', async () => {
    const html = readFileSync(await reportOn(await sampleStore([{ id: 'one', turns: [FIRST] }])), 'utf8');
    const own = html.replace(/<script>[\s\S]*?<\/script>/g, '');
    expect(own).not.toMatch(/\b(src|href)="(?!#)/);
    expect(own).not.toMatch(/url\(|@import/);
    expect(html).not.toContain('sourceMappingURL');
    expect(own).toContain('Permission is hereby granted, free of charge');
    expect(own).toContain('<title>');
    expect(own).toContain('<html lang="en">');
  });

  test('shows a hostile name as the text it is', async () => {
    const turn = { ...UNPRICED, model: HOSTILE };
    const html = readFileSync(
      await reportOn(await sampleStore([{ id: HOSTILE, turns: [FIRST, turn] }]), '--by', 'turn'),
      'utf8',
    );
    expect(html).not.toContain('<img');
    expect(html).not.toContain('\u202e');
    expect(html.match(/<\/script>/g)).toHaveLength(3);
  });
});

describeWithChromium('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test('the charts are there, without an error or a request, and a screenshot is kept', async () => {
    const path = await reportOn(
      await brokenStore(),
      '--by',
      'turn',
      '--explain',
      '--what-if',
      'auto,ttl=1h',
      '--advise',
    );
    const { page, complaints } = await openPage(browser, path);
    for (const id of ['cost', 'prompts', 'hits']) {
      const { pixels, colours } = await paintedOn(page, id);
      expect(pixels, id).toBeGreaterThan(5_000);
      expect(colours, id).toBeGreaterThan(20);
    }
    const screenshot = artefact('audit-report.png');
    await page.screenshot({ path: screenshot, fullPage: true });
    expect(statSync(screenshot).size).toBeGreaterThan(10_000);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a break is explained to who points at its mark, on both time axes', async () => {
    const path = await reportOn(await brokenStore(), '--by', 'turn', '--explain');
    const { page, complaints } = await openPage(browser, path);
    for (const id of ['cost', 'hits']) {
      await page.locator(`#${id}`).scrollIntoViewIfNeeded();
      const tip = page.locator(`#${id} + .tip`);
      expect(await tip.isVisible()).toBe(false);
      const { x, y } = await markOn(page, id);
      await page.mouse.move(x, y);
      await tip.waitFor({ state: 'visible' });
      const told = await tip.textContent();
      expect(told).toMatch(/^Turn 4 read 0 of /);
      expect(told).toContain('system[0].text was changed, from byte');
      expect(told).toContain('Today is Monday.');
      expect(told).toContain('Today is Tuesday.');
      await page.mouse.move(0, 0);
      await tip.waitFor({ state: 'hidden' });
    }
    expect(await page.locator('#breaks').textContent()).toContain('system[0].text was changed');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('hostile names run nothing, on the page or in a tip', async () => {
    const path = await reportOn(
      await brokenStore(HOSTILE, ['Monday', '</script><img src=x onerror=alert(3)>']),
      '--by',
      'session',
      '--explain',
      '--advise',
    );
    const { page, complaints } = await openPage(browser, path);
    const { x, y } = await markOn(page, 'cost');
    await page.mouse.move(x, y);
    await page.locator('#cost + .tip').waitFor({ state: 'visible' });
    expect(await page.locator('#cost + .tip').textContent()).toContain('</script><img src=x onerror=alert(3)>');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('#groups').textContent()).toContain('</script><img src=x onerror=alert(1)>');
    expect(complaints).toEqual([]);
    // What should have come in all the same could not run.
    const script = "document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = 1' }))";
    await page.evaluate(script);
    expect(await page.evaluate('window.ran')).toBeUndefined();
    await page.close();
  });

  test('it is legible in light, in dark and on paper', async () => {
    const path = await reportOn(await sampleStore([{ id: 'one', turns: [FIRST, SECOND] }]));
    const { page } = await openPage(browser, path);
    const looks = [
      [{ colorScheme: 'light', media: 'screen' }, false],
      [{ colorScheme: 'dark', media: 'screen' }, true],
      [{ colorScheme: 'dark', media: 'print' }, false],
    ] as const;
    for (const [look, isDark] of looks) {
      await page.emulateMedia(look);
      const ground = await colourOf(page, 'ground');
      expect(luminance(ground) < 0.1).toBe(isDark);
      for (const text of ['ink', 'soft'])
        expect(contrast(await colourOf(page, text), ground)).toBeGreaterThanOrEqual(4.5);
      for (const shape of ['read', 'written', 'fresh', 'paid', 'baseline', 'break']) {
        expect(contrast(await colourOf(page, shape), ground), shape).toBeGreaterThanOrEqual(3);
      }
      // The charts are drawn anew in the colours of the page.
      await lineIsDrawnIn(page, 'cost', await colourOf(page, 'paid'));
    }
    await page.close();
  });

  test('each chart says what it shows, and leads to a table with its numbers', async () => {
    const path = await reportOn(await sampleStore([{ id: 'one', turns: [FIRST, SECOND, UNPRICED] }]));
    const { page } = await openPage(browser, path);
    const charts = page.locator('canvas');
    expect(await charts.count()).toBe(3);
    for (const chart of await charts.all()) {
      expect(await chart.getAttribute('role')).toBe('img');
      expect(await chart.getAttribute('aria-label')).toMatch(/\w{4}/);
    }
    for (const link of await page.locator('figcaption a').all()) {
      const target = page.locator((await link.getAttribute('href')) ?? '');
      expect(await target.locator('tbody tr').count()).toBe(3);
    }
    await page.close();
  });
});
