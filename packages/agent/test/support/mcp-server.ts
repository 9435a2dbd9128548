import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';

/** A pixel. */
export const PNG: string =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const NO_INPUT = { type: 'object', properties: {} } as const;

/** In two orders: of the tools, and of the keys of a schema. */
function offered(isShuffled: boolean): readonly Tool[] {
  const echo: Tool['inputSchema'] = isShuffled
    ? { required: ['words'], properties: { words: { type: 'string', minLength: 1 } }, type: 'object' }
    : { type: 'object', properties: { words: { minLength: 1, type: 'string' } }, required: ['words'] };
  const tools: readonly Tool[] = [
    { name: 'echo', description: 'Says it again.', inputSchema: echo, annotations: { readOnlyHint: true } },
    { name: 'files.read/all', title: 'Reads', inputSchema: NO_INPUT, annotations: { idempotentHint: true } },
    ...['fail', 'picture', 'parts', 'structured', 'wait', 'die', 'change', 'key'].map((name) => ({
      name,
      description: `Does ${name}.`,
      inputSchema: NO_INPUT,
    })),
    // No validator of output schemas can read this one.
    { name: 'odd', description: 'Odd.', inputSchema: NO_INPUT, outputSchema: { type: 'object', $ref: '#/nowhere' } },
  ];
  return isShuffled ? tools.toReversed() : tools;
}

export interface McpServerOptions {
  readonly isShuffled?: boolean;
  /** Ends the process or the server. */
  readonly die?: () => void;
  /** Hears that a call waits, and that it was cancelled. */
  readonly tell?: (what: string) => void;
}

/** A server with a tool for each thing that can come back. It lists them on pages of four. */
export function createMcpServer({ isShuffled = false, die = () => {}, tell = () => {} }: McpServerOptions): Server {
  const server = new Server(
    { name: 'test', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true } }, instructions: 'Echo first.' },
  );
  const tools = [...offered(isShuffled)];
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const from = Number(params?.cursor ?? 0);
    const next = from + 4 < tools.length ? { nextCursor: String(from + 4) } : {};
    return { tools: tools.slice(from, from + 4), ...next };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    tell(`called ${params.name}`);
    switch (params.name) {
      case 'die':
        die();
        return new Promise<CallToolResult>(() => {});
      case 'wait':
        signal.addEventListener('abort', () => tell('cancelled'));
        return new Promise<CallToolResult>(() => {});
      case 'change':
        tools.push({ name: 'added', description: 'New.', inputSchema: NO_INPUT });
        await server.sendToolListChanged();
        return { content: [{ type: 'text', text: 'Changed.' }] };
      default:
        return answer(params.name, params.arguments ?? {}, params._meta ?? {});
    }
  });
  return server;
}

function answer(name: string, input: Record<string, unknown>, meta: Record<string, unknown>): CallToolResult {
  switch (name) {
    case 'echo':
      return { content: [{ type: 'text', text: String(input['words']) }] };
    case 'key':
      return { content: [{ type: 'text', text: String(meta['idempotencyKey']) }] };
    case 'fail':
      return { content: [{ type: 'text', text: 'It broke.' }], isError: true };
    case 'picture':
      return {
        content: [
          { type: 'image', mimeType: 'image/png', data: PNG },
          { type: 'text', text: 'A pixel.' },
        ],
      };
    case 'structured':
      return { content: [], structuredContent: { found: 2 } };
    case 'parts':
      return {
        content: [
          { type: 'image', mimeType: 'image/svg+xml', data: 'PHN2Zy8+' },
          { type: 'audio', mimeType: 'audio/wav', data: 'UklGRg==' },
          { type: 'resource_link', name: 'notes', uri: 'file:///notes.md', description: 'Notes.' },
          { type: 'resource', resource: { uri: 'file:///a.txt', text: 'All of it.' } },
          { type: 'resource', resource: { uri: 'file:///a.bin', blob: 'AAEC' } },
        ],
      };
    default:
      throw new Error(`No tool ${name}.`);
  }
}
