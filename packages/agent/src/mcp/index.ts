export { type McpOptions, type McpToolInfo, type McpTools, mcpTools } from './mcp-tools.ts';
export type { McpAddress, McpProgram, McpServer, McpTransport } from './server.ts';
