import { fileURLToPath } from 'node:url';
import { type McpOptions, type McpServer, type McpTools, mcpTools } from '@reprise/agent/mcp';
import { onTestFinished } from 'vitest';

/** The server of `mcp-server.ts` as a program. */
export function mcpProgram(...args: readonly string[]): McpServer {
  const path = fileURLToPath(new URL('mcp-server-process.ts', import.meta.url));
  return { command: process.execPath, args: ['--conditions=reprise-source', path, ...args] };
}

/** Its tools; the connection ends with the test. */
export async function connect(server: McpServer, options?: McpOptions): Promise<McpTools> {
  const connected = await mcpTools(server, options);
  onTestFinished(() => connected.close());
  return connected;
}

/** Runs one of them as an agent would, with a signal of its own if none is given. */
export async function call(
  { tools }: McpTools,
  name: string,
  input = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<unknown> {
  const tool = tools.find(({ definition }) => definition.name === name);
  if (!tool) throw new Error(`There is no tool ${name}.`);
  return tool.execute(input, { signal, toolCallId: 'call-1', idempotencyKey: 'key-1' });
}
