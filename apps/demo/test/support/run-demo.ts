import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface DemoRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DemoRunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the process once it runs. */
  onStart?(demo: ChildProcess): void;
}

const MAIN_FILE = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Runs the demo from source, without keys, and waits for its end. */
export async function runDemo(args: readonly string[], { cwd, env = {}, onStart }: DemoRunOptions): Promise<DemoRun> {
  const demo = spawn(process.execPath, ['--conditions=reprise-source', MAIN_FILE, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  const output = { stdout: '', stderr: '' };
  demo.once('error', reject);
  demo.once('close', resolve);
  for (const name of ['stdout', 'stderr'] as const) {
    demo[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  onStart?.(demo);
  return { code: await ended, ...output };
}

/** The whole text on one line: where a sentence is wrapped does not matter. */
export function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** The claims of a run's proof that do not hold. */
export function failedClaims({ stdout }: DemoRun): readonly string[] {
  return stdout.split('\n').filter((line) => line.startsWith('  ✗'));
}
