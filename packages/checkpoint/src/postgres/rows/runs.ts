import { isText } from '../../checks.ts';
import { runMissing } from '../../refusals.ts';
import type { RunId, RunRecord } from '../../run.ts';
import {
  type EventsRow,
  hashRun,
  progressFromRow,
  type RunProgress,
  requestChecksum,
  runFromRow,
} from '../../sql/run-rows.ts';
import type { Connection } from '../database.ts';
import { runPayloads, tellStatement } from '../run-watch.ts';
import { filling, prepared, preparedText, type StatementSource, valuesOf } from '../statements.ts';

/** A run with its row. */
export interface StoredRun {
  readonly seq: number;
  readonly record: RunRecord;
}

/** All of a run but its request, with its row. */
export interface StoredProgress {
  readonly seq: number;
  readonly progress: RunProgress;
  readonly requestChecksum: number;
}

/** What a write makes of a run. */
export interface RunChange {
  readonly stored: StoredProgress;
  readonly progress: RunProgress;
  /** The events it adds, if any. */
  readonly events: EventsRow | undefined;
}

export async function findRun(connection: Connection, runId: RunId): Promise<RunRecord | undefined> {
  const [row] = isText(runId) ? await connection.use(prepareRunRows).find.execute({ runId }) : [];
  return row && runFromRow(row);
}

/** The run, locked for this transaction. Throws `checkpoint/run-missing`. */
export async function lockRun(connection: Connection, runId: RunId): Promise<StoredRun> {
  const [row] = isText(runId) ? await connection.use(prepareRunRows).lock.execute({ runId }) : [];
  if (row === undefined) throw runMissing(runId);
  return { seq: row.seq, record: runFromRow(row) };
}

/** Those of the runs that are here, locked for this transaction, in one order for all writers, so that no two of them wait for each other. */
export async function lockRuns(
  connection: Connection,
  runIds: readonly RunId[],
): Promise<ReadonlyMap<RunId, StoredProgress>> {
  const rows = await connection.use(prepareRunRows).lockAll.execute({ runIds: runIds.filter(isText) });
  return new Map(
    rows.map((row) => {
      const { seq, requestChecksum } = row;
      return [row.id, { seq, progress: progressFromRow(row), requestChecksum }];
    }),
  );
}

/** Whether there is what a new run needs, and what is in its way. */
export async function findPlace(
  connection: Connection,
  { id, sessionId }: Pick<RunRecord, 'id' | 'sessionId'>,
): Promise<{ readonly hasSession: boolean; readonly isTaken: boolean }> {
  if (!isText(sessionId)) return { hasSession: false, isTaken: false };
  const [row] = await connection.use(prepareRunRows).place({ runId: id, sessionId });
  return { hasSession: row?.['has_session'] === true, isTaken: row?.['is_taken'] === true };
}

/** Keeps a new run, and tells of it. */
export async function keepRun(connection: Connection, run: RunRecord): Promise<void> {
  const checksum = requestChecksum(run.request);
  const columns = { ...run, requestChecksum: checksum, hash: hashRun(run, checksum) };
  await connection.use(prepareRunRows).keep({ ...filling('run', columns), payloads: runPayloads([run.id]) });
}

/** Replaces what a run's row says, but for its request. */
export async function updateRun(connection: Connection, { seq, record }: StoredRun): Promise<RunRecord> {
  const hash = hashRun(record, requestChecksum(record.request));
  await connection.use(prepareRunRows).update.execute({ ...record, seq, hash });
  return record;
}

/** Writes what became of runs that are locked, in one statement that also tells of those that changed. */
export async function changeRuns(connection: Connection, changes: readonly RunChange[]): Promise<void> {
  if (changes.length === 0) return;
  const adding = changes.flatMap(({ stored, events }) => (events ? [{ run: stored.seq, ...events }] : []));
  await connection.use(prepareRunRows).change({
    seqs: changes.map(({ stored }) => stored.seq),
    states: changes.map(({ progress }) => progress.state),
    lastEvents: changes.map(({ progress }) => progress.lastEvent),
    ends: changes.map(({ progress }) => progress.endedAt),
    outcomes: changes.map(({ progress }) => progress.outcome),
    hashes: changes.map(({ stored, progress }) => hashRun(progress, stored.requestChecksum)),
    runs: adding.map(({ run }) => run),
    lasts: adding.map(({ lastEvent }) => lastEvent),
    firsts: adding.map(({ firstEvent }) => firstEvent),
    events: adding.map(({ events }) => events),
    checksums: adding.map(({ checksum }) => checksum),
    payloads: runPayloads(changes.map(({ progress }) => progress.id)),
  });
}

function prepareRunRows(source: StatementSource) {
  const { db, tables, orm } = source;
  const { runs, sessions } = tables;
  const { asc, eq, getTableColumns, sql } = orm;
  const { placeholder } = sql;
  const given = (name: string) => sql`${placeholder(name)}`;
  const isAsked = eq(runs.id, placeholder('runId'));
  const { request, ...progress } = getTableColumns(runs);
  return {
    find: prepared(db.select().from(runs).where(isAsked)),
    lock: prepared(db.select().from(runs).where(isAsked).for('no key update')),
    // What was locked is read as the writer that held it has left it.
    lockAll: prepared(
      db
        .select(progress)
        .from(runs)
        .where(sql`${runs.id} = ANY(${placeholder('runIds')}::text[])`)
        .orderBy(asc(runs.id))
        .for('no key update'),
    ),
    place: preparedText(
      source,
      sql`SELECT
        EXISTS (SELECT FROM ${sessions} WHERE id = ${placeholder('sessionId')}) AS has_session,
        EXISTS (SELECT FROM ${runs} WHERE id = ${placeholder('runId')}) AS is_taken`,
    ),
    keep: preparedText(
      source,
      sql`WITH kept AS ${db.insert(runs).values(valuesOf(source, runs, { row: 'run' }))} ${tellStatement(source)}`,
    ),
    update: prepared(
      db
        .update(runs)
        .set({
          state: given('state'),
          attempt: given('attempt'),
          holder: given('holder'),
          stopRequested: given('stopRequested'),
          startedAt: given('startedAt'),
          hash: given('hash'),
        })
        .where(eq(runs.seq, placeholder('seq'))),
    ),
    change: preparedText(source, changeStatement(source)),
  };
}

function changeStatement(source: StatementSource) {
  const { sql } = source.orm;
  const { placeholder } = sql;
  const { runs, runEvents } = source.tables;
  return sql`WITH given AS (
      SELECT * FROM unnest(
        ${placeholder('seqs')}::bigint[], ${placeholder('states')}::text[], ${placeholder('lastEvents')}::bigint[],
        ${placeholder('ends')}::bigint[], ${placeholder('outcomes')}::text[], ${placeholder('hashes')}::text[]
      ) AS g (seq, state, last_event, ended_at, outcome, hash)
    ), changed AS (
      UPDATE ${runs} r
      SET state = g.state, last_event = g.last_event, ended_at = g.ended_at, outcome = g.outcome, hash = g.hash
      FROM given g WHERE r.seq = g.seq
    ), added AS (
      INSERT INTO ${runEvents} (run, last_event, first_event, events, checksum)
      SELECT * FROM unnest(
        ${placeholder('runs')}::bigint[], ${placeholder('lasts')}::bigint[], ${placeholder('firsts')}::bigint[],
        ${placeholder('events')}::text[], ${placeholder('checksums')}::bigint[]
      )
    )
    ${tellStatement(source)}`;
}
