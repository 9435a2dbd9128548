import type { RunEvent, RunId } from '../../run.ts';
import { eventsFromRows } from '../../sql/run-rows.ts';
import type { Connection } from '../database.ts';
import { prepared, type StatementSource } from '../statements.ts';

/** Events of the run after that number, at most so many, checked to be all of them; `undefined` if there is no such run. */
export async function findEvents(
  connection: Connection,
  runId: RunId,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly RunEvent[] | undefined> {
  const rows = await connection.use(prepareEvents).execute({ runId, after, limit });
  const [first] = rows;
  if (first === undefined) return undefined;
  const run = { id: runId, lastEvent: first.runLastEvent };
  const added = rows.flatMap(({ row }) => row ?? []);
  return eventsFromRows(run, added, { after, limit });
}

/** The run in a row without events when it has none after that number. One statement sees one moment. */
function prepareEvents(source: StatementSource) {
  const { db, tables, orm } = source;
  const { runEvents, runs } = tables;
  const { and, asc, eq, getTableColumns, sql } = orm;
  const after = sql`${sql.placeholder('after')}::bigint`;
  // The row in which the last of them is: what comes after it may be long.
  const end = sql`(
    SELECT last_event FROM ${runEvents} AS e WHERE e.run = ${runs.seq} AND e.last_event >= ${after} + ${sql.placeholder('limit')}::bigint
    ORDER BY last_event LIMIT 1
  )`;
  const isAsked = and(
    eq(runEvents.run, runs.seq),
    sql`${runEvents.lastEvent} > ${after}`,
    sql`${runEvents.lastEvent} <= coalesce(${end}, ${sql.raw(`${2n ** 63n - 1n}`)})`,
  );
  return prepared(
    db
      .select({ runLastEvent: runs.lastEvent, row: getTableColumns(runEvents) })
      .from(runs)
      .leftJoin(runEvents, isAsked)
      .where(eq(runs.id, sql.placeholder('runId')))
      .orderBy(asc(runEvents.lastEvent)),
  );
}
