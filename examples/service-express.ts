import { getRequestListener } from '@hono/node-server';
import { createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { createHandler } from '@reprise/service';
import express from 'express';

const handler = createHandler({
  agent: createAgent({ model: 'anthropic/claude-opus-5' }),
  store: openSqliteStore('sessions.db'),
  basePath: '/agents',
  // Whoever your application knows: it is asked before anything of the request is read.
  auth: (request) => (request.headers.get('cookie')?.includes('user=anna') ? { tenant: 'anna' } : undefined),
});

const app = express();
app.all('/agents/*path', getRequestListener(handler)); // before any middleware that reads bodies
const server = app.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}/agents`);
});
