import type { SQL } from 'drizzle-orm';
import { isText } from '../../checks.ts';
import { type Page, type PageQuery, pageBounds, pageOf } from '../../page.ts';
import { runExists, runMissing, sessionMissing } from '../../refusals.ts';
import type { NewRun, RunAppend, RunAppendResult, RunEvent, RunId, RunRange, RunRecord, RunState } from '../../run.ts';
import {
  appended,
  checkEventRange,
  checkRun,
  checkRunAppends,
  checkRunDeletion,
  checkRunRange,
  isChange,
  newRun,
  refuseAppend,
  takenUp,
} from '../../run-appends.ts';
import { eventsRow, runFromRow } from '../../sql/run-rows.ts';
import type { CheckpointStore } from '../../store.ts';
import type { Connection, Database } from '../database.ts';
import type { Listening } from '../listening.ts';
import { beginsWith } from '../lists.ts';
import { findEvents } from '../rows/run-events.ts';
import { changeRuns, findPlace, findRun, keepRun, lockRun, lockRuns, updateRun } from '../rows/runs.ts';
import { tellRunWatchers, watchRuns } from '../run-watch.ts';
import { preparedText, type StatementSource } from '../statements.ts';

type RunWrites = Pick<CheckpointStore, 'createRun' | 'takeUpRun' | 'appendRunEvents' | 'requestRunStop' | 'deleteRuns'>;
type RunReads = Pick<CheckpointStore, 'readRun' | 'listRuns' | 'countRuns' | 'readRunEvents' | 'watchRuns'>;

export function createRunMethods(database: Database, listening: Listening): RunWrites & RunReads {
  return { ...createRunWrites(database), ...createRunReads(database, listening) };
}

function createRunWrites(database: Database): RunWrites {
  return {
    createRun: (asked) => database.write((connection) => createRun(connection, asked)),
    takeUpRun: (taking) =>
      database.write(async (connection) => {
        const stored = await lockRun(connection, taking.runId);
        return updateRun(connection, { ...stored, record: takenUp(stored.record, taking) });
      }),
    async appendRunEvents(appends) {
      database.requireOpen();
      checkRunAppends(appends);
      return appends.length === 0 ? [] : database.write((connection) => appendRunEvents(connection, appends));
    },
    requestRunStop: (runId) => database.write((connection) => requestRunStop(connection, runId)),
    async deleteRuns({ endedBefore }) {
      database.requireOpen();
      checkRunDeletion({ endedBefore });
      return deleteRuns(database, endedBefore);
    },
  };
}

function createRunReads(database: Database, listening: Listening): RunReads {
  return {
    readRun: (runId) => database.ask((connection) => findRun(connection, runId)),
    listRuns: (query) => database.ask((connection) => listRuns(connection, query)),
    countRuns: (range) => database.ask((connection) => countRuns(connection, range)),
    readRunEvents: (runId, range = {}) => database.ask((connection) => readRunEvents(connection, runId, range)),
    async watchRuns(watch) {
      database.requireOpen();
      await watchRuns(listening, watch);
    },
  };
}

async function createRun(connection: Connection, asked: NewRun): Promise<RunRecord> {
  checkRun(asked);
  const { hasSession, isTaken } = await findPlace(connection, asked);
  if (!hasSession) throw sessionMissing(asked.sessionId);
  if (isTaken) throw runExists(asked.id);
  const run = newRun(asked);
  await keepRun(connection, run);
  return run;
}

async function appendRunEvents(
  connection: Connection,
  appends: readonly RunAppend[],
): Promise<readonly RunAppendResult[]> {
  const runs = await lockRuns(
    connection,
    appends.map(({ runId }) => runId),
  );
  const decided = appends.map((append) => {
    const stored = runs.get(append.runId);
    return { append, stored, refusal: refuseAppend(stored?.progress, append) };
  });
  const changes = decided.flatMap(({ append, stored, refusal }) => {
    if (refusal !== undefined || stored === undefined || !isChange(append)) return [];
    const events = append.events.length > 0 ? eventsRow(stored.progress, append.events) : undefined;
    return [{ stored, progress: appended(stored.progress, append), events }];
  });
  await changeRuns(connection, changes);
  return decided.map(
    ({ stored, refusal }) => refusal ?? { isWritten: true, stopRequested: stored?.progress.stopRequested ?? false },
  );
}

async function requestRunStop(connection: Connection, runId: RunId): Promise<RunRecord> {
  const stored = await lockRun(connection, runId);
  const { state, stopRequested } = stored.record;
  if (state === 'ended' || stopRequested) return stored.record;
  await tellRunWatchers(connection, [runId]);
  return updateRun(connection, { ...stored, record: { ...stored.record, stopRequested: true } });
}

/** How many runs are deleted at a time: whoever is to write meanwhile does not wait for long. */
const DELETED_AT_ONCE = 500;

async function deleteRuns(database: Database, endedBefore: number): Promise<number> {
  for (let sum = 0; ; ) {
    const values = { endedBefore, count: DELETED_AT_ONCE };
    const [row] = await database.write((connection) => connection.use(prepareDeletion)(values));
    sum += Number(row?.['deleted']);
    // Another process may have deleted some of those that were chosen.
    if (Number(row?.['chosen']) < DELETED_AT_ONCE) return sum;
  }
}

/** A statement of each query's own is not worth keeping. */
const sourceOf = (source: StatementSource) => source;

async function listRuns(
  connection: Connection,
  query: RunRange & Omit<PageQuery, 'search'> = {},
): Promise<Page<RunRecord>> {
  checkRunRange(query);
  const { limit, after } = pageBounds(query);
  const source = connection.use(sourceOf);
  const { and, desc, sql } = source.orm;
  const { runs } = source.tables;
  const isAfter = after && sql`(${runs.createdAt}, ${runs.seq}) < (${after.createdAt}::bigint, ${after.seq}::bigint)`;
  const rows = await source.db
    .select()
    .from(runs)
    .where(and(isInRange(source, query), isAfter))
    .orderBy(desc(runs.createdAt), desc(runs.seq))
    .limit(limit + 1);
  return pageOf(
    rows.map((row) => ({ seq: row.seq, createdAt: row.createdAt, item: runFromRow(row) })),
    limit,
  );
}

async function countRuns(
  connection: Connection,
  range: Omit<RunRange, 'states'> = {},
): Promise<Readonly<Record<RunState, number>>> {
  checkRunRange(range);
  const source = connection.use(sourceOf);
  const { runs } = source.tables;
  const rows = await source.db
    .select({ state: runs.state, count: source.orm.sql`count(*)`.mapWith(runs.seq) })
    .from(runs)
    .where(isInRange(source, range))
    .groupBy(runs.state);
  return { waiting: 0, going: 0, ended: 0, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) };
}

function isInRange(source: StatementSource, { sessionId, sessionPrefix, states }: RunRange): SQL | undefined {
  const { and, eq, inArray } = source.orm;
  const { runs } = source.tables;
  return and(
    sessionId === undefined ? undefined : eq(runs.sessionId, sessionId),
    beginsWith(source, runs.sessionId, sessionPrefix),
    states && inArray(runs.state, [...states]),
  );
}

async function readRunEvents(
  connection: Connection,
  runId: RunId,
  range: { readonly after?: number; readonly limit?: number },
): Promise<readonly RunEvent[]> {
  const events = isText(runId) ? await findEvents(connection, runId, checkEventRange(range)) : undefined;
  if (events === undefined) throw runMissing(runId);
  return events;
}

function prepareDeletion(source: StatementSource) {
  const { sql } = source.orm;
  const { runs } = source.tables;
  // The events of a run go with it. Rows are locked in the order in which events are added to runs.
  return preparedText(
    source,
    sql`WITH chosen AS MATERIALIZED (
        SELECT seq FROM ${runs} WHERE ended_at < ${sql.placeholder('endedBefore')}::bigint
        ORDER BY ended_at LIMIT ${sql.placeholder('count')}::bigint
      ), locked AS MATERIALIZED (
        SELECT seq FROM ${runs} WHERE seq IN (SELECT seq FROM chosen) ORDER BY id FOR UPDATE
      ), deleted AS (
        DELETE FROM ${runs} WHERE seq IN (SELECT seq FROM locked) RETURNING seq
      )
      SELECT (SELECT count(*) FROM chosen) AS chosen, (SELECT count(*) FROM deleted) AS deleted`,
  );
}
