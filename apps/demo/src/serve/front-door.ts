import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { DemoError } from '../errors.ts';
import { mountDashboard } from './dashboard.ts';

export interface FrontDoor {
  /** Such as `http://127.0.0.1:4141`. */
  readonly url: string;
  /** Takes no further connection; those that are open go on. */
  shut(): void;
  /** Cuts what is still open. */
  close(): Promise<void>;
}

/** Serves a handler over HTTP, and the page that shows what it has, from where it was built to. Rejects with a `DemoError` if the port cannot be had. */
export async function openFrontDoor(
  { host, port, page }: { readonly host: string; readonly port: number; readonly page?: string },
  handle: (request: Request) => Promise<Response>,
): Promise<FrontDoor> {
  const app = new Hono();
  mountDashboard(app, page);
  app.all('*', ({ req }) => handle(req.raw));
  const server = createServer(getRequestListener(app.fetch));
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => Promise.reject(notListening(host, port, error)));
  const closed = once(server, 'close');
  return {
    url: urlOf(server, host),
    shut: () => void server.close(),
    async close() {
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : '';
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function notListening(host: string, port: number, error: unknown): DemoError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const isTaken = code === 'EADDRINUSE';
  const advice = isTaken ? 'another program has it; name another one with --port, or 0 for any that is free' : code;
  return new DemoError(`Port ${port} of ${host} cannot be had: ${advice}.`);
}
