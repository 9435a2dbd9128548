import { type ChildProcess, fork } from 'node:child_process';
import { DemoError } from '../errors.ts';
import { type DemoMessage, SESSION_PROCESS, type SessionMessage, type SessionTask } from './protocol.ts';

export interface SuperviseOptions {
  /** Runs as a session process if it is given the argument `SESSION_PROCESS`. */
  readonly mainFile: string;
  readonly task: SessionTask;
  readonly signal: AbortSignal;
  /** What to do once a message has been taken note of. */
  onMessage(message: SessionMessage): 'go-on' | 'kill';
}

export interface SessionEnd {
  /** `killed`: by `onMessage`. `stopped`: since the signal was aborted. */
  readonly outcome: 'ended' | 'killed' | 'stopped';
  readonly processId: number | undefined;
}

/** How long a session process may take to record what was under way. */
const STOP_MS = 5000;

/** Runs a task in a process of its own until that process is gone. Rejects with a `DemoError` if it failed. */
export async function superviseSession(options: SuperviseOptions): Promise<SessionEnd> {
  const { mainFile, task, signal } = options;
  // With the node options of this process, so that it runs from source if this one does.
  const child = fork(mainFile, [SESSION_PROCESS], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { promise: exited, resolve, reject } = Promise.withResolvers<string>();
  child.once('exit', (code, exitSignal) => resolve(exitSignal ?? `exit code ${code}`));
  child.once('error', reject);

  let outcome: 'ended' | 'killed' | undefined;
  let failure: string | undefined;
  child.on('message', (message: SessionMessage) => {
    if (outcome === 'killed') return;
    if (message.type === 'ended') outcome = 'ended';
    if (message.type === 'failed') failure = message.message;
    if (options.onMessage(message) === 'go-on') send(child, { type: 'go-on' });
    else {
      outcome = 'killed';
      child.kill('SIGKILL');
    }
  });
  const stopping = stopOnAbort(child, signal);
  send(child, { type: 'start', task });
  try {
    const exit = await exited;
    if (failure !== undefined) throw new DemoError(failure);
    if (signal.aborted) return { outcome: 'stopped', processId: child.pid };
    if (outcome === undefined) throw new DemoError(`The session process ended unexpectedly (${exit}).`);
    return { outcome, processId: child.pid };
  } finally {
    stopping.dispose();
  }
}

function stopOnAbort(child: ChildProcess, signal: AbortSignal): { dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    send(child, { type: 'stop' });
    timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    dispose() {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

function send(child: ChildProcess, message: DemoMessage): void {
  // A process that is gone needs no answer; its exit is being waited for.
  if (child.connected) child.send(message, () => {});
}
