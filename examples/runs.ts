import { openSqliteStore } from '@reprise/checkpoint';

const store = openSqliteStore('sessions.db');
const request = JSON.stringify({ text: 'A city for a weekend in May?' });
const asked = await store.createRun({ id: crypto.randomUUID(), sessionId: 'anna', request, at: Date.now() });

// Whoever does it, in any process; an attempt that was taken over by a later one writes nothing more.
const { attempt } = await store.takeUpRun({ runId: asked.id, holder: 'worker 1', at: Date.now() });
const mine = { runId: asked.id, attempt, at: Date.now() };
await store.appendRunEvents([{ ...mine, after: 0, events: ['{"text":"Lis"}', '{"text":"bon."}'] }]);
await store.appendRunEvents([{ ...mine, after: 2, events: ['{"turns":1}'], end: { outcome: '"done"' } }]);

// A client that has seen the first event comes back, to any process.
for (const { number, event } of await store.readRunEvents(asked.id, { after: 1 })) console.log(number, event);
console.log((await store.readRun(asked.id))?.state, await store.countRuns({ sessionPrefix: 'ann' }));

await store.deleteRuns({ endedBefore: Date.now() - 24 * 60 * 60 * 1000 }); // they are for the time being
await store.close();
