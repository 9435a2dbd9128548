import pg from 'pg';
import { onTestFinished } from 'vitest';

/** A pool of one connection, which ends with the test, and how often it has asked the server so far. */
export function countedPool(connectionString: string): { readonly pool: pg.Pool; trips(): number } {
  const pool = new pg.Pool({ connectionString, max: 1 });
  onTestFinished(() => pool.end());
  let trips = 0;
  pool.on('connect', (client) => {
    const query = client.query.bind(client);
    Reflect.set(client, 'query', (...args: Parameters<typeof query>) => {
      trips += 1;
      return query(...args);
    });
  });
  return { pool, trips: () => trips };
}
