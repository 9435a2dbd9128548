import { initialState, runAgent } from '@reprise/agent';
import { mcpTools } from '@reprise/agent/mcp';

// Any server that speaks MCP: a program to start, or `{ url, headers }`. This one is `mcp-server.ts`.
const args = ['--conditions=reprise-source', `${import.meta.dirname}/mcp-server.ts`];
await using server = await mcpTools({ command: process.execPath, args }, { prefix: 'clock', trustAnnotations: true });
console.log(server.tools.map(({ definition, effect }) => `${definition.name} (${effect})`).join(', '));

const run = runAgent(initialState(), 'What time is it in Lisbon?', {
  model: 'anthropic/claude-opus-5',
  tools: server.tools,
});
console.log((await run.result()).text);
