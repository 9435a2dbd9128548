import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NO_BROWSER, openBrowser, openReader, type Reader } from '../support/browser.ts';
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
const QUESTION = 'What is the moon made of?';
/** As the answer quotes it, and no tool shows it. */
const ANSWER = 'moon.md:1: The moon is made of stone';
const TIMEOUT = 60_000;

const why = NO_BROWSER === undefined ? '' : ` (skipped: ${NO_BROWSER})`;

describe.skipIf(NO_BROWSER)(`the dashboard in a browser${why}`, { timeout: TIMEOUT }, () => {
  let built: BuiltPage;
  let browser: Browser;
  let service: DashboardService;
  const readers: Reader[] = [];
  const expected: string[] = [];
  const read = async (path: string): Promise<Page> => {
    const reader = await openReader(browser, service.url);
    readers.push(reader);
    await reader.page.goto(path);
    return reader.page;
  };
  beforeAll(async () => {
    [built, browser] = await Promise.all([buildPage(), openBrowser()]);
    service = await startDashboardService(FILES, built.folder);
  }, TIMEOUT);
  afterEach(async () => {
    service.speak(0);
    const complaints = readers.flatMap((reader) => reader.complaints);
    await Promise.all(readers.splice(0).map(({ page }) => page.context().close()));
    expect(complaints).toEqual(expected.splice(0));
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    built?.remove();
  });

  it('lists what is there, finds by prompt, and says when nothing is found', async () => {
    const page = await read('/');
    await page.getByText('No sessions yet').waitFor();
    const moon = await service.ask(QUESTION);
    await service.ask('What is the sun made of?');
    await page.getByRole('link', { name: QUESTION }).waitFor();
    expect(await page.getByRole('table').getByRole('row').count()).toBe(3);

    await page.getByRole('searchbox').fill('moon');
    await page.waitForURL(/search=moon/);
    await expect.poll(() => page.getByRole('table').getByRole('row').count()).toBe(2);
    expect(await page.getByRole('rowheader').textContent()).toBe(`${QUESTION}${moon}`);
    await page.getByRole('searchbox').fill('nobody has said this');
    await page.getByText('Nothing found for').waitFor();
  });

  it('starts a session, and the answer streams into it', async () => {
    service.speak(20);
    const page = await read('/talk');
    await page.getByLabel('Message', { exact: true }).fill(QUESTION);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/sessions\//);
    const log = page.getByRole('log');
    await log.getByLabel('Answer, being written').first().waitFor();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await log.getByText(ANSWER).waitFor();
    await page.getByText('idle', { exact: true }).waitFor();
    await expectWhole(page, service);
  });

  it('loses and doubles nothing over a reload in mid-stream, and shows two tabs the same', async () => {
    service.speak(300);
    const page = await read('/talk');
    await page.getByLabel('Message', { exact: true }).fill(QUESTION);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForURL(/\/sessions\//);
    await page.getByRole('log').getByText('list_files').waitFor();
    const other = await read(new URL(page.url()).pathname);
    await page.reload();
    await Promise.all([page, other].map((tab) => tab.getByLabel('Answer, being written').waitFor()));
    for (const tab of [page, other]) expect(await tab.getByLabel('Said', { exact: true }).count()).toBe(1);
    service.speak(0);
    for (const tab of [page, other]) {
      await tab.getByRole('log').getByText(ANSWER).waitFor();
      await tab.getByText('idle', { exact: true }).waitFor();
      await expectWhole(tab, service);
    }
  });

  it('decides on a call in one browser, and the other agrees', async () => {
    const id = await service.ask(QUESTION, 'asking-librarian');
    const [one, other] = [await read('/approvals'), await read('/approvals')];
    for (const page of [one, other]) await page.getByRole('article').getByText('{"path":"moon.md"}').waitFor();
    await one.getByRole('link', { name: 'Approvals 1 waiting' }).waitFor();
    // The other is slower to hear of it than its reader is to decide.
    await other.route('**/v1/sessions?*', () => {});
    await one.getByLabel('Reason for a refusal').fill('not this one');
    await one.getByRole('button', { name: 'Refuse' }).click();
    await one.getByText('read_file is refused.').waitFor();
    await one.getByRole('article').getByText('{"path":"moon.md"}').waitFor({ state: 'detached' });
    await other.getByRole('button', { name: 'Approve' }).click();
    await expect.poll(() => other.getByRole('status').first().textContent()).toMatch(/decided|waits/);
    expected.push('error: Failed to load resource: the server responded with a status of 409 (Conflict)');
    await other.unroute('**/v1/sessions?*');
    await other.getByRole('article').getByText('{"path":"moon.md"}').waitFor({ state: 'detached' });
    await expect
      .poll(async () => JSON.stringify(await Array.fromAsync(service.client.sessions.messages(id))))
      .toContain('not this one');
  });

  it('decides where the session is looked at, and the run goes on', async () => {
    const id = await service.ask(QUESTION, 'asking-librarian');
    const page = await read(`/sessions/${id}`);
    await page
      .getByRole('article', { name: /^read_file in/ })
      .getByRole('button', { name: 'Approve' })
      .click();
    await page.getByText('idle', { exact: true }).waitFor();
    await page.getByRole('log').getByText(ANSWER).waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
  });

  it('forks and rewinds from the tree', async () => {
    const id = await service.ask(QUESTION);
    const before = (await service.client.sessions.get(id)).spent.turnCount;
    await (await service.client.sessions.send(id, { content: [{ type: 'text', text: 'And the sun?' }] })).outcome();
    const page = await read(`/sessions/${id}`);
    const goBack = async (choice: string) => {
      await page.getByRole('button', { name: 'Tree' }).click();
      await page.getByRole('button', { name: `Go back to snapshot of turn ${before}`, exact: true }).click();
      await page.getByRole('button', { name: choice, exact: true }).click();
    };
    await goBack('Fork');
    await page.waitForURL((url) => !url.pathname.endsWith(id));
    const fork = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    expect((await service.client.sessions.get(fork)).forkedFrom?.session).toBe(id);
    await page.getByRole('log').getByText(ANSWER).waitFor();

    await page.goto(`/sessions/${id}`);
    await page.getByRole('log').getByText('And the sun?').waitFor();
    await goBack('Rewind');
    await page.getByText('left by a rewind').waitFor();
    await page.getByRole('log').getByText('And the sun?').waitFor({ state: 'detached' });
    expect(await Array.fromAsync(service.client.sessions.turns(id))).toHaveLength(before);
  });

  it('shows a turn that is picked by keyboard, with its ledger row and marks', async () => {
    const id = await service.ask(QUESTION);
    const page = await read(`/sessions/${id}`);
    await page.getByRole('heading', { name: /^Turn \d/ }).waitFor();
    await page.locator('.turn-list button').first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Turn 1', exact: true }).waitFor();
    const [turn] = await Array.fromAsync(service.client.sessions.turns(id));
    const detail = page.getByRole('region', { name: 'Turn 1' });
    await detail.getByText(`${turn?.responseId}`, { exact: true }).waitFor();
    await detail.getByText(`${turn?.tokens.output} tokens`, { exact: true }).waitFor();
  });

  it('shows the sums that the service gives, and saves them as a file', async () => {
    await service.ask(QUESTION);
    const page = await read('/money');
    const totals = page.getByRole('region', { name: 'Totals' });
    await totals.waitFor();
    const { total } = await service.client.statement({ by: 'day' });
    const shown = async (name: string) =>
      Number((await totals.locator('dt', { hasText: name }).first().locator('+ dd').textContent())?.replace('$', ''));
    expect(await shown('Paid')).toBeCloseTo(Number(total.covered.money.paidPicoUsd) / 1e12, 3);
    expect(await shown('Without the cache')).toBeCloseTo(Number(total.covered.money.baselinePicoUsd) / 1e12, 3);
    expect(await shown('Turns')).toBe(total.turnCount);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    expect(readFileSync(await (await saved).path(), 'utf8').split('\n').length).toBeGreaterThan(1);
  });
});

describe.skipIf(NO_BROWSER)(`a service with tokens${why}`, { timeout: TIMEOUT }, () => {
  it('is asked with the token that its reader gives, and with no other', async () => {
    const token = 'a-token-for-a-test';
    const [built, browser] = await Promise.all([buildPage(), openBrowser()]);
    const auth = { tokens: { operator: { token, tenant: 'local', isOperator: true } } };
    const service = await startDashboardService(FILES, built.folder, { auth, token });
    try {
      const { page } = await openReader(browser, service.url);
      await page.goto('/');
      const give = async (text: string) => {
        await page.getByLabel('Token').fill(text);
        await page.getByRole('button', { name: 'Go on' }).click();
      };
      await give('a-wrong-token');
      await page.getByText('Nobody is known by the token').waitFor();
      await give(token);
      await page.getByText('No sessions yet').waitFor();
      await page.reload();
      await page.getByText('No sessions yet').waitFor();
      expect(page.url()).not.toContain(token);
    } finally {
      await browser.close();
      await service.close();
      built.remove();
    }
  });
});

/** Each message of the session stands on the page once, and nothing else does. */
async function expectWhole(page: Page, { client }: DashboardService): Promise<void> {
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const messages = await Array.fromAsync(client.sessions.messages(id));
  const count = (role: string) => messages.filter(({ message }) => message.role === role).length;
  const log = page.getByRole('log');
  await expect.poll(() => log.getByLabel('Answer', { exact: true }).count()).toBe(count('assistant'));
  expect(await log.getByLabel('Said', { exact: true }).count()).toBe(count('user'));
  expect(await log.getByText(ANSWER).count()).toBe(1);
}
