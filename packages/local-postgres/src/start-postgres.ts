import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A PostgreSQL of its own, in a folder of its own, on a free port of 127.0.0.1. */
export interface PostgresServer {
  /** Of its empty database, with user and password. */
  readonly url: string;
  /** Ends every process of it as a power cut would. */
  crash(): Promise<void>;
  /** Starts it again after a crash. */
  restart(): Promise<void>;
  /** Ends it and takes its folder away. */
  stop(): Promise<void>;
}

/** Starts a server, which takes about a second. `durable` makes it wait for the disk, as a crash test wants it. Default `false`. */
export async function startPostgres({ durable = false }: { readonly durable?: boolean } = {}): Promise<PostgresServer> {
  // In a process of its own, which sees to it that nothing is left of the server when this one ends, however it ends.
  const file = join(import.meta.dirname, `server-process${extname(import.meta.filename)}`);
  const keeper = spawn(process.execPath, [file, durable ? 'durable' : 'fast'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  keeper.unref();
  const ended = once(keeper, 'close');
  const answers = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value } = await answers.next();
    const { url, error = 'its process has ended' } = value === undefined ? {} : JSON.parse(value);
    if (url === undefined) throw new Error(`PostgreSQL: ${error}`);
    return String(url);
  };
  const tell = async (command: 'crash' | 'restart') => {
    keeper.stdin.write(`${command}\n`);
    await answer();
  };
  return {
    url: await answer(),
    crash: () => tell('crash'),
    restart: () => tell('restart'),
    async stop() {
      keeper.ref();
      keeper.stdin.end();
      await ended;
    },
  };
}
