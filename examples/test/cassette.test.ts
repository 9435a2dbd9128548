import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSimulator } from '@reprise/simulator';
import { expect, it, onTestFinished } from 'vitest';

const EXAMPLE = fileURLToPath(new URL('../cassette.ts', import.meta.url));

it('the cassette example records what a vendor says, and says it again when the vendor is gone', async () => {
  const server = await startSimulator({ script: () => 'Lisbon.' });
  onTestFinished(() => server.close());
  const folder = mkdtempSync(join(tmpdir(), 'reprise-cassette-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = async (environment: Readonly<Record<string, string>>) => {
    const { CI: _, ...own } = process.env;
    const env = {
      ...own,
      ANTHROPIC_API_KEY: 'sk-ant-simulated-0123456789',
      ANTHROPIC_BASE_URL: server.url,
      ...environment,
    };
    return promisify(execFile)(process.execPath, ['--conditions=reprise-source', EXAMPLE], { cwd: folder, env });
  };

  expect((await run({})).stdout).toBe('cassette: miss\nLisbon.\ncassette: recorded\n');
  await server.close();
  expect((await run({ CI: 'true' })).stdout).toBe('cassette: hit\nLisbon.\n');
  expect((await run({})).stdout).toBe('cassette: hit\nLisbon.\n');
  expect(server.requests).toHaveLength(1);
  expect(readFileSync(join(folder, 'answers.jsonl'), 'utf8')).not.toContain('simulated-0123456789');
}, 30_000);
