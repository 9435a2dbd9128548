import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { ClientBase, Pool, PoolConfig } from 'pg';
import { CheckpointError } from '../errors.ts';
import type { OnStoreFaultPoint } from '../fault-points.ts';
import { connect } from './database.ts';
import type { Heard, Listener } from './listening.ts';
import type { Driver } from './load-driver.ts';
import { mapConnectError, settingsError } from './postgres-errors.ts';

export type PostgresStoreOptions = PostgresConnection & {
  /** The schema that holds the store and nothing else; it is created if there is none. `reprise` unless told. */
  readonly schema?: string;
  /** How long to wait for another writer, in milliseconds; 5000 unless told. */
  readonly busyTimeoutMs?: number;
  /** The time that leases are held against, in epoch milliseconds; the database's unless told. */
  readonly clock?: () => number;
  /** Called at each fault point, for tests. */
  readonly onFaultPoint?: OnStoreFaultPoint;
};

type PostgresConnection =
  | {
      /** `postgres://user:password@host:port/database`, with the settings that `pg` knows after a `?`. */
      readonly connectionString: string;
      readonly pool?: undefined;
    }
  | {
      /**
       * A pool of the application's own, which stays open when the store is closed. One of its connections is kept from the first
       * `watchLease` or `watchRuns` on. A pooler between it and the server has to keep a connection for the length of a session.
       */
      readonly pool: Pool;
      readonly connectionString?: undefined;
    };

/** The connections of a store. */
export interface Connections {
  readonly pool: Pool;
  /** The server, the database and the schema, without a password. */
  readonly place: string;
  /** A connection beside the others, for listening. */
  readonly listener: (heard: Heard) => Promise<Listener>;
  close(): Promise<void>;
}

const DEFAULT_SCHEMA = 'reprise';

const DEFAULT_BUSY_TIMEOUT_MS = 5000;

/** How long to wait for a connection. */
const CONNECTION_TIMEOUT_MS = 10_000;

/** No statement of ours takes as long: a server that is silent for that long is gone. */
const QUERY_TIMEOUT_MS = 120_000;

/** The longest name that the server does not cut, in bytes. */
const MAX_NAME_BYTES = 63;

export function busyTimeoutOf({ busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS }: PostgresStoreOptions): number {
  if (Number.isSafeInteger(busyTimeoutMs) && busyTimeoutMs > 0 && busyTimeoutMs < 2 ** 31) return busyTimeoutMs;
  throw new CheckpointError(
    'checkpoint/unavailable',
    `busyTimeoutMs is ${busyTimeoutMs}; whole milliseconds are expected.`,
  );
}

/** The name of the store's schema. Throws for one that the store cannot have for itself. */
export function schemaOf({ schema = DEFAULT_SCHEMA }: PostgresStoreOptions): string {
  const isName = schema !== '' && Buffer.byteLength(schema) <= MAX_NAME_BYTES && !schema.includes('\0');
  const isReserved = schema === 'public' || schema.startsWith('pg_') || schema === 'information_schema';
  if (isName && !isReserved) return schema;
  throw new CheckpointError(
    'checkpoint/not-a-store',
    `The schema '${schema}' cannot be a store's own. Name another, of 1 to ${MAX_NAME_BYTES} bytes.`,
  );
}

export function openConnections({ pg }: Driver, options: PostgresStoreOptions): Connections {
  const schema = schemaOf(options);
  if (options.pool !== undefined) return borrow(options.pool, `Postgres, schema '${schema}'`);
  const config = poolConfig(options.connectionString);
  const place = placeOf(pg, config, schema);
  const pool = new pg.Pool(config);
  ignoreLosses(pool);
  return {
    pool,
    place,
    listener: async (heard) => {
      const socket = new Socket();
      const client = new pg.Client({ ...config, stream: () => socket });
      ignoreLosses(client);
      await client.connect().catch((error: unknown) => {
        throw mapConnectError(error, place);
      });
      return listenerOn(client, heard, { socket, end: () => client.end() });
    },
    close: () => pool.end(),
  };
}

function borrow(pool: Pool, place: string): Connections {
  // A connection that is lost while nobody uses it is no news to the store, and must not end the process.
  const ignore = () => {};
  pool.on('error', ignore);
  return {
    pool,
    place,
    listener: async (heard) => {
      const client = await connect(pool, place);
      ignoreLosses(client);
      let isOut = true;
      const giveBack = async () => {
        // Not to be used again: it still listens.
        if (isOut) client.release(true);
        isOut = false;
      };
      client.on('end', giveBack);
      return listenerOn(client, heard, { socket: socketOf(client), end: giveBack });
    },
    close: async () => void pool.off('error', ignore),
  };
}

/** Without a listener of the event, a connection that is lost ends the process. */
function ignoreLosses(emitter: EventEmitter): void {
  emitter.on('error', () => {});
}

/** What keeps the process from ending while it is open. */
interface Holding {
  ref(): unknown;
  unref(): unknown;
}

function listenerOn(
  client: ClientBase,
  { onTold, onLost }: Heard,
  { socket, end }: { readonly socket: Holding; readonly end: () => Promise<void> },
): Listener {
  client.on('notification', ({ channel, payload = '' }) => onTold(channel, payload));
  client.on('end', onLost);
  let last: Promise<unknown> = Promise.resolve();
  const listenTo = async (channel: string) => {
    socket.ref();
    try {
      await client.query(`LISTEN ${channel}`);
    } finally {
      // Who only listens does not keep the process from ending.
      socket.unref();
    }
  };
  return {
    listen(channel) {
      const listening = last.then(() => listenTo(channel));
      last = listening.catch(() => {});
      return listening;
    },
    end() {
      // Who waits for the end of the store is still there when it comes.
      socket.ref();
      return end();
    },
  };
}

/** The driver's clients have these methods, which its types do not know; those of `pg-native` do not. */
function socketOf(client: object): Holding {
  const hold = (name: 'ref' | 'unref') => {
    const method: unknown = Reflect.get(client, name);
    if (typeof method === 'function') method.call(client);
  };
  return { ref: () => hold('ref'), unref: () => hold('unref') };
}

function poolConfig(connectionString: string): PoolConfig {
  return {
    connectionString,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    // A store that was not closed does not keep a process from ending.
    allowExitOnIdle: true,
    fallback_application_name: 'reprise',
  };
}

/** Whatever the driver makes of the connection string and of the environment, without the password. */
function placeOf(pg: Driver['pg'], config: PoolConfig, schema: string): string {
  try {
    const { host, port, database } = new pg.Client(config);
    return `Postgres at ${host}:${port}/${database}, schema '${schema}'`;
  } catch (error) {
    throw settingsError(error);
  }
}
