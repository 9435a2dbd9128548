/**
 * A connection to an MCP server, made again when it was lost.
 *
 * Owns: when there is a connection, and what becomes of calls without one.
 * Leaves to the official client: the protocol.
 *
 * C1. A call that may have reached the server is never sent again: it fails, and the next one connects anew. Only a call that the server
 *     has refused because it does not know the session is sent once more, to a new one.
 * C2. No call outlives its connection, its signal or its time.
 */

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  type CallToolRequest,
  type CallToolResult,
  CallToolResultSchema,
  ListToolsResultSchema,
  type Tool as ServerTool,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { AgentError } from '../errors.ts';
import { createTransport, type McpServer, serverName } from './server.ts';

export interface McpConnectionOptions {
  /** What this side is called. */
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** For the first exchange, and for each page of a list. */
  readonly connectTimeoutMs: number;
  /** The server says that its tools have changed. */
  readonly onToolsChanged: () => void;
}

export interface CallLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export class McpConnection {
  readonly #server: McpServer;
  readonly #options: McpConnectionOptions;
  #client: Promise<Client> | undefined;
  /** Calls under way. */
  #calls = 0;
  #isChecking = false;
  #isClosed = false;

  constructor(server: McpServer, options: McpConnectionOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** What the server says about how to use it. */
  async instructions(): Promise<string | undefined> {
    return (await this.#connected()).getInstructions();
  }

  /** Every tool, over all pages. Rejects with `agent/mcp-unreachable`, or with what the server answers. */
  async listTools(): Promise<readonly ServerTool[]> {
    const client = await this.#connected();
    const tools: ServerTool[] = [];
    const cursors = new Set<string | undefined>();
    let cursor: string | undefined;
    while (!cursors.has(cursor)) {
      cursors.add(cursor);
      // Not `client.listTools`, which compiles each tool's output schema, and fails on one that it cannot.
      const request = { method: 'tools/list', params: cursor === undefined ? {} : { cursor } } as const;
      const page = await client.request(request, ListToolsResultSchema, { timeout: this.#options.connectTimeoutMs });
      tools.push(...page.tools);
      cursor = page.nextCursor;
      if (cursor === undefined) return tools;
    }
    throw this.#unreachable(`lists its tools in a circle: the page ${cursor} comes twice.`);
  }

  async callTool(params: CallToolRequest['params'], limits: CallLimits): Promise<CallToolResult> {
    try {
      return await this.#callOnce(params, limits);
    } catch (error) {
      if (error instanceof StreamableHTTPError && error.code === 404) return this.#callOnce(params, limits);
      throw error;
    }
  }

  /** Ends the session and the program, if it is one. Calls under way fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    if (client?.transport instanceof StreamableHTTPClientTransport) {
      // A server that cannot be told forgets the session by itself.
      await client.transport.terminateSession().catch(() => {});
    }
    await client?.close();
  }

  async #callOnce(params: CallToolRequest['params'], { signal, timeoutMs }: CallLimits): Promise<CallToolResult> {
    const client = await this.#connected();
    this.#calls += 1;
    try {
      const options = { signal, timeout: timeoutMs };
      return await client.request({ method: 'tools/call', params }, CallToolResultSchema, options);
    } catch (error) {
      if (isConnectionLost(error)) await client.close();
      throw error;
    } finally {
      this.#calls -= 1;
    }
  }

  async #connected(): Promise<Client> {
    if (this.#isClosed) throw this.#unreachable('is closed on this side.');
    if (this.#client !== undefined) return this.#client;
    const connecting = this.#connect(() => {
      if (this.#client === connecting) this.#client = undefined;
    });
    this.#client = connecting;
    return connecting;
  }

  async #connect(onLost: () => void): Promise<Client> {
    const client = new Client(this.#options.clientInfo);
    client.onclose = onLost;
    client.onerror = () => void this.#check(client);
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.#options.onToolsChanged());
    try {
      await client.connect(createTransport(this.#server), { timeout: this.#options.connectTimeoutMs });
      return client;
    } catch (cause) {
      onLost();
      throw this.#unreachable(`could not be reached: ${cause instanceof Error ? cause.message : cause}`, cause);
    }
  }

  /** C2. Over HTTP nothing else tells that the answer to a call can no longer come: the client waits on when a stream is cut. */
  async #check(client: Client): Promise<void> {
    if (this.#calls === 0 || this.#isChecking) return;
    this.#isChecking = true;
    try {
      await client.ping({ timeout: this.#options.connectTimeoutMs });
    } catch (error) {
      if (isConnectionLost(error)) await client.close().catch(() => {});
    } finally {
      this.#isChecking = false;
    }
  }

  #unreachable(what: string, cause?: unknown): AgentError {
    return new AgentError('agent/mcp-unreachable', `${serverName(this.#server)} ${what}`, { cause });
  }
}

/** No server there, or one that does not know this session: 404 by the protocol, 400 by many servers (MCP 2025-11-25, Streamable HTTP). */
function isConnectionLost(error: unknown): boolean {
  if (error instanceof StreamableHTTPError) return error.code === 404 || error.code === 400;
  return error instanceof TypeError;
}
