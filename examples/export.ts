import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { applyRetention, exportSession, importSession, openSqliteStore } from '@reprise/checkpoint';

const store = openSqliteStore('sessions.db');
await writeFile('anna.jsonl', exportSession(store, 'anna')); // every branch, every ledger row, every blob

const elsewhere = openSqliteStore('elsewhere.db');
const { id } = await importSession(elsewhere, createReadStream('anna.jsonl')); // all of it is checked first
console.log(`${id}: ${(await elsewhere.readLedger(id)).length} turns came along.`);

const policy = { now: Date.now(), keepSnapshots: 100, deleteSessionsOlderThanMs: 30 * 24 * 60 * 60 * 1000 };
const { deletedSessions } = await applyRetention(store, policy); // nothing is ever dropped unless you say so
console.log(`${deletedSessions.length} sessions were older than 30 days.`);
await elsewhere.close();
await store.close();
