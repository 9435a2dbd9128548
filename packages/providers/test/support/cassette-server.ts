import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Cassette, type CassetteEvent, type CassetteOptions, createCassette } from '../../src/cassette/index.ts';

export interface LoopbackServer {
  readonly origin: string;
  /** Bodies of the requests that came in. */
  readonly requests: readonly string[];
  /** Sockets that were opened. */
  readonly connections: () => number;
}

export type Answer = (
  response: ServerResponse,
  request: { readonly body: string; readonly count: number; readonly incoming: IncomingMessage },
) => void | Promise<void>;

/** A server on 127.0.0.1 that answers as told, closed at the end of the test. */
export async function loopbackServer(answer: Answer): Promise<LoopbackServer> {
  const requests: string[] = [];
  let connections = 0;
  const server = createServer(async (incoming, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(Buffer.from(piece));
    const body = Buffer.concat(pieces).toString();
    requests.push(body);
    await answer(response, { body, count: requests.length, incoming });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no address.');
  return { origin: `http://127.0.0.1:${address.port}`, requests, connections: () => connections };
}

/** Where a cassette may be, in a folder of its own that is removed at the end of the test. */
export function cassettePath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cassette-'));
  // A recorder may be writing its last lines still.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }));
  return join(folder, 'cassette.jsonl');
}

/** A cassette for loopback and what it says. */
export function loopbackCassette(options: CassetteOptions): Cassette & { readonly events: CassetteEvent[] } {
  const events: CassetteEvent[] = [];
  const cassette = createCassette({ domains: ['127.0.0.1'], onEvent: (event) => void events.push(event), ...options });
  return Object.assign(cassette, { events });
}

/** A cassette that only replays; to send anything is an error. */
export function replayingCassette(path: string, options: CassetteOptions = {}): ReturnType<typeof loopbackCassette> {
  const neverSent = (): never => {
    throw new Error('A request was sent.');
  };
  return loopbackCassette({ path, mode: 'replay', fetch: neverSent, ...options });
}

export function readLines(path: string): readonly string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

export function post(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
