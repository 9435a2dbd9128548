import type { SQL } from 'drizzle-orm';
import { type Blob, type BlobHash, hashBlob } from '../../blob.ts';
import { isText } from '../../checks.ts';
import { blobMissing, invalidWrite } from '../../refusals.ts';
import { corrupt } from '../../sql/rows.ts';
import type { Connection } from '../database.ts';
import { prepared, preparedText, type StatementSource } from '../statements.ts';

/** The bytes of each hash, checked. */
export async function readBlobs(
  connection: Connection,
  hashes: readonly BlobHash[],
): Promise<ReadonlyMap<BlobHash, Uint8Array>> {
  if (hashes.length === 0) return new Map();
  const rows = await connection.use(prepareBlobs).read.execute({ hashes: [...new Set(hashes.filter(isText))] });
  const found = new Map(rows.map(({ hash, bytes }) => [hash, bytes]));
  return new Map(hashes.map((hash) => [hash, checkedBytes(hash, found.get(hash))]));
}

/** Keeps those of the given blobs that are named. Throws `checkpoint/invalid-write` for one that is not what its hash says. */
export async function keepBlobs(
  connection: Connection,
  named: readonly (BlobHash | null)[],
  given: readonly Blob[] = [],
): Promise<void> {
  checkBlobs(given);
  const once = new Map(given.map((blob) => [blob.hash, blob])).values();
  // In one order for all writers, so that no two of them wait for each other.
  const kept = [...once].filter(({ hash }) => named.includes(hash)).sort((a, b) => (a.hash < b.hash ? -1 : 1));
  const bytes = kept.map((blob) => Buffer.from(blob.bytes.buffer, blob.bytes.byteOffset, blob.bytes.byteLength));
  const values = { hashes: kept.map(({ hash }) => hash), bytes };
  for (let held = 0; held < kept.length; ) {
    // One that goes with a session that is deleted meanwhile is missed here, and written again.
    held = (await connection.use(prepareBlobs).keep(values)).length;
  }
  connection.reach('store/blobs-written');
}

/** The rows of the blobs. Throws `checkpoint/blob-missing` for one that is not here. */
export async function requireBlobs(
  connection: Connection,
  hashes: readonly BlobHash[],
): Promise<ReadonlyMap<BlobHash, number>> {
  if (hashes.length === 0) return new Map();
  const found = await connection.use(prepareBlobs).find.execute({ hashes: hashes.filter(isText) });
  const rows = new Map(found.map(({ hash, seq }) => [hash, seq]));
  for (const hash of hashes) requireBlob(hash, rows.get(hash) ?? null);
  return rows;
}

/** Throws `checkpoint/blob-missing` for a blob that was named and whose row was not found. */
export function requireBlob(hash: BlobHash | null, row: number | null): void {
  if (hash !== null && row === null) throw blobMissing(hash);
}

/** The row of the blob that the statement is given under this name. */
export function blobRow({ orm: { sql }, tables }: StatementSource, name: string): SQL {
  return sql`(SELECT seq FROM ${tables.blobs} WHERE hash = ${sql.placeholder(name)})`;
}

function checkBlobs(blobs: readonly Blob[]): void {
  for (const { hash, bytes } of blobs) {
    if (hashBlob(bytes) !== hash) throw invalidWrite(`The bytes of blob ${hash} are others than its hash says`);
  }
}

function checkedBytes(hash: BlobHash, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw blobMissing(hash);
  if (hashBlob(bytes) !== hash) throw corrupt(`blob ${hash} is not what it was when it was written`);
  return bytes;
}

function prepareBlobs(source: StatementSource) {
  const { db, tables, orm } = source;
  const { blobs } = tables;
  const { sql } = orm;
  const isAsked = sql`${blobs.hash} = ANY(${sql.placeholder('hashes')}::text[])`;
  return {
    read: prepared(db.select({ hash: blobs.hash, bytes: blobs.bytes }).from(blobs).where(isAsked)),
    find: prepared(db.select({ hash: blobs.hash, seq: blobs.seq }).from(blobs).where(isAsked)),
    // A blob that is here is held until this transaction ends, so that it does not go before it is named.
    keep: preparedText(
      source,
      sql`WITH written AS (
          INSERT INTO ${blobs} (hash, bytes)
          SELECT * FROM unnest(${sql.placeholder('hashes')}::text[], ${sql.placeholder('bytes')}::bytea[])
          ON CONFLICT (hash) DO NOTHING
          RETURNING hash
        ), held AS (
          SELECT hash FROM ${blobs} WHERE hash = ANY(${sql.placeholder('hashes')}::text[]) FOR KEY SHARE
        )
        SELECT hash FROM written UNION ALL SELECT hash FROM held`,
    ),
  };
}
