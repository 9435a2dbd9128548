/**
 * The tools of an MCP server as tools of an agent.
 *
 * Owns: what they are called, in which order they stand, and what running one twice would do.
 * Leaves to `connection.ts`: whether the server can be reached.
 *
 * N1. Tools stand in the order of their names and each with its schema in canonical form: a server that lists them otherwise, or a new
 *     connection, moves no byte of a request's prefix.
 * N2. Tools do not change after they were listed. What the server offers later is there for who asks.
 * N3. What a server says about itself is not believed unless asked for.
 */

import { createHash } from 'node:crypto';
import type { Tool as ServerTool } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '@reprise/providers';
import { AgentError } from '../errors.ts';
import { DEFAULT_TOOL_TIMEOUT_MS, type EffectClass, type Tool, tool } from '../tools/tool.ts';
import { McpConnection } from './connection.ts';
import { toolOutput } from './result.ts';
import type { McpServer } from './server.ts';

/** A tool as its server describes it. */
export type McpToolInfo = Pick<ServerTool, 'name' | 'title' | 'description' | 'annotations'>;

export interface McpOptions {
  /** Stands before each name with `__` between, so that two servers' tools do not meet: `docs` makes `search` `docs__search`. Default: none. */
  readonly prefix?: string;
  /** The server's names of the tools wanted. Default: all. */
  readonly include?: readonly string[];
  /** The server's names of the tools not wanted. Default: none. */
  readonly exclude?: readonly string[];
  /** What running a tool twice would do. Default, and where it gives nothing: `effect`, so that no call is repeated unasked. */
  readonly effect?: EffectClass | ((tool: McpToolInfo) => EffectClass | undefined);
  /**
   * Believes the server about which tools only read (`pure`) and which can be repeated (`idempotent`), where `effect` gives nothing. Its
   * hints are its own word: believe a server only that you would give these rights. Default false.
   */
  readonly trustAnnotations?: boolean;
  /** Whether calls wait for a decision; see `ToolOptions.needsApproval`. Default false. */
  readonly needsApproval?: boolean | ((tool: McpToolInfo) => boolean);
  /** For each call. Default 120 000. */
  readonly timeoutMs?: number;
  /** For a connection, and for each page of the list of tools. Default 30 000. */
  readonly connectTimeoutMs?: number;
  /** The server says that its tools have changed. Those that were listed stay as they are; `list` gives the new ones, for a new agent. */
  readonly onToolsChanged?: () => void;
  /** What this side is called. Default `reprise`. */
  readonly clientInfo?: { readonly name: string; readonly version: string };
}

/** A server's tools, and the connection that they share. It is made again when it was lost and a tool is called. */
export interface McpTools extends AsyncDisposable {
  /** For `createAgent`, in the order of their names. */
  readonly tools: readonly Tool[];
  /** What the server says about how to use it; not part of any prompt unless you make it so. */
  readonly instructions: string | undefined;
  /** What the server offers by now. Rejects as `mcpTools` does. */
  list(): Promise<readonly Tool[]>;
  /** Ends the connection, and the program, if it is one. Calls under way fail, and so do later ones. */
  close(): Promise<void>;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
/** The longest time that a timer can wait for. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Connects to an MCP server and lists its tools. A call that fails for whatever reason is a result that the model sees. Rejects with
 * `agent/mcp-unreachable`, or with `agent/invalid-option` for options that cannot work.
 */
export async function mcpTools(server: McpServer, options: McpOptions = {}): Promise<McpTools> {
  const { connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, onToolsChanged = () => {} } = options;
  const { clientInfo = { name: 'reprise', version: '0.0.0' } } = options;
  refuseBadTimeout(connectTimeoutMs);
  const connection = new McpConnection(server, { clientInfo, connectTimeoutMs, onToolsChanged });
  const list = async () => listTools(connection, options);
  const close = async () => connection.close();
  try {
    const tools = await list();
    const instructions = await connection.instructions();
    return { tools, instructions, list, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function refuseBadTimeout(connectTimeoutMs: number): void {
  if (Number.isInteger(connectTimeoutMs) && connectTimeoutMs >= 1 && connectTimeoutMs <= MAX_TIMEOUT_MS) return;
  throw new AgentError(
    'agent/invalid-option',
    `connectTimeoutMs is ${connectTimeoutMs}; it must be a whole number of at least 1 and at most ${MAX_TIMEOUT_MS}.`,
  );
}

/** N1. */
async function listTools(connection: McpConnection, options: McpOptions): Promise<readonly Tool[]> {
  const offered = await connection.listTools();
  const tools = wanted(offered, options).map((each) => agentTool(each, connection, options));
  return tools.toSorted((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
}

function wanted(offered: readonly ServerTool[], { include, exclude = [] }: McpOptions): readonly ServerTool[] {
  const missing = include?.find((name) => !offered.some((each) => each.name === name));
  if (missing !== undefined) {
    const names = offered.map(({ name }) => name).join(', ');
    throw new AgentError('agent/invalid-option', `include names ${missing}; the MCP server has only: ${names}.`);
  }
  return offered.filter(({ name }) => (include?.includes(name) ?? true) && !exclude.includes(name));
}

function agentTool(info: ServerTool, connection: McpConnection, options: McpOptions): Tool {
  const { needsApproval = false, timeoutMs = DEFAULT_TOOL_TIMEOUT_MS } = options;
  return tool<JsonObject>({
    name: agentName(info.name, options.prefix),
    description: info.description ?? info.title ?? '',
    // The client has checked that it is an object schema; what came as JSON is JSON.
    input: info.inputSchema as JsonObject,
    effect: effectOf(info, options),
    timeoutMs,
    needsApproval: typeof needsApproval === 'function' ? needsApproval(info) : needsApproval,
    async run(input, { signal, idempotencyKey }) {
      const params = { name: info.name, arguments: { ...input }, _meta: { idempotencyKey } };
      return toolOutput(await connection.callTool(params, { signal, timeoutMs }));
    },
  });
}

/** N3. */
function effectOf(info: ServerTool, { effect, trustAnnotations = false }: McpOptions): EffectClass {
  const given = typeof effect === 'function' ? effect(info) : effect;
  if (given !== undefined || !trustAnnotations) return given ?? 'effect';
  if (info.annotations?.readOnlyHint === true) return 'pure';
  return info.annotations?.idempotentHint === true ? 'idempotent' : 'effect';
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_NAME_LENGTH = 64;

/** A name that vendors take: MCP allows longer ones, with dots and slashes. One that has to change ends in a hash of what it was. */
function agentName(name: string, prefix: string | undefined): string {
  const whole = prefix === undefined ? name : `${prefix}__${name}`;
  if (NAME.test(whole)) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${whole.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_NAME_LENGTH - hash.length - 1)}_${hash}`;
}
