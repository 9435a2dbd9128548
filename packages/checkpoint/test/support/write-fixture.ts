import { rmSync, writeFileSync } from 'node:fs';
import { openSqliteStore } from '../../src/index.ts';
import { writeSessions } from './fixture-sessions.ts';
import { readEverything } from './read-everything.ts';

// Writes a store of the newest format with something in every table to argv[2], and beside it, as JSON, what it reads. It is run once
// for each format, by the release that brings it: see fixtures/README.md.

const path = process.argv[2] ?? '';
for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
const store = openSqliteStore({ path, clock: () => 1_760_000_100_000 });
await writeSessions(store);
writeFileSync(path.replace(/\.db$/, '.json'), `${JSON.stringify(await readEverything(store), null, 2)}\n`);
await store.close();
