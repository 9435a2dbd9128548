import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { moneyText } from '../../src/dashboard/data/format.ts';
import { describeInBrowser } from '../support/in-browser.ts';
import { QUESTION } from '../support/moon.ts';

const MODEL = 'claude-opus-5';

describeInBrowser('the money view in a browser', (shared) => {
  let moon: string;
  beforeAll(async () => {
    moon = await shared.service.ask(QUESTION);
    await shared.service.ask('What is the sun made of?');
  });

  it('shows a period, a model and a session, in the address too, and saves exactly that', async () => {
    const { client } = shared.service;
    const all = (await client.statement({ by: 'session' })).total;
    const page = await shared.read('/money');
    await expectPaid(page, all.money?.paidPicoUsd);
    expect(await figure(page, 'Without the cache').textContent()).toBe(moneyText(all.money?.baselinePicoUsd));
    expect(await figure(page, 'Turns').textContent()).toBe(`${all.turnCount}`);

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
    const { total } = await client.statement({ sessions: [moon] });
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
  });

  it('compares plans for a session, marks what was in use, and says what that takes for granted', async () => {
    const page = await shared.read(`/money?session=${moon}`);
    const plans = page.getByRole('region', { name: 'What other plans would have cost' });
    const inUse = plans.getByRole('row', { name: /in use/ });
    const told = await shared.service.client.sessions.whatIf(moon);
    expect(await inUse.getByRole('cell').first().textContent()).toBe(moneyText(told.reportedPicoUsd));
    const none = plans.getByRole('row', { name: /^no cache/ });
    expect(await none.getByRole('cell').nth(0).textContent()).toBe(moneyText(told.noCache.paidPicoUsd));
    expect(await none.getByRole('cell').nth(1).textContent()).toBe(`+${moneyText(told.noCache.differencePicoUsd)}`);
    expect(await plans.getByRole('row').count()).toBe(told.rows.length + 3);
    expect(await plans.getByText('recommended').count()).toBe(1);
    for (const assumption of told.assumptions) await plans.getByText(assumption).waitFor();
    await page.getByRole('link', { name: 'Open the session' }).click();
    await page.waitForURL(`**/sessions/${moon}`);
  });
});

function choice(page: Page, name: string): Locator {
  return page.getByRole('combobox', { name, exact: true });
}

/** What stands below a name among the totals. */
function figure(page: Page, name: string): Locator {
  return page.getByRole('region', { name: 'Totals' }).locator('dt', { hasText: name }).locator('+ dd');
}

async function expectPaid(page: Page, picoUsd: string | undefined): Promise<void> {
  await expect.poll(() => figure(page, 'Paid').textContent()).toBe(moneyText(picoUsd));
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
