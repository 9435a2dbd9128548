import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSimulator } from '@reprise/simulator';
import { expect, it, onTestFinished } from 'vitest';

const example = (name: string) => fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
const README = fileURLToPath(new URL('../../packages/checkpoint/README.md', import.meta.url));

it.each(['resume', 'export', 'runs'])('the README of the store shows the %s example as it is', (name) => {
  expect(readFileSync(README, 'utf8')).toContain(`\`\`\`ts\n${readFileSync(example(name), 'utf8')}\`\`\``);
});

it('the examples of the store resume, fork, rewind, run, export and import a session', async () => {
  const server = await startSimulator({ script: ({ messages }) => `Answer to ${messages.length} messages.` });
  onTestFinished(() => server.close());
  const folder = mkdtempSync(join(tmpdir(), 'reprise-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = async (name: string) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=reprise-source', example(name)], {
      cwd: folder,
      env: { ...process.env, ANTHROPIC_API_KEY: 'simulated', ANTHROPIC_BASE_URL: server.url },
    });
    return stdout;
  };

  const answers = 'Answer to 3 messages.\nAnswer to 3 messages.\n';
  expect(await run('resume')).toBe(`${answers}Back at turn 1; turn 2 is kept.\n`);
  // A second time the session is resumed where it was left, with its first turn.
  expect(await run('resume')).toMatch(/Answer to 5 messages\..*Back at turn 2; turn 3 is kept/s);
  const counted = 'ended { waiting: 0, going: 0, ended: 1 }';
  expect(await run('runs')).toBe(`2 {"text":"bon."}\n3 {"turns":1}\n${counted}\n`);
  expect(await run('export')).toBe('anna: 4 turns came along.\n0 sessions were older than 30 days.\n');
}, 60_000);
