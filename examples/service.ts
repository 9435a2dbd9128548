import { serve } from '@hono/node-server';
import { createAgent, usd } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { createHandler } from '@reprise/service';
import { Hono } from 'hono';

const store = openSqliteStore('sessions.db');
const handler = createHandler({
  agent: createAgent({ model: 'anthropic/claude-opus-5', system: 'You are a travel guide.' }),
  store,
  basePath: '/agents',
  auth: { tokens: { website: { token: process.env['WEBSITE_TOKEN'] ?? '', tenant: 'acme' } } },
  limits: { maxRuns: 50, maxPicoUsdPerDay: usd('20') },
  onError: (error, id) => console.error(id, error),
});

const app = new Hono();
app.all('/agents/*', (c) => handler(c.req.raw));
const server = serve(
  { fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['PORT'] ?? 8080) },
  ({ port }) => console.log(`http://127.0.0.1:${port}/agents`),
);

// What is going on is left at the end of its turn, and goes on when the service is started again.
process.once('SIGTERM', async () => {
  await handler.close({ deadlineMs: 10_000 });
  server.close();
  await store.close();
});
