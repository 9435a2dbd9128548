import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Script, startSimulator } from '@reprise/simulator';
import { expect, it, onTestFinished } from 'vitest';

const AUDIT_README = fileURLToPath(new URL('../../packages/audit/README.md', import.meta.url));
const README = fileURLToPath(new URL('../../packages/agent/README.md', import.meta.url));

const example = (name: string) => fileURLToPath(new URL(`../${name}.ts`, import.meta.url));

/** A folder of its own with the simulator as the vendor: `run` gives what an example prints. */
async function workplace(script: Script) {
  const server = await startSimulator({ script });
  onTestFinished(() => server.close());
  const cwd = mkdtempSync(join(tmpdir(), 'reprise-example-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const env = { ...process.env, ANTHROPIC_API_KEY: 'simulated', ANTHROPIC_BASE_URL: server.url };
  const args = (name: string, ...rest: readonly string[]) => ['--conditions=reprise-source', example(name), ...rest];
  return {
    async run(name: string, ...rest: readonly string[]) {
      const { stdout } = await promisify(execFile)(process.execPath, args(name, ...rest), { cwd, env });
      return stdout;
    },
    start(name: string) {
      const child = spawn(process.execPath, args(name), { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill());
      return child.stdout;
    },
  };
}

/** Calls the tool, then says what it gave. */
const oneCall =
  (name: string, args: Readonly<Record<string, string | number>>): Script =>
  ({ messages }) => {
    const last = messages.at(-1);
    return last?.role === 'tool' ? JSON.stringify(last) : { toolCalls: [{ name, arguments: args }] };
  };

it.each(['audit', 'explain'])('the README of the audit shows the %s example as it is', (name) => {
  expect(readFileSync(AUDIT_README, 'utf8')).toContain(`\`\`\`ts\n${readFileSync(example(name), 'utf8')}\`\`\``);
});

it.each(['handler', 'approve', 'mcp', 'batch', 'transcript'])(
  'the README of the agent shows the %s example as it is',
  (name) => {
    expect(readFileSync(README, 'utf8')).toContain(`\`\`\`ts\n${readFileSync(example(name), 'utf8')}\`\`\``);
  },
);

it('the handler answers over HTTP, and keeps each session', async () => {
  const { start, run } = await workplace(({ messages }) => `Answer to ${messages.length} messages.`);
  const [line] = await once(start('handler'), 'data');
  const post = async (path: string, body: string) =>
    (await fetch(`${String(line).trim()}${path}`, { method: 'POST', body })).text();
  expect(await post('/anna', 'A city for a weekend?')).toBe('Answer to 1 messages.');
  expect(await post('/anna', 'And in May?')).toBe('Answer to 3 messages.');
  expect(await post('/ben', 'A city?')).toBe('Answer to 1 messages.');
  expect(await post('/ben', '')).toContain('The message is empty');
  expect(await run('explain')).toMatch(/No turn read less|below|minimum/);
  expect(await run('audit')).toMatch(/ben\n.*over 1 turn.*anna\n.*over 2 turns/s);
}, 60_000);

it('the approval waits for another process (N-16)', async () => {
  const { run } = await workplace(oneCall('pay', { invoice: 'INV-7', euros: 250 }));
  const asked = await run('approve', 'Pay invoice INV-7.');
  expect(asked).toMatch(/^approval-needed\npay .*INV-7.*: 250 € is more than 100 €\n.*Paid 250 € for INV-7 \(true\)/s);
}, 60_000);

it('the MCP example uses the tools of a server', async () => {
  const { run } = await workplace(oneCall('clock__time', { city: 'Lisbon' }));
  expect(await run('mcp')).toMatch(/^clock__time \(pure\)\n.*It is noon in Lisbon\./s);
}, 60_000);

it('the batch reads what its first run wrote (P-15)', async () => {
  const { run } = await workplace(({ messages }) => `I have ${messages.length} message.`);
  const printed = await run('batch');
  expect(printed).toContain('Coimbra: I have 1 message.');
  expect(printed).toContain('3 of 4 read the cache.');
}, 60_000);

it('the transcript goes on where it was read (L-25)', async () => {
  const { run } = await workplace(({ messages }) =>
    messages.at(-1)?.role === 'user' && messages.length === 1
      ? { toolCalls: [{ name: 'weather', arguments: { city: 'Lisbon' } }] }
      : `I have ${messages.length} messages.`,
  );
  const printed = await run('transcript');
  expect(printed).toMatch(/^I have 5 messages\.\n/);
  expect(printed).toContain('Sunny in Lisbon, 21 °C.');
  expect(printed).toContain('unpricedTurns: 0');
}, 60_000);
