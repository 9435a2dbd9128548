import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/in-browser.ts';
import { ANSWER, QUESTION } from '../support/moon.ts';

describeInBrowser('the dashboard in a browser', (shared) => {
  it('lists what is there, finds by prompt, and says when nothing is found', async () => {
    const page = await shared.read('/');
    await page.getByText('No sessions yet').waitFor();
    const moon = await shared.service.ask(QUESTION);
    await shared.service.ask('What is the sun made of?');
    await page.getByRole('link', { name: QUESTION }).waitFor();
    expect(await page.getByRole('table').getByRole('row').count()).toBe(3);

    await page.getByRole('searchbox').fill('moon');
    await page.waitForURL(/search=moon/);
    await expect.poll(() => page.getByRole('table').getByRole('row').count()).toBe(2);
    expect(await page.getByRole('rowheader').textContent()).toBe(`${QUESTION}${moon}`);
    await page.getByRole('searchbox').fill('nobody has said this');
    await page.getByText('Nothing found for').waitFor();
  });

  it('says that a view cannot be loaded, and shows the others', async () => {
    const page = await shared.read('/talk');
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await page.route('**/assets/approvals-*', (route) => route.abort());
    shared.expectComplaint(/ERR_FAILED|preload CSS|dynamically imported module/);
    await page.getByRole('link', { name: 'Approvals' }).click();
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
    await page.getByRole('link', { name: 'Talk' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await page.unroute('**/assets/approvals-*');
    await page.getByRole('link', { name: 'Approvals' }).click();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Nothing waits').waitFor();
  });

  it('decides on a call in one browser, and the other agrees', async () => {
    const id = await shared.service.ask(QUESTION, 'asking-librarian');
    const [one, other] = [await shared.read('/approvals'), await shared.read('/approvals')];
    for (const page of [one, other]) await page.getByRole('article').getByText('{"path":"moon.md"}').waitFor();
    await one.getByRole('link', { name: 'Approvals 1 waiting' }).waitFor();
    // The other is slower to hear of it than its reader is to decide.
    await other.route('**/v1/approvals*', () => {});
    await one.getByLabel('Reason for a refusal').fill('not this one');
    await one.getByRole('button', { name: 'Refuse' }).click();
    await one.getByText(/^read_file is refused/).waitFor();
    await one.getByRole('article').getByText('{"path":"moon.md"}').waitFor({ state: 'detached' });
    await other.getByRole('button', { name: 'Approve' }).click();
    await other.getByText(/^read_file was refused.*not this one/).waitFor();
    shared.expectComplaint('status of 409');
    await other.unroute('**/v1/approvals*');
    await other.getByRole('article').getByText('{"path":"moon.md"}').waitFor({ state: 'detached' });
    await expect
      .poll(async () => JSON.stringify(await Array.fromAsync(shared.service.client.sessions.messages(id))))
      .toContain('not this one');
  });

  it('decides where the session is looked at, and the run goes on', async () => {
    const id = await shared.service.ask(QUESTION, 'asking-librarian');
    const [page, onlooker] = [await shared.read(`/sessions/${id}`), await shared.read('/approvals')];
    await onlooker.getByRole('article').getByText('{"path":"moon.md"}').waitFor();
    await page
      .getByRole('article', { name: /^read_file in/ })
      .getByRole('button', { name: 'Approve' })
      .click();
    await page.getByText('idle', { exact: true }).waitFor();
    await page.getByRole('log').getByText(ANSWER).waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await onlooker.getByText(/^read_file was approved\./).waitFor();
    await onlooker.getByRole('article').getByText('{"path":"moon.md"}').waitFor({ state: 'detached' });
  });

  it('shows the sessions in a state, with how many there are, and what one could say', async () => {
    const page = await shared.read('/talk');
    await page.getByRole('button', { name: /^Note down/ }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('article', { name: /^note_down in/ }).waitFor();
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    const { 'waiting-for-approval': count } = await shared.service.client.sessions.count();
    const needsApproval = page.getByRole('button', { name: `needs approval ${count}` });
    await needsApproval.click();
    await page.waitForURL(/state=waiting-for-approval/);
    await expect.poll(() => page.getByRole('rowheader').count()).toBe(count);
    await page.getByRole('link', { name: /^Note down/ }).waitFor();
    await page.getByRole('link', { name: /^Approvals/ }).click();
    await page
      .getByRole('article', { name: /^note_down in/ })
      .getByRole('button', { name: 'Approve' })
      .click();
    await page.getByText('note_down is approved.').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: `needs approval ${count - 1}` }).waitFor();
    await page.getByRole('link', { name: /^Note down/ }).waitFor({ state: 'detached' });
  });

  it('compares two branches by what was said after they part, and keeps a label', async () => {
    const id = await shared.service.ask('Draw how long the files are');
    const { sessions } = shared.service.client;
    const [, root] = await Array.fromAsync(sessions.snapshots(id));
    await (await sessions.send(id, { content: [{ type: 'text', text: 'Read a file that is missing' }] })).outcome();
    await sessions.rewind(id, { snapshotId: root?.id ?? '' });
    const page = await shared.read(`/sessions/${id}`);
    await page.getByRole('button', { name: 'Tree' }).click();
    await page.getByRole('button', { name: 'Go back to snapshot of turn 2', exact: true }).click();
    await page.getByLabel('Label').fill('the picture');
    await page.getByRole('button', { name: 'Save the label' }).click();
    await page.getByText('It is called “the picture” now.').waitFor();
    await page.getByRole('button', { name: 'Stay here' }).click();
    await page.getByRole('button', { name: /^the picture/ }).click();
    await page.getByRole('button', { name: /left by a rewind/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Two branches' });
    await dialog
      .getByRole('region', { name: /missing/ })
      .getByText(/read_file failed: no such file/)
      .waitFor();
    expect(await dialog.getByText('draw_lengths({})').count()).toBe(0);
  });

  it('forks and rewinds from the tree', async () => {
    const id = await shared.service.ask(QUESTION);
    const before = (await shared.service.client.sessions.get(id)).spent.turnCount;
    await (
      await shared.service.client.sessions.send(id, { content: [{ type: 'text', text: 'And the sun?' }] })
    ).outcome();
    const page = await shared.read(`/sessions/${id}`);
    const goBack = async (choice: string) => {
      await page.getByRole('button', { name: 'Tree' }).click();
      await page.getByRole('button', { name: `Go back to snapshot of turn ${before}`, exact: true }).click();
      await page.getByRole('button', { name: choice, exact: true }).click();
    };
    await goBack('Fork');
    await page.waitForURL((url) => !url.pathname.endsWith(id));
    const fork = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    expect((await shared.service.client.sessions.get(fork)).forkedFrom?.session).toBe(id);
    await page.getByRole('log').getByText(ANSWER).waitFor();

    await page.goto(`/sessions/${id}`);
    await page.getByRole('log').getByText('And the sun?').waitFor();
    await goBack('Rewind');
    await page.getByText('left by a rewind').waitFor();
    await page.getByRole('log').getByText('And the sun?').waitFor({ state: 'detached' });
    expect(await Array.fromAsync(shared.service.client.sessions.turns(id))).toHaveLength(before);
  });
});
