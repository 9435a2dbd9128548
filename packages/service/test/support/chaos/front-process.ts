import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { openPostgresStore } from '@reprise/checkpoint';
import { createHandler } from '../../../src/handler.ts';
import { openPgBossQueue } from '../../../src/queue/pg-boss/index.ts';
import { createErrandAgent } from './errand-agent.ts';
import { readTerms, sayReady, storeSchema, untilInputEnds } from './terms.ts';

// Answers clients until its input ends. Its runs are done elsewhere.

const terms = readTerms();
const { connectionString, schema } = terms;
const store = await openPostgresStore({ connectionString, schema: storeSchema(terms) });
const queue = await openPgBossQueue({ connectionString, schema, store });
const handler = createHandler({
  agent: createErrandAgent(terms),
  store,
  queue,
  auth: 'none',
  limits: { maxRuns: 10_000 },
});
const server = createServer(getRequestListener(handler));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
sayReady(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
await untilInputEnds();
server.close();
await handler.close();
server.closeAllConnections();
await queue.close();
await store.close();
