import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ProcessTerms } from './terms.ts';

/** A process of the test. */
export interface TestProcess {
  /** Resolves to where it listens, once it is ready; to nothing if it ends before. */
  readonly ready: Promise<string | undefined>;
  readonly pid: number | undefined;
  isReady(): boolean;
  kill(): void;
  /** Ends it in peace; resolves to its exit code, or to the signal that ended it. */
  stop(): Promise<unknown>;
}

/** Starts `front-process.ts` or `worker-process.ts`. What it writes to stderr is written here. */
export function startTestProcess(kind: 'front' | 'worker', terms: ProcessTerms): TestProcess {
  const file = fileURLToPath(new URL(`${kind}-process.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=reprise-source', file, JSON.stringify(terms)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let isReady = false;
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code);
  const ready = firstLine(child).then((line) => {
    isReady = line !== undefined;
    return line === undefined ? undefined : String(JSON.parse(line).url);
  });
  return {
    ready,
    pid: child.pid,
    isReady: () => isReady && child.exitCode === null && child.signalCode === null,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      child.stdin.on('error', () => {}).end();
      return ended;
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string | undefined> {
  if (!stdout) return undefined;
  for await (const line of createInterface({ input: stdout })) return line;
  return undefined;
}

/** Workers that are killed one after the other, and replaced at once. */
export interface Crew {
  /** Kills the one with this number, or the one that is ready for longest; false if there is none. */
  killOne(pid?: number): boolean;
  /** Ends those that are there now; resolves to their exit codes. */
  stop(): Promise<readonly unknown[]>;
}

export function startCrew(size: number, terms: ProcessTerms): Crew {
  const crew = Array.from({ length: size }, () => startTestProcess('worker', terms));
  return {
    killOne(pid) {
      const victim = crew.findIndex((worker) => worker.isReady() && (pid ?? worker.pid) === worker.pid);
      if (victim < 0) return false;
      const [worker] = crew.splice(victim, 1);
      worker?.kill();
      crew.push(startTestProcess('worker', terms));
      return true;
    },
    stop: () => Promise.all(crew.map((worker) => worker.stop())),
  };
}
