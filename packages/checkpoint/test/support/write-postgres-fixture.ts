import { writeFileSync } from 'node:fs';
import { startPostgres } from '@reprise/local-postgres';
import pg from 'pg';
import { openPostgresStore } from '../../src/index.ts';
import { migrations } from '../../src/postgres/migrations.ts';
import { writeSessions } from './fixture-sessions.ts';
import { readEverything } from './read-everything.ts';

// Writes a store of the newest format with something in every table to argv[2], as SQL that fills an empty schema which is the search
// path, and beside it, as JSON, what it reads. It is run once for each format, by the release that brings it: see fixtures/README.md.

const path = process.argv[2] ?? '';
const server = await startPostgres();
try {
  const store = await openPostgresStore({ connectionString: server.url, clock: () => 1_760_000_100_000 });
  await writeSessions(store);
  writeFileSync(path.replace(/\.sql$/, '.json'), `${JSON.stringify(await readEverything(store), null, 2)}\n`);
  await store.close();
  writeFileSync(path, await dumpSchema(server.url));
} finally {
  await server.stop();
}

async function dumpSchema(connectionString: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query('SET search_path TO reprise');
  const statements: string[] = [];
  for (const table of tablesInOrder()) statements.push(...(await dumpTable(client, table)));
  await client.end();
  return `${[...migrations.map(unindented), ...statements].join('\n')}\n`;
}

/** The tables, those that are pointed at first. */
function tablesInOrder(): readonly string[] {
  return migrations.flatMap((migration) =>
    [...migration.matchAll(/CREATE TABLE (\w+)/g)].map(([, name]) => name ?? ''),
  );
}

async function dumpTable(client: pg.Client, table: string): Promise<readonly string[]> {
  const { rows: columns } = await client.query(
    `SELECT attname AS name, attidentity <> '' AS is_numbered FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
    [table],
  );
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns.map(({ name }) => `quote_nullable(${name}::text)`).join(` || ', ' || `);
  const { rows } = await client.query(`SELECT ${values} AS row FROM ${table} ORDER BY 1`);
  const inserts = rows.map(({ row }) => `INSERT INTO ${table} (${names}) VALUES (${row});`);
  if (!columns.some((column) => column.is_numbered)) return inserts;
  // Rows are numbered on from here.
  const { rows: last } = await client.query(`SELECT last_value AS seq FROM ${table}_seq_seq`);
  return [...inserts.toSorted(bySeq), `SELECT setval('${table}_seq_seq', ${last[0].seq});`];
}

function bySeq(a: string, b: string): number {
  const seqOf = (insert: string) => Number(/VALUES \('(\d+)'/.exec(insert)?.[1]);
  return seqOf(a) - seqOf(b);
}

function unindented(migration: string): string {
  return migration.replace(/^ {2}/gm, '').trim();
}
