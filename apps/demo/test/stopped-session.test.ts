import type { ChildProcess } from 'node:child_process';
import { type Script, type Simulator, startSimulator } from '@reprise/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scriptedLibrarian } from '../src/librarian/scripted-librarian.ts';
import { failedClaims, runDemo, unwrapped } from './support/run-demo.ts';
import { tempFolder } from './support/temp-folder.ts';

const TIMEOUT = 60_000;
const FILES = { 'a.md': 'The moon is made of stone, and not of cheese as some may say.' };

/** A vendor that is none of the demo's own: to the demo it is a real one. */
async function vendor(script: Script, delay?: (signal: AbortSignal) => Promise<void>): Promise<Simulator> {
  const simulator = await startSimulator({ script, ...(delay ? { delay: (_ms, signal) => delay(signal) } : {}) });
  onTestFinished(() => simulator.close());
  return simulator;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

describe('a session with a service of its own', () => {
  it(
    'runs as the simulated one does',
    async () => {
      const { url } = await vendor(scriptedLibrarian);
      const run = await runDemo(['--model', 'ollama/qwen3:14b', '--ask', 'What is the moon made of?'], {
        cwd: tempFolder(FILES),
        env: { OLLAMA_HOST: url },
      });
      expect([run.code, run.stderr, failedClaims(run)]).toEqual([0, '', []]);
      expect(run.stdout).not.toContain('SIMULATED');
      expect(unwrapped(run.stdout)).toContain(
        '> a.md:1: The moon is made of stone, and not of cheese as some may say.',
      );
    },
    TIMEOUT,
  );

  it(
    'tells in one line what the service refused, and can go on',
    async () => {
      let isDown = true;
      const { url } = await vendor((request) => {
        if (isDown) throw new Error('out of order');
        return scriptedLibrarian(request);
      });
      const options = { cwd: tempFolder(FILES), env: { OLLAMA_HOST: url } };
      const failed = await runDemo(['--model', 'ollama/qwen3:14b', '--ask', 'What is the moon made of?'], options);
      expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/^error: .*out of order.*\n$/)]);

      isDown = false;
      const [, id = ''] = /--session (\S+)/.exec(failed.stdout) ?? [];
      const resumed = await runDemo(['--model', 'ollama/qwen3:14b', '--session', id], options);
      expect([resumed.code, resumed.stderr, failedClaims(resumed)]).toEqual([0, '', []]);
      expect(unwrapped(resumed.stdout)).toContain('Still open: What is the moon made of?');
      expect(unwrapped(resumed.stdout)).toContain('✓ The four agree.');
    },
    TIMEOUT,
  );
});

describe('Ctrl-C', () => {
  it.each([
    ['before the answer begins', 1],
    ['in the middle of an answer', 15],
  ])(
    '%s ends both processes, and the session goes on where it was',
    async (_when, deltas) => {
      let demo: ChildProcess | undefined;
      let pauses = 0;
      const { url } = await vendor(
        (request) => {
          const reply = scriptedLibrarian(request);
          // It is the answer that is a mere text.
          return typeof reply === 'string' ? { text: reply, delayMs: 1 } : reply;
        },
        async (signal) => {
          pauses += 1;
          if (pauses !== deltas) return;
          demo?.kill('SIGINT');
          await aborted(signal);
        },
      );
      const options = { cwd: tempFolder(FILES), env: { OLLAMA_HOST: url } };
      const common = ['--model', 'ollama/qwen3:14b', '--no-kill'];
      const stopped = await runDemo([...common, '--ask', 'What is the moon made of?', '--ask', 'And cheese?'], {
        ...options,
        onStart: (process) => {
          demo = process;
        },
      });
      expect([stopped.code, stopped.stderr]).toEqual([130, '']);
      expect(stopped.stdout).toContain("--ask 'And cheese?'");

      const [, id = ''] = /--session (\S+)/.exec(stopped.stdout) ?? [];
      const resumed = await runDemo([...common, '--session', id], options);
      expect([resumed.code, resumed.stderr, failedClaims(resumed)]).toEqual([0, '', []]);
      expect(unwrapped(resumed.stdout)).toContain('Still open: What is the moon made of?');
      expect(unwrapped(resumed.stdout)).toContain('> a.md:1: The moon is made of stone');
      expect(unwrapped(resumed.stdout)).toContain('✓ The four agree.');
    },
    TIMEOUT,
  );
});
