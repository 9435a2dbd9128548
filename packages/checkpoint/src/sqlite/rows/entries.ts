import type { BlobHash } from '../../blob.ts';
import { hashEntry } from '../../entry-hash.ts';
import { checkEntry } from '../../prepare-rows.ts';
import type { Entry, EntryId, NewEntry } from '../../session.ts';
import { entryChecksum } from '../../sql/entry-checksum.ts';
import { loadSqliteCore } from '../../sql/load-drizzle.ts';
import { corrupt } from '../../sql/rows.ts';
import { chainText, followChain } from '../chain.ts';
import { boundTo, eachLazily, lazily, prepareInsert, type SqliteContext } from '../context.ts';
import type { BlobSeqs } from './blobs.ts';
import type { StoredSession } from './stored-session.ts';

/** Where an entry is kept, and its name. */
export interface EntryPlace {
  readonly seq: number;
  readonly id: EntryId;
}

/** An entry as its table holds it. */
export interface EntryColumns extends Omit<Entry, 'parent'> {
  readonly seq: number;
  readonly parent: number | null;
  readonly blobCount: number;
  readonly checksum: number;
}

export function entryRows(context: SqliteContext) {
  const inserts = lazily(() => prepareInserts(context));
  const selects = lazily(() => prepareSelects(context));

  const addBlobs = (entry: EntryPlace, blobs: readonly BlobHash[], seqs: BlobSeqs): number =>
    blobs.reduce((added, hash) => {
      return added + inserts().insertEntryBlob.run({ entry: entry.seq, blob: seqs.get(hash) ?? -1 }).changes;
    }, 0);

  /** The entry is here already, and lives as long as any blob it was given with. */
  const share = (id: EntryId, blobs: readonly BlobHash[], seqs: BlobSeqs): EntryPlace => {
    const here = selects().findEntry.get({ id });
    if (here === undefined) throw corrupt(`entry ${id} is in an index and not in its table`);
    const blobCount = here.blobCount + addBlobs(here, blobs, seqs);
    if (blobCount > here.blobCount) {
      inserts().countBlobs.run({ seq: here.seq, blobCount, checksum: entryChecksum({ ...here, blobCount }) });
    }
    return here;
  };

  return {
    /** Appends an entry to its parent, `null` for a root. One that is here already is shared. */
    append(parent: EntryPlace | null, entry: NewEntry, createdAt: number, seqs: BlobSeqs): EntryPlace {
      checkEntry(entry, createdAt);
      const { kind, payload } = entry;
      const blobs = [...new Set(entry.blobs)];
      const id = hashEntry(parent?.id ?? null, entry);
      const columns = { id, kind, payload, createdAt, blobCount: blobs.length };
      const row = { ...columns, parent: parent?.seq ?? null, checksum: entryChecksum(columns) };
      const { changes, lastInsertRowid } = inserts().insertEntry.run(row);
      if (changes === 0) return share(id, blobs, seqs);
      const place = { seq: Number(lastInsertRowid), id };
      addBlobs(place, blobs, seqs);
      return place;
    },

    read(seq: number): Entry {
      const row = selects().bySeq.get({ seq });
      if (row === undefined) throw corrupt(`entry ${seq} is missing`);
      if (row.parent !== null && row.parentId === null) throw corrupt(`entry ${row.id} has lost its parent`);
      return entryFromRow(row, row.parentId);
    },

    /** The entries from the root to the tip, checked. */
    branch({ tip, root }: Pick<StoredSession, 'root' | 'tip'>, owner: string): readonly Entry[] {
      const { chain, lost } = followChain(selects().branch.all({ tip }), tip);
      const first = chain[0];
      if (first === undefined) throw corrupt(`the tip of ${owner} is missing`);
      if (lost !== null) throw corrupt(`entry ${first.id} of ${owner} has lost its parent`);
      if (first.seq !== root) throw corrupt(`${owner} is not in the tree that it names`);
      return chain.map((row, index) => entryFromRow(row, chain[index - 1]?.id ?? null));
    },
  };
}

/** The entry, checked against its name. */
export function entryFromRow(row: EntryColumns, parent: EntryId | null): Entry {
  const { id, kind, payload, createdAt } = row;
  if (hashEntry(parent, row) !== id || entryChecksum(row) !== row.checksum) {
    throw corrupt(`entry ${id} is not what it was when it was written`);
  }
  return { id, parent, kind, payload, createdAt };
}

function prepareInserts(context: SqliteContext) {
  const { connection, tables } = context;
  return {
    insertEntry: prepareInsert<Omit<EntryColumns, 'seq'>>(context, tables.entries, 'ON CONFLICT (id) DO NOTHING'),
    insertEntryBlob: prepareInsert<{ readonly entry: number; readonly blob: number }>(
      context,
      tables.entryBlobs,
      'ON CONFLICT DO NOTHING',
    ),
    countBlobs: connection.prepare<Pick<EntryColumns, 'seq' | 'blobCount' | 'checksum'>>(
      'UPDATE entries SET blob_count = @blobCount, checksum = @checksum WHERE seq = @seq',
    ),
  };
}

function prepareSelects(context: SqliteContext) {
  const { connection, db, drizzle } = context;
  const { eq, getTableColumns, sql } = drizzle;
  const { entries } = context.tables;
  const { seq, id, createdAt, blobCount } = entries;
  return eachLazily({
    findEntry: () =>
      db
        .select({ seq, id, createdAt, blobCount })
        .from(entries)
        .where(eq(id, sql.placeholder('id')))
        .prepare(),
    bySeq: () => {
      const before = loadSqliteCore().alias(entries, 'before');
      return db
        .select({ ...getTableColumns(entries), parentId: before.id })
        .from(entries)
        .leftJoin(before, eq(before.seq, entries.parent))
        .where(eq(seq, boundTo(context, 'seq')))
        .prepare();
    },
    // Not by drizzle, which takes as long again to name the columns of each row: this is how a session is read.
    branch: () =>
      connection.prepare<[{ readonly tip: number }], EntryColumns>(`
        SELECT seq, id, parent, kind, payload, created_at AS createdAt, blob_count AS blobCount, checksum
        FROM entries WHERE seq IN ${chainText('entries')}`),
  });
}
