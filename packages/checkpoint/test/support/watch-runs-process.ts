import { writeSync } from 'node:fs';
import pg from 'pg';
import { openPostgresStore } from '../../src/index.ts';

// Watches the runs of the store at argv[2], schema argv[3], and prints each that it is told of. With 'stay' as argv[4] it goes on until it is
// killed, with 'leave' it has nothing else to do. With 'pool' as argv[5] the connections are from a pool of its own.

const [, , connectionString = '', schema = '', mode, source] = process.argv;
const store = await openPostgresStore(
  source === 'pool'
    ? { pool: new pg.Pool({ connectionString, allowExitOnIdle: true }), schema }
    : { connectionString, schema },
);
await store.watchRuns({
  onChange: (runId) => void writeSync(1, `${runId ?? 'any'}\n`),
  signal: new AbortController().signal,
});
writeSync(1, 'watching\n');
if (mode === 'stay') process.stdin.resume();
