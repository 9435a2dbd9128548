import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/in-browser.ts';
import { ANSWER, QUESTION } from '../support/moon.ts';

describeInBrowser('the view of a session', (shared) => {
  const say = async (id: string, text: string): Promise<void> => {
    await (await shared.service.client.sessions.send(id, { content: [{ type: 'text', text }] })).outcome();
  };
  const turnsOf = (id: string) => Array.fromAsync(shared.service.client.sessions.turns(id));

  it('has its turns as bars that are picked by keyboard, each with its ledger row and marks', async () => {
    const id = await shared.service.ask(QUESTION);
    const turns = await turnsOf(id);
    const page = await shared.read(`/sessions/${id}`);
    const bars = page.getByRole('listbox', { name: 'Turns' });
    await bars.focus();
    await page.keyboard.press('Home');
    const detail = page.getByRole('region', { name: 'Turn 1', exact: true });
    await detail.getByText(`${turns[0]?.responseId}`, { exact: true }).waitFor();
    await detail.getByText(`${turns[0]?.tokens.output} tokens`, { exact: true }).waitFor();
    await detail.getByRole('heading', { name: 'Cache marks' }).waitFor();
    expect(await chosen(page)).toMatch(/^Turn 1, .* fresh, .* read, .* written, \d+ output tokens/);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('region', { name: 'Turn 2', exact: true }).waitFor();
    await page.keyboard.press('End');
    const last = page.getByRole('region', { name: `Turn ${turns.length}`, exact: true });
    await last.waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.turn-detail:focus').waitFor();
    expect(await page.getByRole('option').count()).toBe(turns.length);
  });

  it('marks where the cache broke, says what that cost, and leads from the answer to its numbers', async () => {
    const id = await shared.service.ask(QUESTION);
    shared.service.forget();
    await say(id, 'And the sun?');
    const { breaks } = await shared.service.client.sessions.explanation(id);
    const broken = breaks.at(-1);
    expect(broken?.missedTokens).toBeGreaterThan(0);
    const page = await shared.read(`/sessions/${id}`);
    await page
      .getByRole('option', { name: /The cache broke here/ })
      .last()
      .waitFor();
    await page.getByRole('button', { name: /Earlier break/ }).click();
    await page
      .getByRole('region', { name: `Turn ${broken?.turn}` })
      .getByText('The cache broke here')
      .waitFor();
    await page.getByRole('log').getByRole('button', { name: 'Its numbers' }).first().click();
    await page.getByRole('region', { name: 'Turn 1', exact: true }).waitFor();
    expect(await page.getByRole('link', { name: /another policy/ }).getAttribute('href')).toBe(`/money?session=${id}`);
  });

  it('shows of a call what running it twice would do, why it failed, what it drew, and that it waits', async () => {
    const id = await shared.service.ask('Read a file that is missing');
    await say(id, 'Draw how long the files are');
    await say(id, 'Note down: the moon is made of stone');
    const log = (await shared.read(`/sessions/${id}`)).getByRole('log');
    const call = (name: string) => log.locator('details.call', { hasText: name });
    await call('read_file').getByText('failed', { exact: true }).waitFor();
    await call('read_file').locator('.why', { hasText: 'there-is-no-such-file.md' }).waitFor();
    await call('read_file').getByText('pure', { exact: true }).waitFor();
    await call('read_file')
      .getByText(/\d m?s$/)
      .waitFor();
    await call('note_down').getByText('waits for approval', { exact: true }).waitFor();
    await call('draw_lengths').locator('summary').click();
    await call('draw_lengths').getByRole('img').waitFor();
  });

  it('asks for a session at rest with one request at a time, and not while nobody looks', async () => {
    const id = await shared.service.ask(QUESTION);
    const page = await shared.read('/talk');
    await page.clock.install();
    await page.goto(`/sessions/${id}`);
    await page.getByRole('log').getByText(ANSWER).waitFor();
    await page.getByRole('heading', { name: 'Warm until' }).waitFor();
    const asked = requestsOf(page, `/sessions/${id}`);
    await page.clock.runFor(2500);
    await expect.poll(() => new Set(asked)).toEqual(new Set([`GET /v1/sessions/${id}`]));
    await look(page, 'away');
    const { length } = asked;
    await page.clock.runFor(60_000);
    await say(id, 'And the sun?');
    expect(asked).toHaveLength(length);
    await look(page, 'again');
    await page.getByRole('log').getByText('And the sun?').waitFor();
  });

  it('reads on from the last turn it knows when the session has gone on, for its bars as for its tree', async () => {
    const id = await shared.service.ask(QUESTION);
    const turns = `GET /v1/sessions/${id}/turns`;
    const page = await shared.read(`/sessions/${id}`);
    const goOnUnseen = async (shown: (turn: number) => Locator) => {
      const { length: known } = await turnsOf(id);
      await shown(known).waitFor();
      await look(page, 'away');
      const asked = requestsOf(page, `/sessions/${id}/turns`);
      await say(id, 'And the sun?');
      await look(page, 'again');
      await shown((await turnsOf(id)).length).waitFor();
      return { known, asked };
    };
    const bars = await goOnUnseen((turn) => page.getByRole('option', { name: `Turn ${turn},` }));
    expect(bars.asked).toEqual([`${turns}?limit=1000&after=${bars.known - 1}`]);
    await page.getByRole('button', { name: 'Tree' }).click();
    const tree = await goOnUnseen((turn) => page.getByRole('button', { name: `Go back to snapshot of turn ${turn}` }));
    expect(tree.asked).toEqual([
      `${turns}?limit=1000&scope=lifetime&after=${tree.known}`,
      `${turns}?before=end&limit=1`,
    ]);
  });

  it('says once that there is no such session, and does not go on asking', async () => {
    const page = await shared.read('/talk');
    await page.clock.install();
    shared.expectComplaint('status of 404');
    const asked = requestsOf(page, '/sessions/nothing');
    await page.goto('/sessions/nothing');
    await page.getByRole('heading', { name: 'There is no such session' }).waitFor();
    await page.clock.runFor(60_000);
    expect(asked).toHaveLength(1);
  });

  it('says that the service does not answer, keeps what it has, and loses nothing when it is back', async () => {
    const id = await shared.service.ask(QUESTION);
    const page = await shared.read(`/sessions/${id}`);
    await page.getByRole('log').getByText(ANSWER).waitFor();
    shared.expectComplaint('ERR_INTERNET_DISCONNECTED');
    await page.context().setOffline(true);
    const notice = page.getByText('The service does not answer');
    await notice.waitFor();
    await page.getByRole('log').getByText(ANSWER).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await say(id, 'And the sun?');
    await page.context().setOffline(false);
    await page.getByRole('log').getByText('And the sun?').waitFor();
    await notice.waitFor({ state: 'detached' });
  });
});

/** The words of the bar that is chosen. */
function chosen(page: Page): Promise<string | null> {
  return page.getByRole('option', { selected: true }).getAttribute('aria-label');
}

/** What the page asks from now on at addresses that hold this. */
function requestsOf(page: Page, part: string): readonly string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith('/v1/') && pathname.includes(part)) asked.push(`${request.method()} ${pathname}${search}`);
  });
  return asked;
}

/** Has the page believe that its reader looks at another one, or at it again. */
function look(page: Page, where: 'again' | 'away'): Promise<unknown> {
  return page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${where === 'away'} });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}
