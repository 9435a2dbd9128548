import { openPostgresStore } from '@reprise/checkpoint';
import { openPgBossQueue } from '../../../src/queue/pg-boss/index.ts';
import { startWorker } from '../../../src/worker.ts';
import { createErrandAgent } from './errand-agent.ts';
import { readTerms, sayReady, storeSchema, untilInputEnds } from './terms.ts';

// Works on runs until its input ends.

const terms = readTerms();
const { connectionString, schema, concurrency } = terms;
const store = await openPostgresStore({ connectionString, schema: storeSchema(terms) });
const queue = await openPgBossQueue({ connectionString, schema, store, healMs: 5000 });
const worker = await startWorker({ agent: createErrandAgent(terms), store, queue, concurrency, maxAttempts: 1000 });
sayReady();
await untilInputEnds();
await worker.stop({ deadlineMs: 5000 });
await queue.close();
await store.close();
