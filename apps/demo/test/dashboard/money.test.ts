import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moneyText } from '../../src/dashboard/data/format.ts';
import { NO_BROWSER, openBrowser, openReader } from '../support/browser.ts';
import {
  type BuiltPage,
  buildPage,
  type DashboardService,
  startDashboardService,
} from '../support/dashboard-service.ts';

const TIMEOUT = 60_000;
const MODEL = 'claude-opus-5';

const why = NO_BROWSER === undefined ? '' : ` (skipped: ${NO_BROWSER})`;

describe.skipIf(NO_BROWSER)(`the money view in a browser${why}`, { timeout: TIMEOUT }, () => {
  let built: BuiltPage;
  let browser: Browser;
  let service: DashboardService;
  let moon: string;
  beforeAll(async () => {
    [built, browser] = await Promise.all([buildPage(), openBrowser()]);
    service = await startDashboardService({ 'moon.md': 'The moon is made of stone.' }, built.folder);
    moon = await service.ask('What is the moon made of?');
    await service.ask('What is the sun made of?');
  }, TIMEOUT);
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    built?.remove();
  });

  it('shows a period, a model and a session, in the address too, and saves exactly that', async () => {
    const { page, complaints } = await openReader(browser, service.url);
    const all = (await service.client.statement({ by: 'session' })).total;
    await page.goto('/money');
    await expectPaid(page, all.money?.paidPicoUsd);

    await choice(page, 'Time').selectOption('today');
    await choice(page, 'Model').selectOption(MODEL);
    await choice(page, 'By').selectOption('session');
    await page.waitForURL('**/money?by=session&range=today&model=claude-opus-5');
    const table = page.getByRole('table', { name: 'Cost and savings by session' });
    await expect.poll(() => table.getByRole('row').count()).toBe(3);
    await expectPaid(page, all.money?.paidPicoUsd);
    expect(await paidInCsv(page, 'CSV')).toBe(all.money?.paidPicoUsd);

    await choice(page, 'Session').fill(moon);
    await choice(page, 'Session').press('Enter');
    await page.waitForURL(new RegExp(`session=${moon}`));
    const { total } = await service.client.statement({ sessions: [moon] });
    await expectPaid(page, total.money?.paidPicoUsd);
    expect(await table.getByRole('row').count()).toBe(2);
    expect(await paidInCsv(page, 'CSV')).toBe(total.money?.paidPicoUsd);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'HTML report' }).click();
    expect(readFileSync(await (await saved).path(), 'utf8')).toContain(`${total.turnCount} turns of 1 session`);

    await page.goBack();
    await expectPaid(page, all.money?.paidPicoUsd);
    await page.reload();
    await expectPaid(page, all.money?.paidPicoUsd);
    await choice(page, 'Time').selectOption('days');
    await page.getByLabel('To', { exact: true }).fill('2020-01-01');
    await page.getByText('Nothing was spent').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('compares plans for a session, marks what was in use, and says what that takes for granted', async () => {
    const { page, complaints } = await openReader(browser, service.url);
    await page.goto(`/money?session=${moon}`);
    const plans = page.getByRole('region', { name: 'What other plans would have cost' });
    const inUse = plans.getByRole('row', { name: /in use/ });
    const told = await service.client.sessions.whatIf(moon);
    expect(await inUse.getByRole('cell').first().textContent()).toBe(moneyText(told.reportedPicoUsd));
    const none = plans.getByRole('row', { name: /^no cache/ });
    expect(await none.getByRole('cell').nth(0).textContent()).toBe(moneyText(told.noCache.paidPicoUsd));
    expect(await none.getByRole('cell').nth(1).textContent()).toBe(`+${moneyText(told.noCache.differencePicoUsd)}`);
    expect(await plans.getByRole('row').count()).toBe(told.rows.length + 3);
    expect(await plans.getByText('recommended').count()).toBe(1);
    for (const assumption of told.assumptions) await plans.getByText(assumption).waitFor();
    await page.getByRole('link', { name: 'Open the session' }).click();
    await page.waitForURL(`**/sessions/${moon}`);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

function choice(page: Page, name: string): Locator {
  return page.getByRole('combobox', { name, exact: true });
}

async function expectPaid(page: Page, picoUsd: string | undefined): Promise<void> {
  const figure = page.getByRole('region', { name: 'Totals' }).locator('dt', { hasText: 'Paid' }).locator('+ dd');
  await expect.poll(() => figure.textContent()).toBe(moneyText(picoUsd));
}

/** The sum of what the file says was paid, in picoUsd. */
async function paidInCsv(page: Page, button: string): Promise<string> {
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: button, exact: true }).click();
  const [names = [], ...lines] = readFileSync(await (await saved).path(), 'utf8')
    .trim()
    .split('\r\n')
    .map((line) => line.split(','));
  const at = names.indexOf('paid_usd');
  return `${lines.reduce((sum, cells) => sum + BigInt(Math.round(Number(cells[at]) * 1e12)), 0n)}`;
}
