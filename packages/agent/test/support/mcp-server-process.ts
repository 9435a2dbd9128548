// An MCP server over standard input and output. Arguments: `shuffled`, or nothing.

import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createMcpServer } from './mcp-server.ts';

const server = createMcpServer({ isShuffled: process.argv[2] === 'shuffled', die: () => process.exit(1) });
await server.connect(new StdioServerTransport());
