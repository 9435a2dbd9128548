import { describe, expect, it } from 'vitest';
import { runDemo } from './support/run-demo.ts';
import { ask, readRun, startServing } from './support/serving.ts';
import { tempFolder } from './support/temp-folder.ts';

const TIMEOUT = 60_000;
const FILES = { 'a.md': 'The moon is made of stone, and not of cheese as some may say.' };
const QUESTION = 'What is the moon made of?';

describe('serving', { timeout: TIMEOUT }, () => {
  it('answers a client, and ends cleanly when it is told to', async () => {
    const demo = await startServing(tempFolder(FILES));
    const run = await readRun(await ask(demo.url, 'moon', QUESTION));
    expect([run.types[0], run.types.at(-1), run.end?.['reason']]).toEqual(['run-start', 'run-end', 'end-turn']);
    expect(run.numbers).toEqual(run.numbers.map((_, index) => index + 1));
    expect(String(run.end?.['text'])).toContain('> a.md:1: The moon is made of stone');
    expect(await demo.stop()).toBe(0);
    expect(demo.output()).toContain('Stopped.');
  });

  it('goes on with a run that it was stopped in', async () => {
    const folder = tempFolder(FILES);
    const first = await startServing(folder);
    const begun = await readRun(await ask(first.url, 'moon', QUESTION), 'turn-end');
    expect(begun.end).toBeUndefined();
    expect(await first.stop()).toBe(0);

    const second = await startServing(folder);
    const runs = JSON.parse(await (await fetch(`${second.url}/v1/sessions/moon/runs`)).text());
    const [{ id }] = runs.items;
    const run = await readRun(await fetch(`${second.url}/v1/sessions/moon/runs/${id}/events`));
    expect(run.numbers).toEqual(run.numbers.map((_, index) => index + 1));
    expect([run.types.includes('run-resumed'), run.end?.['reason']]).toEqual([true, 'end-turn']);
  });

  it('asks who comes when it has a token', async () => {
    const token = 'a-token-for-a-test';
    const demo = await startServing(tempFolder(FILES), [], { REPRISE_TOKEN: token });
    expect((await ask(demo.url, 'moon', QUESTION)).status).toBe(401);
    expect((await ask(demo.url, 'moon', QUESTION, { authorization: `Bearer ${token}` })).status).toBe(200);
    expect(demo.output()).not.toContain(token);
  });
});

describe('serve refuses', { timeout: TIMEOUT }, () => {
  it.each([
    ['to be reached from elsewhere without a token', ['--host', '0.0.0.0'], /--token/],
    ['workers on a file', ['--workers', '2', '--store', 'sessions.db'], /PostgreSQL.*--store postgres:/],
    ['a port that is none', ['--port', '70000'], /--port.*whole number from 0 to 65535/],
    ['a folder that is not there', ['--dir', 'nowhere'], /no such folder: nowhere/],
    [
      'a database that is not there',
      ['--store', 'postgres://me:secret-word@127.0.0.1:1/x'],
      /Postgres.*does not answer/,
    ],
  ])('%s', async (_what, args, message) => {
    const run = await runDemo(['serve', ...args], { cwd: tempFolder(FILES) });
    expect([run.code, run.stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(run.stderr).not.toContain('secret-word');
  });

  it('a port that is taken', async () => {
    const demo = await startServing(tempFolder(FILES));
    const { port } = new URL(demo.url);
    const run = await runDemo(['serve', '--port', port], { cwd: tempFolder(FILES) });
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(`Port ${port} of 127.0.0.1 cannot be had`)]);
  });
});
