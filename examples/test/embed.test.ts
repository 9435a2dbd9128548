import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSimulator } from '@reprise/simulator';
import { expect, it, onTestFinished } from 'vitest';

const EXAMPLE = fileURLToPath(new URL('../embed.ts', import.meta.url));
const README = fileURLToPath(new URL('../../README.md', import.meta.url));

it('the README shows the embedding example as it is', () => {
  expect(readFileSync(README, 'utf8')).toContain(`\`\`\`ts\n${readFileSync(EXAMPLE, 'utf8')}\`\`\``);
});

it('the embedding example runs, and resumes its session when it is run again', async () => {
  const server = await startSimulator({
    script: ({ messages }) =>
      messages.at(-1)?.role === 'tool'
        ? 'A T-shirt will do.'
        : { toolCalls: [{ name: 'weather', arguments: { city: 'Lisbon' } }] },
  });
  onTestFinished(() => server.close());
  const folder = mkdtempSync(join(tmpdir(), 'reprise-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = () =>
    promisify(execFile)(process.execPath, ['--conditions=reprise-source', EXAMPLE], {
      cwd: folder,
      env: { ...process.env, ANTHROPIC_API_KEY: 'simulated', ANTHROPIC_BASE_URL: server.url },
    });

  expect((await run()).stdout).toMatch(/A T-shirt will do\..*over 2 turns/s);
  expect((await run()).stdout).toMatch(/A T-shirt will do\..*over 4 turns/s);
}, 30_000);
