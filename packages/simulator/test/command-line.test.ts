import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CLAUDE, clientsOf } from './support/simulate.ts';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;

function run(...options: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=reprise-source', MAIN, ...options], {
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output.text += data));
  return { child, output };
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', resolve));
}

/** Resolves once the output holds what is waited for. */
function said(child: ChildProcess, output: { readonly text: string }, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = pattern.exec(output.text);
      if (found) resolve(found);
    };
    child.stdout?.on('data', look);
    child.on('exit', () => reject(new Error(`It ended, having said: ${output.text}`)));
    look();
  });
}

function tempFile(name: string, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-simulator-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const ask = (url: string, content: string) =>
  clientsOf({ url }).anthropic.messages.create({
    model: CLAUDE,
    max_tokens: 99,
    messages: [{ role: 'user', content }],
  });

describe('reprise-simulator', () => {
  test('answers by its rules, fails by its faults, and says so a line a request', async () => {
    const script = tempFile(
      'script.json',
      JSON.stringify([{ when: { lastMessage: 'rain' }, reply: 'No.' }, { reply: 'What?' }]),
    );
    const faults = tempFile('faults.json', JSON.stringify([{ fault: { type: 'status', status: 529 }, times: 1 }]));
    const { child, output } = run('--port', '0', '--script', script, '--faults', faults);
    const [, url = ''] = await said(child, output, /listens on (http:\S+)/);
    await expect(ask(url, 'Rain?')).rejects.toMatchObject({ status: 529 });
    expect((await ask(url, 'Rain?')).content).toMatchObject([{ text: 'No.' }]);
    expect((await ask(`${url}/workspaces/own`, 'Snow?')).content).toMatchObject([{ text: 'What?' }]);
    await said(
      child,
      output,
      / 0 {2}529 .*\n {3}1 {2}200 {2}anthropic\/claude-sonnet-4-6 {2}░+ {2}read 0 · written 0 · fresh \d+/,
    );
    await said(child, output, /in own /);
    child.kill('SIGTERM');
    expect(await exitCode(child)).toBe(0);
  });

  test('counts as the vendor it is told to be, in every workspace', async () => {
    const { child, output } = run('--port', '0', '--usage-profile', 'groq');
    const [, url = ''] = await said(child, output, /listens on (http:\S+)/);
    const { openai } = clientsOf({ url: `${url}/workspaces/own` });
    const answer = await openai.chat.completions.create({ model: 'any', messages: [{ role: 'user', content: 'Hi' }] });
    expect(answer.usage).toHaveProperty('queue_time');
  });

  test('without a script repeats what it was told', async () => {
    const { child, output } = run('--port', '0');
    const [, url = ''] = await said(child, output, /listens on (http:\S+)/);
    expect((await ask(url, 'Hello')).content).toMatchObject([{ text: 'You said: Hello' }]);
  });

  test.each([
    [
      'an address others can reach',
      ['--host', '0.0.0.0'],
      /0\.0\.0\.0 can be reached from other machines; add --allow-remote/,
    ],
    ['a port that is none', ['--port', 'x'], /--port.*whole number/],
    ['a speed of nothing', ['--speed', '0'], /--speed.*above 0/],
    ['a port that no machine has', ['--port', '99999'], /--port.*from 0 to 65535/],
    [
      'a script that is missing',
      ['--script', '/nowhere/s.json'],
      /^error: There is no file \/nowhere\/s\.json for .*\n$/,
    ],
    [
      'faults that are missing',
      ['--faults', '/nowhere/f.json'],
      /^error: There is no file \/nowhere\/f\.json for .*\n$/,
    ],
    ['a folder for a script', ['--script', tmpdir()], /^error: The script rules cannot be read from .* a folder.*\n$/],
    [
      'an address of another machine',
      ['--host', '192.0.2.1', '--allow-remote'],
      /^error: .*another address.*--host.*\n$/,
    ],
    ['an unknown option', ['--bogus'], /unknown option '--bogus'/],
  ])('refuses %s', async (_what, options, message) => {
    const { child, output } = run(...options);
    expect(await exitCode(child)).toBe(2);
    expect(output.text).toMatch(message);
  });

  test.each([
    ['that is no JSON', '[', /script rules are no JSON/],
    ['with nothing in it', '', /script rules are no JSON/],
    [
      'with a reply that is none',
      '[{ "reply": 3 }]',
      /script rules are not as they should be at rules\.0\.reply: A reply is a text, or an object of text, thinking, .*delayMs\.\n$/,
    ],
    [
      'with a reply that has something else',
      '[{ "reply": { "txt": "x" } }]',
      /rules\.0\.reply: Unrecognized key: "txt"/,
    ],
    ['with a text that is none', '[{ "reply": { "text": 3 } }]', /rules\.0\.reply\.text: .*expected string/],
    [
      'with a pattern that is none',
      '[{ "when": { "lastMessage": "(" }, "reply": "x" }]',
      /rules\.0\.when\.lastMessage.*no regular expression/,
    ],
  ])('refuses a script %s', async (_what, content, message) => {
    const { child, output } = run('--port', '0', '--script', tempFile('script.json', content));
    expect(await exitCode(child)).toBe(2);
    expect(output.text).toMatch(message);
  });

  test('says why a request read nothing, and what to do about a port that is taken', async () => {
    const { child, output } = run('--port', '0');
    const [, url = ''] = await said(child, output, /listens on (http:\S+)/);
    await ask(url, 'Hello');
    await said(child, output, /fresh \d+ {2}below-minimum|fresh \d+ {2}no-mark/);
    const second = run('--port', new URL(url).port);
    expect(await exitCode(second.child)).toBe(2);
    expect(second.output.text).toMatch(/EADDRINUSE.*choose another port with --port/);
  });

  test('says which release it is', async () => {
    const { child, output } = run('--version');
    expect(await exitCode(child)).toBe(0);
    expect(output.text).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('ends without a word when nobody reads on', async () => {
    const { child, output } = run('--port', '0');
    const ended = exitCode(child);
    const [, url = ''] = await said(child, output, /listens on (http:\S+)/);
    child.stdout.destroy();
    const before = output.text;
    await ask(url, 'Hello').catch(() => undefined);
    expect(await ended).toBe(0);
    expect(output.text).toBe(before);
  });

  test('helps', async () => {
    const { child, output } = run('--help');
    expect(await exitCode(child)).toBe(0);
    for (const option of ['--port', '--script', '--faults', '--seed', '--speed', '--allow-remote', '--version']) {
      expect(output.text).toContain(option);
    }
  });
});
