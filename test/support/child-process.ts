import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Child {
  /** What the process prints, line by line. */
  readonly lines: AsyncIterableIterator<string>;
  readonly input: ChildProcessWithoutNullStreams['stdin'];
  signal(name: NodeJS.Signals): void;
  /** Settles when the process has ended and its output was read: how it ended, and what it wrote to stderr. */
  readonly ended: Promise<{ readonly ending: string; readonly errors: string }>;
}

type Start = (file: string, ...args: readonly string[]) => Child;

/** Starts the `*-process.ts` files beside a module, each in a process of its own. */
export function processesBeside(moduleUrl: string): {
  /** Killed at the end of the test. */
  readonly startProcess: Start;
  /** For a process that ends by itself. */
  readonly spawnProcess: Start;
} {
  const spawnProcess: Start = (file, ...args) => {
    const path = fileURLToPath(new URL(file, moduleUrl));
    const child = spawn(process.execPath, ['--conditions=reprise-source', path, ...args]);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const ended = once(child, 'close').then(() => ({ ending: child.signalCode ?? `exit ${child.exitCode}`, errors }));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { lines, input: child.stdin, signal: (name) => void child.kill(name), ended };
  };
  const startProcess: Start = (file, ...args) => {
    const child = spawnProcess(file, ...args);
    onTestFinished(() => child.signal('SIGKILL'));
    return child;
  };
  return { startProcess, spawnProcess };
}
