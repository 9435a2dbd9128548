import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN_FILE = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A demo that serves, in a process of its own. */
export interface Serving {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has written so far, errors included. */
  output(): string;
  /** Resolves once it has written this. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** Asks it to end; resolves to its exit code. */
  stop(): Promise<unknown>;
}

/** A run as a client sees it. */
export interface RunEvents {
  /** The types of its events, deltas left out. */
  readonly types: readonly string[];
  readonly numbers: readonly number[];
  readonly end: Readonly<Record<string, unknown>> | undefined;
}

/** Starts `serve` from source, without keys, and waits until it serves. */
export async function startServing(
  cwd: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  const demo = spawn(process.execPath, ['--conditions=reprise-source', MAIN_FILE, 'serve', '--port', '0', ...args], {
    cwd,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const ended = once(demo, 'close').then(([code, signal]) => signal ?? code);
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  onTestFinished(async () => {
    demo.kill('SIGTERM');
    await ended;
  });
  const said = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(written);
      if (found) return found;
      const next = once(demo.stdout, 'data').then(() => undefined);
      if ((await Promise.race([next, ended])) !== undefined) throw new Error(`It has ended and said:\n${written}`);
    }
  };
  const [, url = ''] = await said(/Serving at (\S+)/);
  return {
    url,
    process: demo,
    output: () => written,
    said,
    async stop() {
      demo.kill('SIGTERM');
      return ended;
    },
  };
}

/** Asks a question in a session; resolves to the response with the run's stream. */
export async function ask(url: string, session: string, input: string, headers = {}): Promise<Response> {
  return fetch(`${url}/v1/sessions/${session}/runs?create=true`, {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ input }),
  });
}

/** Reads a stream of events, until its end or until it has told one of this type. */
export async function readRun(response: Response, until?: string): Promise<RunEvents> {
  const events: { readonly type: string; readonly number: number }[] = [];
  let rest = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const frames = `${rest}${text}`.split('\n\n');
    rest = frames.pop() ?? '';
    events.push(...frames.flatMap((frame) => /^data: (.*)$/m.exec(frame)?.[1] ?? []).map((data) => JSON.parse(data)));
    if (until !== undefined && events.some(({ type }) => type === until)) break;
  }
  return {
    types: events.map(({ type }) => type).filter((type) => !type.endsWith('-delta')),
    numbers: events.map(({ number }) => number),
    end: events.find(({ type }) => type === 'run-end'),
  };
}
