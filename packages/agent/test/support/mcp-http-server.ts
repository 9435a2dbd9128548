import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { onTestFinished } from 'vitest';
import { createMcpServer, type McpServerOptions } from './mcp-server.ts';

export interface HttpMcpServer {
  readonly url: string;
  readonly headers: readonly IncomingMessage['headers'][];
  /** Makes it know none of its sessions any more. */
  forget(): void;
  /** Ends it with all its connections, and starts another at the same address, which knows none of its sessions. */
  restart(): Promise<void>;
}

/** A server on loopback, with a session for each client. It ends with the test. */
export async function httpMcpServer(options: McpServerOptions = {}): Promise<HttpMcpServer> {
  const headers: IncomingMessage['headers'][] = [];
  const sessions: Sessions = new Map();
  let current = await listen(0, options, { headers, sessions });
  onTestFinished(() => stop(current));
  const { port } = current.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    headers,
    forget: () => sessions.clear(),
    async restart() {
      await stop(current);
      sessions.clear();
      current = await listen(port, options, { headers, sessions });
    },
  };
}

type Sessions = Map<string, StreamableHTTPServerTransport>;

interface Kept {
  readonly headers: IncomingMessage['headers'][];
  readonly sessions: Sessions;
}

async function listen(port: number, options: McpServerOptions, { headers, sessions }: Kept): Promise<HttpServer> {
  const server = createServer((request, response) => {
    headers.push(request.headers);
    void serve(request, response, sessions, { die: () => request.socket.destroy(), ...options });
  });
  return new Promise((resolve) => void server.listen(port, '127.0.0.1', () => resolve(server)));
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: Sessions,
  options: McpServerOptions,
): Promise<void> {
  const id = request.headers['mcp-session-id'];
  if (typeof id !== 'string') {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (sessionId) => void sessions.set(sessionId, transport),
    });
    await createMcpServer(options).connect(transport);
    return transport.handleRequest(request, response);
  }
  const transport = sessions.get(id);
  if (transport) return transport.handleRequest(request, response);
  response.writeHead(404).end();
}

async function stop(server: HttpServer): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
