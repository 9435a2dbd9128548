import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'clock', version: '1.0.0' });
server.registerTool(
  'time',
  {
    description: 'The time in a city now.',
    inputSchema: { city: z.string() },
    annotations: { readOnlyHint: true },
  },
  async ({ city }) => ({ content: [{ type: 'text', text: `It is noon in ${city}.` }] }),
);
await server.connect(new StdioServerTransport());
