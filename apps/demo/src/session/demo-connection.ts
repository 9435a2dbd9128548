import type { DemoMessage, SessionMessage, SessionTask } from './protocol.ts';

/** The session process's end of the line to the demo. */
export interface DemoConnection {
  readonly task: SessionTask;
  /** Aborted when the demo says stop, or is gone. */
  readonly signal: AbortSignal;
  /** Tells the demo, and waits until it has taken note. */
  tell(message: SessionMessage): Promise<void>;
  /** Nothing more will be told. */
  disconnect(): void;
}

/** Waits for the task. */
export async function connectToDemo(): Promise<DemoConnection> {
  const stop = new AbortController();
  const start = Promise.withResolvers<SessionTask>();
  let goOn = () => {};

  process.on('message', (message: DemoMessage) => {
    if (message.type === 'start') start.resolve(message.task);
    else if (message.type === 'stop') stop.abort();
    else goOn();
  });
  process.on('disconnect', () => {
    stop.abort();
    goOn();
  });
  // A terminal sends Ctrl-C to both processes; this one waits to be told, so that a turn under way is recorded as aborted.
  process.on('SIGINT', () => {});

  return {
    task: await start.promise,
    signal: stop.signal,
    async tell(message) {
      if (!process.connected) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      goOn = resolve;
      // An error means that the demo is gone, which `disconnect` tells as well.
      process.send?.(message, undefined, undefined, (error) => error && resolve());
      await promise;
    },
    disconnect() {
      if (process.connected) process.disconnect();
    },
  };
}
