import type { BlobHash } from '../../blob.ts';
import { hashEntry } from '../../entry-hash.ts';
import type { Entry, EntryId, NewEntry } from '../../session.ts';
import type { DumpedEntry } from '../../session-dump.ts';
import { entryChecksum } from '../../sql/entry-checksum.ts';
import { corrupt } from '../../sql/rows.ts';
import type { Connection } from '../database.ts';
import { nextSeq, prepared, preparedText, type StatementSource } from '../statements.ts';
import { requireBlobs } from './blobs.ts';

/** The entries one after the other, the first after `parent`. */
export function chainEntries(
  parent: EntryId | null,
  entries: readonly NewEntry[],
  createdAt: number,
): readonly DumpedEntry[] {
  let last = parent;
  return entries.map(({ kind, payload, blobs }) => {
    const id = hashEntry(last, { kind, payload });
    const entry = { id, parent: last, kind, payload, createdAt, blobs: [...new Set(blobs)] };
    last = id;
    return entry;
  });
}

/** How many entries are sent at a time. */
const BATCH = 500;

/**
 * Keeps entries, each after its parent, and resolves to their rows. One that is here already is shared as it is, and lives as long as
 * any blob it was given with. Throws `checkpoint/blob-missing`.
 */
export async function keepEntries(
  connection: Connection,
  entries: readonly DumpedEntry[],
): Promise<ReadonlyMap<EntryId, number>> {
  const blobRows = await requireBlobs(connection, [...new Set(entries.flatMap(({ blobs }) => blobs))]);
  const rows = new Map<EntryId, number>();
  const shared = new Set<EntryId>();
  for (let start = 0; start < entries.length; start += BATCH) {
    const batch = entries.slice(start, start + BATCH);
    for (const { id, seq, is_shared } of await connection.use(prepareEntries).keep(columnsOf(batch))) {
      rows.set(String(id), Number(seq));
      if (is_shared) shared.add(String(id));
    }
  }
  await linkBlobs(connection, { entries, rows, blobRows, shared });
  connection.reach('store/entries-written');
  return rows;
}

/** Every column of an entry, with the name of its parent. */
export function selectEntries({ db, tables, core, orm }: StatementSource) {
  const { entries } = tables;
  const before = core.alias(entries, 'before');
  return db
    .select({ ...orm.getTableColumns(entries), parentId: before.id })
    .from(entries)
    .leftJoin(before, orm.eq(before.seq, entries.parent))
    .$dynamic();
}

export type EntryRow = Awaited<ReturnType<typeof selectEntries>>[number];

/** The entry, checked against its name. */
export function entryFromRow(row: EntryRow): Entry {
  const { id, parentId, kind, payload, createdAt, checksum } = row;
  if (hashEntry(parentId, row) !== id || entryChecksum(row) !== checksum) {
    throw corrupt(`entry ${id} is not what it was when it was written`);
  }
  return { id, parent: parentId, kind, payload, createdAt };
}

/** The entries as lists, one a column. */
function columnsOf(entries: readonly DumpedEntry[]) {
  return {
    ids: entries.map(({ id }) => id),
    parents: entries.map(({ parent }) => parent),
    kinds: entries.map(({ kind }) => kind),
    payloads: entries.map(({ payload }) => payload),
    times: entries.map(({ createdAt }) => createdAt),
    blobCounts: entries.map(({ blobs }) => blobs.length),
    checksums: entries.map(({ id, createdAt, blobs }) => entryChecksum({ id, createdAt, blobCount: blobs.length })),
  };
}

async function linkBlobs(
  connection: Connection,
  {
    entries,
    rows,
    blobRows,
    shared,
  }: {
    readonly entries: readonly DumpedEntry[];
    readonly rows: ReadonlyMap<EntryId, number>;
    readonly blobRows: ReadonlyMap<BlobHash, number>;
    readonly shared: ReadonlySet<EntryId>;
  },
): Promise<void> {
  const links = entries.flatMap(({ id, blobs }) => blobs.map((hash) => ({ id, blob: blobRows.get(hash) })));
  if (links.length === 0) return;
  const { link, counts, recount } = connection.use(prepareEntries);
  await link({ entries: links.map(({ id }) => rows.get(id)), blobs: links.map(({ blob }) => blob) });
  const gaining = links.map(({ id }) => id).filter((id) => shared.has(id));
  if (gaining.length === 0) return;
  for (const { links: blobCount, ...row } of await counts.execute({ ids: [...new Set(gaining)] })) {
    if (blobCount === row.blobCount) continue;
    await recount.execute({ seq: row.seq, blobCount, checksum: entryChecksum({ ...row, blobCount }) });
  }
}

function prepareEntries(source: StatementSource) {
  const { db, tables, orm } = source;
  const { entries, entryBlobs } = tables;
  const { eq, sql } = orm;
  const { placeholder } = sql;
  const { seq, id, createdAt, blobCount } = entries;
  const links = db.$count(entryBlobs, eq(entryBlobs.entry, seq));
  return {
    keep: preparedText(source, keepStatement(source)),
    link: preparedText(
      source,
      sql`INSERT INTO ${entryBlobs} (entry, blob)
        SELECT * FROM unnest(${placeholder('entries')}::bigint[], ${placeholder('blobs')}::bigint[])
        ON CONFLICT DO NOTHING`,
    ),
    counts: prepared(
      db
        .select({ seq, id, createdAt, blobCount, links })
        .from(entries)
        .where(sql`${id} = ANY(${placeholder('ids')}::text[])`),
    ),
    recount: prepared(
      db
        .update(entries)
        .set({ blobCount: sql`${placeholder('blobCount')}`, checksum: sql`${placeholder('checksum')}` })
        .where(eq(seq, placeholder('seq'))),
    ),
  };
}

/**
 * An entry that another writer adds meanwhile keeps that one's row, and whatever points at the row that is handed out here is refused by
 * the server: a conflict.
 */
function keepStatement(source: StatementSource) {
  const { entries } = source.tables;
  const { sql } = source.orm;
  const { placeholder } = sql;
  return sql`WITH given AS (
      SELECT g.*, e.seq AS known
      FROM unnest(
        ${placeholder('ids')}::text[], ${placeholder('parents')}::text[], ${placeholder('kinds')}::text[],
        ${placeholder('payloads')}::text[], ${placeholder('times')}::bigint[], ${placeholder('blobCounts')}::bigint[],
        ${placeholder('checksums')}::bigint[]
      ) WITH ORDINALITY AS g (id, parent, kind, payload, created_at, blob_count, checksum, place)
      LEFT JOIN ${entries} e ON e.id = g.id
      ORDER BY g.place
    ), numbered AS MATERIALIZED (
      SELECT *, coalesce(known, ${nextSeq(source, entries)}) AS seq FROM given
    ), written AS (
      INSERT INTO ${entries} (seq, id, parent, kind, payload, created_at, blob_count, checksum)
      SELECT n.seq, n.id, coalesce(p.seq, e.seq), n.kind, n.payload, n.created_at, n.blob_count, n.checksum
      FROM numbered n LEFT JOIN numbered p ON p.id = n.parent LEFT JOIN ${entries} e ON e.id = n.parent
      WHERE n.known IS NULL
      ON CONFLICT (id) DO NOTHING
    )
    SELECT id, seq, known IS NOT NULL AS is_shared FROM numbered`;
}
