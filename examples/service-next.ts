// app/agents/[...path]/route.ts
import { createAgent } from '@reprise/agent';
import { openPostgresStore } from '@reprise/checkpoint';
import { createHandler } from '@reprise/service';
import { openPgBossQueue } from '@reprise/service/pg-boss';

const connectionString = process.env['DATABASE_URL'] ?? '';
const store = await openPostgresStore({ connectionString });
const handler = createHandler({
  agent: createAgent({ model: 'anthropic/claude-opus-5' }),
  store,
  queue: await openPgBossQueue({ connectionString, store }), // runs outlive requests: workers elsewhere do them
  basePath: '/agents',
  auth: { tokens: { website: { token: process.env['WEBSITE_TOKEN'] ?? '', tenant: 'acme' } } },
});

export { handler as DELETE, handler as GET, handler as PATCH, handler as POST };
