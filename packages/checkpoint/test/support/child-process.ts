import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Child {
  /** What the process prints, line by line. */
  readonly lines: AsyncIterableIterator<string>;
  readonly input: ChildProcessWithoutNullStreams['stdin'];
  /** Ends the process as a crash would, without a word to it. */
  kill(): void;
  /** Lets a process that has paused itself go on. */
  wake(): void;
  /** Settles when the process has ended and its output was read: its exit code and what it wrote to stderr. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
}

/** Starts one of the `*-process.ts` files beside this one in a process of its own, killed at the end of the test. */
export function startProcess(file: string, ...args: readonly string[]): Child {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=reprise-source', path, ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, errors }));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    lines,
    input: child.stdin,
    kill: () => void child.kill('SIGKILL'),
    wake: () => void child.kill('SIGCONT'),
    ended,
  };
}
