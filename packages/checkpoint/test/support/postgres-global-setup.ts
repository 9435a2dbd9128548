import { once } from 'node:events';
import { createServer } from 'node:http';
import type { PostgresServer } from '@reprise/local-postgres';
import type { TestProject } from 'vitest/node';

/**
 * One PostgreSQL for a whole run of tests: the one that `REPRISE_POSTGRES_URL` names, or else one that is started when the first test asks
 * for it.
 *
 * The tests run in processes of their own, so what they are given is an address to ask at.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['REPRISE_POSTGRES_URL'];
  let starting: Promise<PostgresServer> | undefined;
  const desk = createServer((_, response) => {
    if (given) return response.end(given);
    starting ??= import('@reprise/local-postgres').then(({ startPostgres }) => startPostgres());
    starting.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  desk.listen(0, '127.0.0.1').unref();
  await once(desk, 'listening');
  const address = desk.address();
  if (address === null || typeof address === 'string') throw new Error('No address to ask for PostgreSQL at.');
  project.provide('postgresDesk', `http://127.0.0.1:${address.port}`);
  return async () => {
    desk.close();
    desk.closeAllConnections();
    await starting?.then(
      (server) => server.stop(),
      () => {},
    );
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the URL of this run's PostgreSQL. */
    postgresDesk: string;
  }
}
