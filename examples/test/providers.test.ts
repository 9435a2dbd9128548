import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Reply, startSimulator } from '@reprise/simulator';
import { expect, it, onTestFinished } from 'vitest';

const README = fileURLToPath(new URL('../../packages/providers/README.md', import.meta.url));
const example = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

it.each(['ask.ts', 'invoice.ts'])('the README of the providers shows %s as it is', (name) => {
  expect(readFileSync(README, 'utf8')).toContain(`\`\`\`ts\n${readFileSync(example(name), 'utf8')}\`\`\``);
});

async function run(name: string, reply: Reply, files: Readonly<Record<string, string>> = {}) {
  const server = await startSimulator({ script: () => reply });
  onTestFinished(() => server.close());
  const folder = mkdtempSync(join(tmpdir(), 'reprise-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=reprise-source', example(name)], {
    cwd: folder,
    env: {
      ...process.env,
      ANTHROPIC_API_KEY: 'simulated',
      ANTHROPIC_BASE_URL: server.url,
      OPENAI_API_KEY: 'simulated',
      OPENAI_BASE_URL: `${server.url}/v1`,
    },
  });
  return { stdout, requests: server.requests };
}

it('ask.ts streams an answer and prices it', async () => {
  const { stdout } = await run('ask.ts', { thinking: 'Hm.', text: 'A prefix that is kept.' });
  expect(stdout).toMatch(/A prefix that is kept\.\nend-turn: \{.*fresh: \d+/s);
  expect(stdout).toMatch(/exact \d+n \[\]/);
});

it('invoice.ts shows the model a file and gets a value', async () => {
  const { stdout, requests } = await run('invoice.ts', '{"total": 12.5}', { 'invoice.pdf': '%PDF-1.7\n' });
  expect(stdout).toContain('{ total: 12.5 } end-turn');
  expect(requests[0]?.bodyText).toContain('data:application/pdf;base64,');
});
