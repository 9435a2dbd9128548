import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** Where an MCP server is: a program to start, an address, or anything else that carries its messages. */
export type McpServer = McpProgram | McpAddress | McpTransport;

/** A server that is started, speaks over its standard input and output, and ends with the connection. */
export interface McpProgram {
  readonly command: string;
  readonly args?: readonly string[];
  /** Beside the few variables that a program needs to run, such as `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: this process's. */
  readonly cwd?: string;
  /** What becomes of what it writes to its standard error. Default `ignore`. */
  readonly stderr?: 'ignore' | 'inherit';
}

/** A server that speaks Streamable HTTP. */
export interface McpAddress {
  readonly url: string | URL;
  /** For every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: FetchLike;
}

export interface McpTransport {
  /** Makes a new transport, each time a connection is made. */
  transport(): Transport;
}

export function createTransport(server: McpServer): Transport {
  if ('transport' in server) return server.transport();
  if ('url' in server) {
    const { url, headers, fetch } = server;
    return new StreamableHTTPClientTransport(new URL(url), {
      ...(headers ? { requestInit: { headers } } : {}),
      ...(fetch ? { fetch } : {}),
    });
  }
  const { command, args = [], env, cwd, stderr = 'ignore' } = server;
  return new StdioClientTransport({
    command,
    args: [...args],
    stderr,
    ...(env ? { env: { ...env } } : {}),
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** What an error calls it. */
export function serverName(server: McpServer): string {
  if ('transport' in server) return 'MCP server';
  return `MCP server ${'url' in server ? new URL(server.url).origin : server.command}`;
}
