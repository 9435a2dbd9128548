import { createClient, type ServiceClient } from '@reprise/service/client';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { openFrontDoor } from '../../src/serve/front-door.ts';
import { startDashboardService } from '../support/dashboard-service.ts';
import { describeInBrowser } from '../support/in-browser.ts';
import { ANSWER, FILES, QUESTION } from '../support/moon.ts';
import { startServing } from '../support/serving.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Of one red pixel. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
);

/** Notes how often the page shows at once what the librarian says first. */
const COUNT_GREETINGS = `
  globalThis.mostGreetings = 0;
  new MutationObserver(() => {
    const shown = (document.querySelector('[role=log]')?.textContent ?? '').split('Let me see').length - 1;
    globalThis.mostGreetings = Math.max(globalThis.mostGreetings, shown);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });`;

describeInBrowser('talking in a browser', (shared) => {
  /** A session that is begun on a page of its own, at words of this pace. */
  const begin = async (wordMs: number): Promise<Page> => {
    shared.service.speak(wordMs);
    const page = await shared.read('/talk');
    await say(page, QUESTION);
    await page.waitForURL(/\/sessions\//);
    return page;
  };

  it('starts a session, and the answer streams into it', async () => {
    const page = await begin(20);
    const log = page.getByRole('log');
    await log.getByLabel('Answer, being written').first().waitFor();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await log.getByText(ANSWER).waitFor();
    await isIdle(page);
    await expectWhole(page, shared.service.client);
  });

  it('loses and doubles nothing over a reload in mid-stream, and shows two tabs the same', async () => {
    const page = await begin(150);
    await page.getByRole('log').getByText('list_files').waitFor();
    const other = await shared.read(new URL(page.url()).pathname);
    await page.reload();
    await Promise.all([page, other].map((tab) => tab.getByLabel('Answer, being written').waitFor()));
    for (const tab of [page, other]) expect(await tab.getByLabel('Said', { exact: true }).count()).toBe(1);
    shared.service.speak(0);
    for (const tab of [page, other]) {
      await tab.getByRole('log').getByText(ANSWER).waitFor();
      await isIdle(tab);
      await expectWhole(tab, shared.service.client);
    }
  });

  it('steers the run that goes, and shows what was said to it', async () => {
    const page = await begin(150);
    const log = page.getByRole('log');
    await log.getByText('list_files').waitFor();
    await say(page, 'Rather: what is the sun made of?');
    await expect.poll(() => page.getByLabel('Message', { exact: true }).inputValue()).toBe('');
    shared.service.speak(0);
    await log.getByText('sun.md:1: The sun is made of plasma').waitFor();
    await isIdle(page);
    expect(await log.getByRole('article', { name: /^Said/ }).allTextContents()).toEqual([
      QUESTION,
      'Rather: what is the sun made of?',
    ]);
    const runs = await Array.fromAsync(shared.service.client.sessions.runs(idOf(page)));
    expect(runs.map(({ outcome }) => outcome?.reason)).toEqual(['steered', 'end-turn']);
  });

  it('stops a run, keeps what was written, and goes on with the next message', async () => {
    const page = await begin(150);
    const log = page.getByRole('log');
    await log.getByLabel('Answer, being written').getByText('Let me see').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await isIdle(page);
    await log.getByLabel('Answer', { exact: true }).getByText('Let me see').waitFor();
    const [run] = await Array.fromAsync(shared.service.client.sessions.runs(idOf(page)));
    expect(run).toMatchObject({ state: 'ended', outcome: { reason: 'aborted' } });
    shared.service.speak(0);
    await say(page, QUESTION);
    await log.getByText(ANSWER).waitFor();
    await isIdle(page);
  });

  it('sends a picture, and shows it', async () => {
    const page = await shared.read('/talk');
    await page.getByLabel('Attach').setInputFiles({ name: 'moon.png', mimeType: 'image/png', buffer: PICTURE });
    await page.getByText('moon.png').waitFor();
    await say(page, QUESTION);
    await page.waitForURL(/\/sessions\//);
    await page.getByRole('log').getByText(ANSWER).waitFor();
    await isIdle(page);
    await page.reload();
    const picture = page.getByRole('log').getByLabel('Said', { exact: true }).getByRole('img');
    await picture.waitFor();
    expect(await page.evaluate("document.querySelector('[role=log] img').naturalWidth")).toBe(1);
    const [said] = await Array.fromAsync(shared.service.client.sessions.messages(idOf(page)));
    expect(said?.message.content[0]).toMatchObject({ type: 'image', data: PICTURE.toString('base64') });
  });

  it('asks for a token, for another one when it has expired, and goes on where it was', async () => {
    const tokens = new Set(['the-first-token']);
    const auth = (request: Request) => {
      const [, token = ''] = /^Bearer (.*)$/.exec(request.headers.get('authorization') ?? '') ?? [];
      return tokens.has(token) ? { tenant: 'local', isOperator: true } : undefined;
    };
    const service = await startDashboardService(FILES, shared.pageFolder, { auth, token: 'the-first-token' });
    onTestFinished(() => service.close());
    const page = await shared.read('/talk', { baseURL: service.url });
    shared.expectComplaint('status of 401');
    const give = async (token: string) => {
      await page.getByLabel('Token').fill(token);
      await page.getByRole('button', { name: 'Go on' }).click();
    };
    await give('a-wrong-token');
    await page.getByText('Nobody is known by the token').waitFor();
    await give('the-first-token');
    service.speak(300);
    await say(page, QUESTION);
    await page.waitForURL(/\/sessions\//);
    await page.getByRole('log').getByText('list_files').waitFor();

    tokens.clear();
    await page.reload();
    await page.getByText('Nobody is known by the token').waitFor();
    service.speak(0);
    tokens.add('the-second-token').add('the-first-token');
    await give('the-second-token');
    await page.getByRole('log').getByText(ANSWER).waitFor();
    await isIdle(page);
    await expectWhole(page, service.client);
    expect(page.url()).not.toContain('token');
  });

  it('goes on when the process that does the run is killed in mid-stream, and shows each thing once (N-15)', async () => {
    const demo = await startServing(tempFolder(FILES), ['--workers', '2', '--concurrency', '1']);
    const [, pid] = await demo.said(/Worker 1 \(process (\d+)\) is ready/);
    await demo.said(/Worker 2 \(process \d+\) is ready/);
    const client = createClient(demo.url);
    // The page as it is now, before the service as it runs.
    const door = await openFrontDoor({ host: '127.0.0.1', port: 0, page: shared.pageFolder }, ahead(demo.url));
    onTestFinished(() => door.close());
    // Each worker does one of them, as it does one at once.
    const tabs = await Promise.all([0, 1].map(() => shared.read('/talk', { baseURL: door.url })));
    for (const tab of tabs) {
      await tab.evaluate(COUNT_GREETINGS);
      await say(tab, QUESTION);
    }
    // The call, and not the words of an answer that has come so far.
    const call = { hasText: /^list_files$/ };
    await Promise.all(tabs.map((tab) => tab.getByRole('log').locator('code', call).waitFor()));
    process.kill(Number(pid), 'SIGKILL');
    for (const tab of tabs) {
      await tab.getByRole('log').getByText(ANSWER).waitFor();
      await isIdle(tab);
      await expectWhole(tab, client);
      expect(await tab.evaluate('globalThis.mostGreetings')).toBe(1);
    }
    const runs = (await Promise.all(tabs.map((tab) => Array.fromAsync(client.sessions.runs(idOf(tab)))))).flat();
    expect(runs.map(({ outcome }) => outcome?.reason)).toEqual(['end-turn', 'end-turn']);
    // The other process was let be.
    expect(runs.map(({ attempt }) => attempt).toSorted()).toEqual([1, 2]);
  });
});

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

async function isIdle(page: Page): Promise<void> {
  await page.getByText('idle', { exact: true }).waitFor();
}

function idOf(page: Page): string {
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

/** Each message of the session stands on the page once, and nothing else does. */
async function expectWhole(page: Page, client: ServiceClient): Promise<void> {
  const messages = await Array.fromAsync(client.sessions.messages(idOf(page)));
  const count = (role: string) => messages.filter(({ message }) => message.role === role).length;
  const log = page.getByRole('log');
  await expect.poll(() => log.getByLabel('Answer', { exact: true }).count()).toBe(count('assistant'));
  expect(await log.getByLabel('Said', { exact: true }).count()).toBe(count('user'));
  expect(await log.getByText(ANSWER).count()).toBe(1);
}

/** Passes on what is asked to a service elsewhere, which would refuse what a page of another place sends. */
function ahead(serviceUrl: string): (request: Request) => Promise<Response> {
  return (request) => {
    const { pathname, search } = new URL(request.url);
    const passedOn = new Request(new URL(pathname + search, serviceUrl), request);
    passedOn.headers.delete('origin');
    return fetch(passedOn);
  };
}
