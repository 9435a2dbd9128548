/**
 * What the processes of a store tell each other over the database.
 *
 * Owns: the one connection of a store that listens, from its first watcher to the end of the store.
 * Leaves to the watches: what is told, and whom it concerns.
 *
 * W1. What is told is told in the transaction of the write, so a watcher that looks again sees the change.
 * W2. What was told while the connection was down is lost: once it is up again, every watcher is called, and told nothing in particular.
 */

/** A connection that hears what is told. */
export interface Listener {
  /** Resolves once it hears what is told on the channel. */
  listen(channel: string): Promise<void>;
  end(): Promise<void>;
}

/** What a listener says. */
export interface Heard {
  onTold(channel: string, payload: string): void;
  /** The connection is gone. */
  onLost(): void;
}

interface Watcher {
  readonly channel: string;
  /** Gets what was told, or `undefined` when something may have been missed. */
  readonly onTold: (payload: string | undefined) => void;
  readonly signal: AbortSignal;
}

export type Listening = InstanceType<typeof PostgresListening>;

/** A connection, and what it has been asked to hear. */
interface Line {
  readonly listener: Promise<Listener>;
  readonly channels: Map<string, Promise<void>>;
}

const FIRST_RETRY_MS = 100;

const LAST_RETRY_MS = 5000;

interface ListeningSettings {
  readonly schema: string;
  readonly connect: (heard: Heard) => Promise<Listener>;
}

export function createListening(settings: ListeningSettings): Listening {
  return new PostgresListening(settings);
}

class PostgresListening {
  /** The schema of the store, by which the watches tell what concerns it from what concerns another. */
  readonly schema: string;
  readonly #connect: (heard: Heard) => Promise<Listener>;
  readonly #watchers = new Set<Watcher>();
  #line: Line | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #isClosed = false;

  constructor({ schema, connect }: ListeningSettings) {
    this.schema = schema;
    this.#connect = connect;
  }

  /** Resolves once the watcher will be told. */
  async add(watcher: Watcher): Promise<void> {
    const { signal, channel } = watcher;
    if (signal.aborted || this.#isClosed) return;
    const remove = () => void this.#watchers.delete(watcher);
    this.#watchers.add(watcher);
    signal.addEventListener('abort', remove, { once: true });
    try {
      await this.#listenTo(channel);
    } catch (error) {
      signal.removeEventListener('abort', remove);
      remove();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#watchers.clear();
    const line = this.#line;
    this.#line = undefined;
    const listener = await line?.listener.catch(() => undefined);
    await listener?.end();
  }

  #listenTo(channel: string): Promise<void> {
    this.#line ??= this.#open();
    const line = this.#line;
    const known = line.channels.get(channel);
    if (known !== undefined) return known;
    const listening = line.listener
      .then((listener) => listener.listen(channel))
      .catch((error: unknown) => {
        this.#drop(line);
        throw error;
      });
    line.channels.set(channel, listening);
    return listening;
  }

  #open(): Line {
    const line: Line = {
      listener: this.#connect({
        onTold: (channel, payload) => this.#tell(payload, channel),
        onLost: () => this.#drop(line),
      }),
      channels: new Map(),
    };
    return line;
  }

  /** Gives up a connection that is gone, or on which listening failed. */
  #drop(line: Line): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    void endQuietly(line);
    this.#startAgain();
  }

  #startAgain(): void {
    if (this.#isClosed || this.#watchers.size === 0) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#again(), this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  async #again(): Promise<void> {
    const channels = new Set([...this.#watchers].map(({ channel }) => channel));
    try {
      await Promise.all([...channels].map((channel) => this.#listenTo(channel)));
    } catch {
      // The line was dropped for it, which starts again.
      return;
    }
    this.#retryMs = FIRST_RETRY_MS;
    this.#tell(undefined);
  }

  /** Tells the watchers of the channel, or all. */
  #tell(payload: string | undefined, channel?: string): void {
    for (const watcher of this.#watchers) {
      if (channel !== undefined && channel !== watcher.channel) continue;
      // In a task of its own, so that one that throws keeps nothing from the others and does not break the connection.
      queueMicrotask(() => {
        if (this.#watchers.has(watcher)) watcher.onTold(payload);
      });
    }
  }
}

async function endQuietly({ listener }: Line): Promise<void> {
  try {
    await (await listener).end();
  } catch {
    // It is of no use any more, whatever it says.
  }
}
