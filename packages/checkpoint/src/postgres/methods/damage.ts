import { hashBlob } from '../../blob.ts';
import { CheckpointError, type CheckpointErrorCode } from '../../errors.ts';
import type { SessionId } from '../../session.ts';
import { lostTurns } from '../../sql/lost-turns.ts';
import { corrupt, damageIn, toolCallFromRow } from '../../sql/rows.ts';
import { type RunSelection, runFromRow } from '../../sql/run-rows.ts';
import type { Damage } from '../../store.ts';
import type { Connection, Database } from '../database.ts';
import { entryFromRow, selectEntries } from '../rows/entries.ts';
import { findEvents } from '../rows/run-events.ts';
import { findSession } from '../rows/sessions.ts';
import { selectSnapshots, storedSnapshot } from '../rows/snapshots.ts';
import { selectTurns, storedTurn } from '../rows/turns.ts';
import { prepared, type StatementSource } from '../statements.ts';
import { readDump } from './dump.ts';

/** Looks at each row of each table, and then at whether each session is complete. Says nothing twice. */
export async function* findDamage(
  database: Database,
  onSession: (sessionId: SessionId) => void,
): AsyncGenerator<Damage> {
  const said = new Set<string>();
  for await (const damage of findings(database, onSession)) {
    if (said.has(damage.message)) continue;
    said.add(damage.message);
    yield damage;
  }
}

type Place = Omit<Damage, 'message'>;

async function* findings(database: Database, onSession: (sessionId: SessionId) => void): AsyncGenerator<Damage> {
  for (const look of [lookAtBlobs, lookAtEntries, lookAtTurns, lookAtToolCalls, lookAtSnapshots, lookAtRuns]) {
    yield* inBatches(database, look);
  }
  for await (const id of sessionIds(database)) {
    onSession(id);
    yield* await damageOfSession(database, id);
  }
}

async function damageOfSession(database: Database, id: SessionId): Promise<readonly Damage[]> {
  const damages = await damageOf({ sessionId: id }, () => database.read((connection) => lookAtSession(connection, id)));
  // What cannot be read as a whole names its first damage alone.
  if (damages.length === 0) return [];
  const lost = await database.read((connection) => lookForLostTurns(connection, id));
  return [...damages, ...lost.map((message) => ({ message, sessionId: id }))];
}

async function lookForLostTurns(connection: Connection, sessionId: SessionId): Promise<readonly string[]> {
  const { ordinals, turnsCommitted } = connection.use(prepareDamage);
  const [session] = await turnsCommitted.execute({ sessionId });
  const rows = await ordinals.execute({ sessionId });
  return lostTurns(
    sessionId,
    rows.map(({ ordinal }) => ordinal),
    session?.turnsCommitted ?? 0,
  );
}

async function* sessionIds(database: Database): AsyncGenerator<SessionId> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after;
    const rows = await database.ask((connection) => connection.use(prepareDamage).sessions.execute({ after: from }));
    for (const { id } of rows) yield id;
    after = rows.at(-1)?.seq;
  }
}

/** What is damaged among the rows after the one of this number, and the number of the last of them; `undefined` after the last row. */
type Look = (
  connection: Connection,
  after: number,
) => Promise<{ readonly damages: readonly Damage[]; readonly last: number | undefined }>;

/** How many rows are read at a time. */
const BATCH = 100;

async function* inBatches(database: Database, look: Look): AsyncGenerator<Damage> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after;
    after = undefined;
    let found: Awaited<ReturnType<Look>> | undefined;
    yield* await damageOf({}, async () => {
      found = await database.read((connection) => look(connection, from));
    });
    yield* found?.damages ?? [];
    after = found?.last;
  }
}

async function lookAtSession(connection: Connection, sessionId: SessionId): Promise<void> {
  const session = await findSession(connection, sessionId);
  // It may have been deleted since it was listed.
  if (session !== undefined) await readDump(connection, session);
}

const lookAtBlobs = lookAtRows(
  (connection, after) => connection.use(prepareDamage).blobs.execute({ after }),
  ({ hash, bytes }) => {
    if (hashBlob(bytes) !== hash) throw corrupt(`blob ${hash} is not what it was when it was written`);
  },
  () => ({}),
);

const lookAtEntries = lookAtRows(
  (connection, after) => connection.use(prepareDamage).entries.execute({ after }),
  entryFromRow,
  ({ id }) => ({ entryId: id }),
);

const lookAtTurns = lookAtRows(
  (connection, after) => connection.use(prepareDamage).turns.execute({ after }),
  storedTurn,
  ({ id, sessionId }) => ({ turnId: id, sessionId }),
);

const lookAtToolCalls = lookAtRows(
  (connection, after) => connection.use(prepareDamage).toolCalls.execute({ after }),
  (row) => toolCallFromRow(row),
  (row) => ({ turnId: row.turnId }),
);

const lookAtSnapshots = lookAtRows(
  (connection, after) => connection.use(prepareDamage).snapshots.execute({ after }),
  storedSnapshot,
  ({ id, sessionId }) => ({ snapshotId: id, sessionId }),
);

const lookAtRuns: Look = async (connection, after) => {
  const rows = await connection.use(prepareDamage).runs.execute({ after });
  const damages: Damage[] = [];
  for (const row of rows) damages.push(...(await damageOf({ runId: row.id }, () => lookAtRun(connection, row))));
  return { damages, last: rows.at(-1)?.seq };
};

async function lookAtRun(
  connection: Connection,
  row: RunSelection & { readonly seq: number; readonly sessionRow: number | null },
): Promise<void> {
  const { id, lastEvent } = runFromRow(row);
  if (row.sessionRow === null) throw corrupt(`the session of run '${id}' is missing`);
  for (let after = 0; after < lastEvent; after += BATCH) await findEvents(connection, id, { after, limit: BATCH });
  const [last] = await connection.use(prepareDamage).lastEvents.execute({ run: row.seq });
  if (last !== undefined && last.lastEvent > lastEvent) throw corrupt(`run '${id}' has more events than it had`);
}

function lookAtRows<Row extends { readonly seq: number }>(
  read: (connection: Connection, after: number) => Promise<readonly Row[]>,
  check: (row: Row) => unknown,
  placeOf: (row: Row) => Place,
): Look {
  return async (connection, after) => {
    const rows = await read(connection, after);
    const damages: Damage[] = [];
    for (const row of rows) damages.push(...(await damageOf(placeOf(row), async () => check(row))));
    return { damages, last: rows.at(-1)?.seq };
  };
}

/** What `work` meets: one finding, or none. */
async function damageOf(place: Place, work: () => Promise<unknown>): Promise<readonly Damage[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof CheckpointError) || !DAMAGE.has(error.code)) throw error;
    return [{ message: damageIn(error), ...place }];
  }
}

const DAMAGE: ReadonlySet<string> = new Set<CheckpointErrorCode>(['checkpoint/corrupt', 'checkpoint/blob-missing']);

function prepareDamage(source: StatementSource) {
  const { db, tables, orm } = source;
  const { blobs, entries, runEvents, runs, sessions, snapshots, toolCalls, turns } = tables;
  const { asc, desc, eq, getTableColumns, gt, sql } = orm;
  const after = sql.placeholder('after');
  // A turn's calls share its number, so that a batch ends with a turn.
  const calledTurns = sql`(SELECT turn FROM ${toolCalls} WHERE turn > ${after} ORDER BY turn LIMIT ${sql.raw(`${BATCH}`)})`;
  return {
    blobs: prepared(db.select().from(blobs).where(gt(blobs.seq, after)).orderBy(asc(blobs.seq)).limit(1)),
    entries: prepared(selectEntries(source).where(gt(entries.seq, after)).orderBy(asc(entries.seq)).limit(BATCH)),
    turns: prepared(selectTurns(source).where(gt(turns.seq, after)).orderBy(asc(turns.seq)).limit(BATCH)),
    toolCalls: prepared(
      db
        .select({ ...getTableColumns(toolCalls), turnId: turns.id, seq: turns.seq })
        .from(toolCalls)
        .innerJoin(turns, eq(turns.seq, toolCalls.turn))
        .where(sql`${toolCalls.turn} IN ${calledTurns}`)
        .orderBy(asc(turns.seq)),
    ),
    snapshots: prepared(
      selectSnapshots(source).where(gt(snapshots.seq, after)).orderBy(asc(snapshots.seq)).limit(BATCH),
    ),
    runs: prepared(
      db
        .select({ ...getTableColumns(runs), sessionRow: sessions.seq })
        .from(runs)
        .leftJoin(sessions, eq(sessions.id, runs.sessionId))
        .where(gt(runs.seq, after))
        .orderBy(asc(runs.seq))
        .limit(BATCH),
    ),
    lastEvents: prepared(
      db
        .select({ lastEvent: runEvents.lastEvent })
        .from(runEvents)
        .where(eq(runEvents.run, sql.placeholder('run')))
        .orderBy(desc(runEvents.lastEvent))
        .limit(1),
    ),
    ordinals: prepared(
      db
        .select({ ordinal: turns.ordinal })
        .from(turns)
        .where(eq(turns.sessionId, sql.placeholder('sessionId'))),
    ),
    turnsCommitted: prepared(
      db
        .select({ turnsCommitted: sessions.turnsCommitted })
        .from(sessions)
        .where(eq(sessions.id, sql.placeholder('sessionId'))),
    ),
    sessions: prepared(
      db
        .select({ seq: sessions.seq, id: sessions.id })
        .from(sessions)
        .where(gt(sessions.seq, after))
        .orderBy(asc(sessions.seq))
        .limit(BATCH),
    ),
  };
}
