/**
 * The store's way to its database: connections, statements and transactions.
 *
 * Owns: what runs in a transaction, what is tried again, and when.
 * Leaves to the store's parts: what is read and written.
 *
 * T1. A write is one transaction. Until its commit is sent it may be tried again from its beginning, with what is there by then: after
 *     a conflict with another writer, and over another connection after one was lost.
 * T2. A read of several statements sees one moment.
 * T3. Nothing waits for ever: neither for a connection, nor for another writer, nor another writer for this process when it is paused.
 */

import type { Pool, PoolClient } from 'pg';
import { CheckpointError } from '../errors.ts';
import type { OnStoreFaultPoint } from '../fault-points.ts';
import { storeClosed } from '../refusals.ts';
import type { Driver } from './load-driver.ts';
import {
  commitUnknown,
  isLostConnection,
  isUnanswered,
  mapConnectError,
  mapError,
  mayTryAgain,
} from './postgres-errors.ts';
import type { StatementSource } from './statements.ts';
import type { Tables } from './tables.ts';

/** A connection in use. */
export interface Connection {
  /** The statements that `prepare` makes, made once a connection. */
  use<Statements>(prepare: (source: StatementSource) => Statements): Statements;
  /** The application's clock, where lease time is not the server's. */
  readonly clock: (() => number) | undefined;
  /** Passes a fault point. */
  reach: OnStoreFaultPoint;
}

export interface DatabaseSettings {
  readonly driver: Driver;
  readonly pool: Pool;
  readonly tables: Tables;
  /** The server, the database and the schema, for messages. */
  readonly place: string;
  readonly busyTimeoutMs: number;
  /** Whether the server answers a commit before it is on disk, unless it is told not to. */
  readonly forgetful: boolean;
  readonly clock: (() => number) | undefined;
  readonly onFaultPoint: OnStoreFaultPoint;
}

const MAX_ATTEMPTS = 8;

export type Database = InstanceType<typeof PostgresDatabase>;

export function createDatabase(settings: DatabaseSettings): Database {
  return new PostgresDatabase(settings);
}

class PostgresDatabase {
  readonly #settings: DatabaseSettings;
  readonly #connections = new WeakMap<PoolClient, Connection>();
  readonly #begin: string;
  #isClosed = false;

  constructor(settings: DatabaseSettings) {
    this.#settings = settings;
    this.#begin = beginWrite(settings);
  }

  get place(): string {
    return this.#settings.place;
  }

  get pool(): Pool {
    return this.#settings.pool;
  }

  /** Runs one statement that reads. */
  ask<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#attempt((client) => work(this.#connectionOf(client)));
  }

  /** Runs statements that read, all of them at one moment. */
  read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#attempt(async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const result = await work(this.#connectionOf(client));
      await client.query('COMMIT');
      return result;
    });
  }

  /** Runs statements that write, all or none of them. `work` may be called more than once. */
  write<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#attempt(async (client) => {
      const connection = this.#connectionOf(client);
      await client.query(this.#begin);
      connection.reach('store/begun');
      const result = await work(connection);
      connection.reach('store/written');
      await this.#commit(client);
      connection.reach('store/committed');
      return result;
    });
  }

  requireOpen(): void {
    if (this.#isClosed) throw storeClosed(this.place);
  }

  /** Whether it was open until now. */
  markClosed(): boolean {
    const wasOpen = !this.#isClosed;
    this.#isClosed = true;
    return wasOpen;
  }

  async #attempt<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.requireOpen();
      const client = await connect(this.pool, this.place);
      try {
        const result = await work(client);
        client.release();
        return result;
      } catch (error) {
        await giveBack(client, error);
        if (attempt === MAX_ATTEMPTS || !mayTryAgain(error)) throw mapError(error, this.place);
      }
    }
  }

  async #commit(client: PoolClient): Promise<void> {
    const { command } = await client.query('COMMIT').catch((error: unknown) => {
      throw isUnanswered(error) ? commitUnknown(this.place, error) : error;
    });
    if (command === 'COMMIT') return;
    throw new CheckpointError('checkpoint/unavailable', `${this.place} took a write back. Nothing was written.`);
  }

  #connectionOf(client: PoolClient): Connection {
    const known = this.#connections.get(client);
    if (known !== undefined) return known;
    const connection = createConnection(client, this.#settings);
    // The pool listens to a connection only while nobody uses it; without a listener, one that is lost ends the process. Other stores may
    // share the pool, and be many.
    if (!client.listeners('error').includes(leaveToStatements)) client.on('error', leaveToStatements);
    this.#connections.set(client, connection);
    return connection;
  }
}

/** A lost connection fails the statement that uses it, or the next one. */
function leaveToStatements(): void {}

export async function connect(pool: Pool, place: string): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw mapConnectError(error, place);
  }
}

function createConnection(client: PoolClient, { driver, tables, clock, onFaultPoint }: DatabaseSettings): Connection {
  const source = { ...driver, client, tables, db: driver.drizzle({ client }) };
  const groups = new Map<unknown, unknown>();
  return {
    use<Statements>(prepare: (source: StatementSource) => Statements): Statements {
      if (!groups.has(prepare)) groups.set(prepare, prepare(source));
      return groups.get(prepare) as Statements;
    },
    clock,
    reach: onFaultPoint,
  };
}

/** Ends the transaction that failed. A connection on which even that fails is not used again. */
async function giveBack(client: PoolClient, error: unknown): Promise<void> {
  if (isLostConnection(error)) return client.release(true);
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch {
    client.release(true);
  }
}

function beginWrite({ busyTimeoutMs, forgetful }: DatabaseSettings): string {
  return [
    'BEGIN ISOLATION LEVEL READ COMMITTED',
    `SET LOCAL lock_timeout = ${busyTimeoutMs}`,
    // A paused process holds its locks until then; waiting for it shall not time out first.
    `SET LOCAL idle_in_transaction_session_timeout = ${Math.ceil(busyTimeoutMs / 2)}`,
    ...(forgetful ? ['SET LOCAL synchronous_commit = on'] : []),
  ].join('; ');
}
