import type Database from 'better-sqlite3';
import type { Cursor } from '../../page.ts';
import { runMissing } from '../../refusals.ts';
import type { RunId, RunRange, RunRecord, RunState } from '../../run.ts';
import type { SessionId } from '../../session.ts';
import { corrupt } from '../../sql/rows.ts';
import {
  hashRun,
  progressFromRow,
  type RunProgress,
  type RunSelection,
  requestChecksum,
  runFromRow,
} from '../../sql/run-rows.ts';
import { eachLazily, isStorable, lazily, prepareInsert, type SqliteContext } from '../context.ts';
import { conditionsOf, indexFor, valuesOf } from '../run-range.ts';

/** A run with its place. */
export interface StoredRun<Run extends RunProgress = RunRecord> {
  readonly seq: number;
  readonly requestChecksum: number;
  readonly run: Run;
}

export function runRows(context: SqliteContext) {
  const { connection } = context;
  const inserts = lazily(() => prepareInserts(context));
  const statements = lazily(() => prepareStatements(connection));
  const isWhole = lazily(() => connection.pragma('integrity_check(runs)', { simple: true }) === 'ok');
  const asked = keepStatements(connection);

  const known = <Row>(runId: RunId, row: Row | undefined): Row | undefined => {
    if (row === undefined && statements().again.get(runId) !== undefined) {
      throw corrupt(`run '${runId}' is missing from an index`);
    }
    return row;
  };
  const find = (runId: RunId): StoredRun | undefined => {
    const row = isStorable(runId) ? known(runId, statements().byId.get(runId)) : undefined;
    return row && storedRun(row);
  };
  const findProgress = (runId: RunId): StoredRun<RunProgress> | undefined => {
    const row = isStorable(runId) ? known(runId, statements().progressById.get(runId)) : undefined;
    return row && storedProgress(row);
  };
  /** Throws unless the table of runs and its indexes agree, so that a lost run is not taken for none. A connection looks once. */
  const requireWhole = (): void => {
    if (!isWhole()) throw corrupt('the table of runs and its indexes contradict each other');
  };

  const remove = (runs: readonly number[]): void => {
    for (const statement of statements().remove) statement.run(JSON.stringify(runs));
  };

  return {
    find,

    require: (runId: RunId): StoredRun => here(runId, find(runId)),

    /** The run without its request, which may be long. */
    findProgress,

    requireProgress: (runId: RunId): StoredRun<RunProgress> => here(runId, findProgress(runId)),

    read(seq: number): StoredRun {
      const row = statements().bySeq.get(seq);
      if (row === undefined) throw corrupt(`run ${seq} is missing`);
      return storedRun(row);
    },

    insert(run: RunRecord): RunRecord {
      const { lastInsertRowid } = inserts().run.run(toColumns(run));
      inserts().request.run({ run: Number(lastInsertRowid), request: run.request });
      return run;
    },

    /** Writes what became of the run. */
    update<Run extends RunProgress>({ seq, requestChecksum }: StoredRun<RunProgress>, run: Run): Run {
      statements().update.run({ ...progressColumns(run, requestChecksum), seq });
      return run;
    },

    /** The same where nothing has changed but the number of its last event: no index is touched. */
    advance({ seq, requestChecksum }: StoredRun<RunProgress>, run: RunProgress): void {
      statements().advance.run({ seq, lastEvent: run.lastEvent, hash: hashRun(run, requestChecksum) });
    },

    /** Runs of the range after that place, newest first. */
    list(range: RunRange, { createdAt, seq, limit }: Cursor & { readonly limit: number }): readonly StoredRun[] {
      requireWhole();
      const conditions = [...conditionsOf(range), '(created_at, seq) < (@createdAt, @seq)'].join(' AND ');
      const rows = asked<RunRow>(`
        SELECT ${COLUMNS} FROM runs WHERE seq IN (
          SELECT seq FROM runs INDEXED BY ${indexFor(range)} WHERE ${conditions} ${NEWEST_FIRST} LIMIT @limit
        ) ${NEWEST_FIRST}`).all({ ...valuesOf(range), createdAt, seq, limit });
      return rows.map(storedRun);
    },

    count(range: RunRange): readonly { readonly state: RunState; readonly runs: number }[] {
      requireWhole();
      const conditions = ['TRUE', ...conditionsOf(range)].join(' AND ');
      return asked<{ readonly state: RunState; readonly runs: number }>(`
        SELECT state, count(*) AS runs FROM runs INDEXED BY runs_of_session WHERE ${conditions} GROUP BY state`).all(
        valuesOf(range),
      );
    },

    /** Deletes the session's runs, and resolves to their names. */
    deleteOf(sessionId: SessionId): readonly RunId[] {
      requireWhole();
      const runs = statements().of.all(sessionId);
      remove(runs.map(({ seq }) => seq));
      return runs.map(({ id }) => id);
    },

    /** Deletes so many of the runs that ended before that time, and returns how many it were. */
    deleteEnded(endedBefore: number, limit: number): number {
      requireWhole();
      const runs = statements().ended.all(endedBefore, limit);
      remove(runs);
      return runs.length;
    },
  };
}

function here<Run>(runId: RunId, run: Run | undefined): Run {
  if (run === undefined) throw runMissing(runId);
  return run;
}

/** A run as its table holds it. */
interface RunRow extends Omit<RunSelection, 'stopRequested' | 'request'> {
  readonly seq: number;
  readonly request: string | null;
  readonly stopRequested: number;
}

function storedRun(row: RunRow): StoredRun {
  const { seq, requestChecksum, request } = row;
  if (request === null) throw corrupt(`the request of run '${row.id}' is missing`);
  return { seq, requestChecksum, run: runFromRow({ ...row, request, stopRequested: row.stopRequested === 1 }) };
}

function storedProgress(row: Omit<RunRow, 'request'>): StoredRun<RunProgress> {
  const { seq, requestChecksum } = row;
  return { seq, requestChecksum, run: progressFromRow({ ...row, stopRequested: row.stopRequested === 1 }) };
}

function toColumns(run: RunRecord) {
  const { id, sessionId, createdAt } = run;
  const checksum = requestChecksum(run.request);
  return { id, sessionId, createdAt, requestChecksum: checksum, ...progressColumns(run, checksum) };
}

function progressColumns(run: RunProgress, requestChecksum: number) {
  const { state, attempt, holder, lastEvent, startedAt, endedAt, outcome } = run;
  const stopRequested = Number(run.stopRequested);
  const hash = hashRun(run, requestChecksum);
  return { state, attempt, holder, stopRequested, lastEvent, startedAt, endedAt, outcome, hash };
}

const PROGRESS = `seq, id, session_id AS sessionId, state, attempt, holder, stop_requested AS stopRequested,
  last_event AS lastEvent, created_at AS createdAt, started_at AS startedAt, ended_at AS endedAt, outcome,
  request_checksum AS requestChecksum, hash`;

const COLUMNS = `${PROGRESS}, (SELECT request FROM run_requests WHERE run = runs.seq) AS request`;

const NEWEST_FIRST = 'ORDER BY created_at DESC, seq DESC';

function prepareInserts(context: SqliteContext) {
  const { runRequests, runs } = context.tables;
  return {
    run: prepareInsert<ReturnType<typeof toColumns>>(context, runs),
    request: prepareInsert<{ readonly run: number; readonly request: string }>(context, runRequests),
  };
}

function prepareStatements(connection: Database.Database) {
  const select = <Row>(columns: string, where: string) =>
    connection.prepare<[RunId | number], Row>(`SELECT ${columns} FROM runs WHERE ${where}`);
  return eachLazily({
    byId: () => select<RunRow>(COLUMNS, 'id = ?'),
    bySeq: () => select<RunRow>(COLUMNS, 'seq = ?'),
    progressById: () => select<Omit<RunRow, 'request'>>(PROGRESS, 'id = ?'),
    again: () => connection.prepare<[RunId]>('SELECT seq FROM runs INDEXED BY runs_again WHERE id = ?'),
    update: () =>
      connection.prepare<ReturnType<typeof progressColumns> & { readonly seq: number }>(`
      UPDATE runs SET state = @state, attempt = @attempt, holder = @holder, stop_requested = @stopRequested,
        last_event = @lastEvent, started_at = @startedAt, ended_at = @endedAt, outcome = @outcome, hash = @hash
      WHERE seq = @seq`),
    advance: () =>
      connection.prepare<{ readonly seq: number; readonly lastEvent: number; readonly hash: string }>(
        'UPDATE runs SET last_event = @lastEvent, hash = @hash WHERE seq = @seq',
      ),
    ended: () =>
      connection
        .prepare<[number, number], number>('SELECT seq FROM runs INDEXED BY runs_by_end WHERE ended_at < ? LIMIT ?')
        .pluck(),
    of: () =>
      connection.prepare<[SessionId], { readonly seq: number; readonly id: RunId }>(
        'SELECT seq, id FROM runs WHERE session_id = ?',
      ),
    remove: () =>
      ['run_events WHERE run', 'run_requests WHERE run', 'runs WHERE seq'].map((rows) =>
        connection.prepare<[string]>(`DELETE FROM ${rows} IN (SELECT value FROM json_each(?))`),
      ),
  });
}

/** Prepares each statement that is asked for once. */
function keepStatements(connection: Database.Database) {
  const kept = new Map<string, Database.Statement<[object]>>();
  return <Row>(source: string): Database.Statement<[object], Row> => {
    const statement = kept.get(source) ?? connection.prepare<[object]>(source);
    kept.set(source, statement);
    // The text of a statement says what its rows are.
    return statement as Database.Statement<[object], Row>;
  };
}
