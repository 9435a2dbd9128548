import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSimulator } from '@reprise/simulator';
import { expect, it, onTestFinished } from 'vitest';

const example = (name: string) => fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
const README = fileURLToPath(new URL('../../packages/service/README.md', import.meta.url));
const TOKEN = 'a-token-of-the-website';

it.each(['service', 'service-express', 'service-next', 'service-client'])(
  'the README of the service shows the %s example as it is',
  (name) => {
    expect(readFileSync(README, 'utf8')).toContain(`\`\`\`ts\n${readFileSync(example(name), 'utf8')}\`\`\``);
  },
);

async function surroundings() {
  const server = await startSimulator({ script: ({ messages }) => `Answer to ${messages.length} messages.` });
  onTestFinished(() => server.close());
  const cwd = mkdtempSync(join(tmpdir(), 'reprise-example-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const simulated = { ANTHROPIC_API_KEY: 'simulated', ANTHROPIC_BASE_URL: server.url };
  return { cwd, env: { ...process.env, ...simulated, WEBSITE_TOKEN: TOKEN, PORT: '0' } };
}

type Surroundings = Awaited<ReturnType<typeof surroundings>>;

/** The service, and the address it prints. */
async function started(
  name: string,
  where: Surroundings,
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ['--conditions=reprise-source', example(name)], {
    ...where,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [url] = await once(createInterface(child.stdout), 'line');
  return { url, child };
}

it('the service answers the client, and goes on with its sessions when it is started again', async () => {
  const where = await surroundings();
  const talk = async (url: string) => {
    const client = [`--conditions=reprise-source`, example('service-client'), url];
    return (await promisify(execFile)(process.execPath, client, where)).stdout;
  };
  const first = await started('service', where);
  expect(await talk(first.url)).toBe(
    'Answer to 1 messages.\nend-turn after 1 turns\n1 turns to show, 0 being written\n',
  );
  first.child.kill('SIGTERM');
  expect(await once(first.child, 'exit')).toEqual([0, null]);
  const second = await started('service', where);
  expect(await talk(second.url)).toContain('Answer to 3 messages.\nend-turn after 2 turns');
}, 120_000);

it('Express serves whom the application knows', async () => {
  const { url } = await started('service-express', await surroundings());
  const ask = (headers: Record<string, string>) =>
    fetch(`${url}/v1/sessions/talk/runs?create=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=30', ...headers },
      body: JSON.stringify({ input: 'Hi' }),
    });
  expect((await ask({})).status).toBe(401);
  const answer = await ask({ cookie: 'user=anna' });
  expect(await answer.json()).toMatchObject({
    session: 'talk',
    state: 'ended',
    outcome: { text: 'Answer to 1 messages.' },
  });
}, 120_000);
