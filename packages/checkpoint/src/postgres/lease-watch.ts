/**
 * Who waits for a session's lease to change hands.
 *
 * Owns: the one connection of a store that listens, from its first watcher to the end of the store.
 *
 * W1. The writes that change a lease tell of it in their transaction, so a watcher that looks again sees the change.
 * W2. What was told while the connection was down is lost: once it is up again, every watcher is called.
 */

import { hash } from 'node:crypto';
import type { SessionId } from '../session.ts';
import type { Connection } from './database.ts';
import { preparedText, type StatementSource } from './statements.ts';

/** A connection that hears what is told. */
export interface Listener {
  /** Starts to hear; `onTold` gets the payload, and `onLost` is called once when the connection is gone. */
  listen(channel: string, heard: { onTold(payload: string): void; onLost(): void }): Promise<void>;
  end(): Promise<void>;
}

interface LeaseWatcher {
  readonly sessionId: SessionId;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

export type LeaseWatch = InstanceType<typeof PostgresLeaseWatch>;

const CHANNEL = 'reprise_leases';

const FIRST_RETRY_MS = 100;

const LAST_RETRY_MS = 5000;

/** Tells whoever watches the session's lease, in any process, once this transaction is committed. */
export async function tellWatchers(connection: Connection, sessionId: SessionId): Promise<void> {
  await connection.use(prepareTell)(sessionId);
}

export function createLeaseWatch(settings: {
  readonly schema: string;
  readonly connect: () => Promise<Listener>;
}): LeaseWatch {
  return new PostgresLeaseWatch(settings);
}

class PostgresLeaseWatch {
  readonly #schema: string;
  readonly #connect: () => Promise<Listener>;
  readonly #watchers = new Map<string, Set<() => void>>();
  #listener: Promise<Listener> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ schema, connect }: { readonly schema: string; readonly connect: () => Promise<Listener> }) {
    this.#schema = schema;
    this.#connect = connect;
  }

  /** Resolves once the watcher will be told. */
  async add({ sessionId, onChange, signal }: LeaseWatcher): Promise<void> {
    const key = keyOf(this.#schema, sessionId);
    const watcher = () => {
      if (!signal.aborted) onChange();
    };
    const remove = () => {
      const others = this.#watchers.get(key);
      if (others?.delete(watcher) && others.size === 0) this.#watchers.delete(key);
    };
    this.#watchers.set(key, (this.#watchers.get(key) ?? new Set()).add(watcher));
    signal.addEventListener('abort', remove, { once: true });
    try {
      await this.#listening();
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
    const listener = await this.#listener?.catch(() => undefined);
    await listener?.end();
  }

  #listening(): Promise<Listener> {
    this.#listener ??= this.#start().catch((error: unknown) => {
      this.#listener = undefined;
      throw error;
    });
    return this.#listener;
  }

  async #start(): Promise<Listener> {
    const listener = await this.#connect();
    const onTold = (payload: string) => callEach(this.#watchers.get(payload));
    const onLost = () => {
      this.#listener = undefined;
      this.#startAgain(FIRST_RETRY_MS);
    };
    await listener.listen(CHANNEL, { onTold, onLost });
    return listener;
  }

  #startAgain(delayMs: number): void {
    if (this.#isClosed || this.#watchers.size === 0) return;
    this.#retry = setTimeout(() => {
      this.#listening().then(
        () => this.#tellAll(),
        () => this.#startAgain(Math.min(2 * delayMs, LAST_RETRY_MS)),
      );
    }, delayMs).unref();
  }

  #tellAll(): void {
    for (const watchers of this.#watchers.values()) callEach(watchers);
  }
}

function callEach(watchers: Iterable<() => void> = []): void {
  for (const watcher of watchers) watcher();
}

/** What is told of a session: short, whatever its id is. */
function keyOf(schema: string, sessionId: SessionId): string {
  return hash('sha256', JSON.stringify([schema, sessionId]), 'hex');
}

function prepareTell(source: StatementSource) {
  const { core, orm, tables } = source;
  const { schema = '' } = core.getTableConfig(tables.sessions);
  const tell = preparedText(source, orm.sql`SELECT pg_notify(${CHANNEL}, ${orm.sql.placeholder('key')})`);
  return (sessionId: SessionId) => tell({ key: keyOf(schema, sessionId) });
}
