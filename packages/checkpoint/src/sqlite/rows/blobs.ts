import { type Blob, type BlobHash, hashBlob } from '../../blob.ts';
import { blobMissing, invalidWrite } from '../../refusals.ts';
import { corrupt } from '../../sql/rows.ts';
import { lazily, prepareInsert, type SqliteContext } from '../context.ts';

/** The place of each blob that was asked for. */
export type BlobSeqs = ReadonlyMap<BlobHash, number>;

export function blobRows(context: SqliteContext) {
  const statements = lazily(() => prepare(context));

  const keepOne = (hash: BlobHash, bytes: Uint8Array | undefined): number => {
    const here = statements().findBlob.get(hash);
    if (here !== undefined) return here;
    if (bytes === undefined) throw blobMissing(hash);
    return Number(statements().insertBlob.run({ hash, bytes }).lastInsertRowid);
  };

  return {
    /** The places of the named blobs, those among the given ones written if they are new. Blobs that nothing names are not kept. */
    keep(named: readonly (BlobHash | null)[], given: readonly Blob[] = []): BlobSeqs {
      for (const { hash, bytes } of given) {
        if (hashBlob(bytes) !== hash) throw invalidWrite(`The bytes of blob ${hash} are others than its hash says`);
      }
      const bytesOf = new Map(given.map(({ hash, bytes }) => [hash, bytes]));
      const hashes = new Set(named.filter((hash) => hash !== null));
      return new Map([...hashes].map((hash) => [hash, keepOne(hash, bytesOf.get(hash))]));
    },

    /** Notes that something has ceased to name these, while no session is deleted. */
    loosen(blobs: readonly (number | null)[]): void {
      for (const blob of blobs) if (blob !== null) statements().loosenBlob.run({ blob });
    },

    /** The bytes of each hash, checked. */
    read(hashes: Iterable<BlobHash>): ReadonlyMap<BlobHash, Uint8Array> {
      return new Map([...hashes].map((hash) => [hash, checkedBytes(hash, statements().readBlob.get({ hash })?.bytes)]));
    },
  };
}

/** The place of a blob that may be none. */
export function seqOf(seqs: BlobSeqs, hash: BlobHash | null): number | null {
  return hash === null ? null : (seqs.get(hash) ?? null);
}

function checkedBytes(hash: BlobHash, bytes: Buffer | undefined): Uint8Array {
  if (bytes === undefined) throw blobMissing(hash);
  if (hashBlob(bytes) !== hash) throw corrupt(`blob ${hash} is not what it was when it was written`);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function prepare(context: SqliteContext) {
  const { connection, db, drizzle, tables } = context;
  const byHash = drizzle.eq(tables.blobs.hash, drizzle.sql.placeholder('hash'));
  return {
    // Not by drizzle, which takes several times as long: each write looks for what it names.
    findBlob: connection.prepare<[string], number>('SELECT seq FROM blobs WHERE hash = ?').pluck(),
    readBlob: db.select({ bytes: tables.blobs.bytes }).from(tables.blobs).where(byHash).prepare(),
    insertBlob: prepareInsert<Blob>(context, tables.blobs),
    loosenBlob: prepareInsert<{ readonly blob: number }>(context, tables.looseBlobs, 'ON CONFLICT DO NOTHING'),
  };
}
