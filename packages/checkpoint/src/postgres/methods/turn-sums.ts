import type { TurnRow } from '../../ledger.ts';
import { prefixEnd } from '../../sql/prefix-end.ts';
import { type SumDialect, sumFromRow, sumStatement } from '../../sql/turn-sums.ts';
import type { CheckpointStore } from '../../store.ts';
import { checkTurnRange, checkTurnSumQuery, type TurnRange, type TurnSum, type TurnSumQuery } from '../../turn-sums.ts';
import type { Connection, Database } from '../database.ts';
import { beginsWith } from '../lists.ts';
import { type StoredTurn, selectTurns, storedTurn } from '../rows/turns.ts';
import type { StatementSource } from '../statements.ts';

/** What is read of the ledger of the whole store. */
export function createLedgerMethods(database: Database): Pick<CheckpointStore, 'sumTurns' | 'streamTurns'> {
  return {
    async sumTurns(query) {
      checkTurnSumQuery(query);
      return database.ask((connection) => sumTurns(connection, query));
    },
    streamTurns: (range = {}) => streamTurns(database, range),
  };
}

/** A statement of each query's own is not worth keeping. */
const sourceOf = (source: StatementSource) => source;

async function sumTurns(connection: Connection, query: TurnSumQuery): Promise<readonly TurnSum[]> {
  const { client, core, orm, tables } = connection.use(sourceOf);
  const { sql: table } = new core.PgDialect().sqlToQuery(orm.sql`${tables.turns}`);
  const values: unknown[] = [];
  const text = sumStatement(query, dialect(table, values));
  const { rows } = await client.query<(string | null)[]>({ text, values, rowMode: 'array' });
  return rows.flatMap((row) => sumFromRow(query.by, row) ?? []);
}

function dialect(table: string, values: unknown[]): SumDialect {
  const place = (value: unknown) => `$${values.push(value)}`;
  return {
    table,
    fence: '',
    isOneOf: (column, list) => `${column} = ANY (${place(list)}::text[])`,
    beginsWith: (column, prefix) => {
      const end = prefixEnd(prefix);
      return `${column} >= ${place(prefix)}::text${end === undefined ? '' : ` AND ${column} < ${place(end)}::text`}`;
    },
    bound: (value) => `${place(value)}::numeric`,
  };
}

/** How many rows are read at a time. */
const BATCH = 200;

async function* streamTurns(database: Database, range: TurnRange): AsyncGenerator<TurnRow> {
  database.requireOpen();
  checkTurnRange(range);
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after;
    const batch = await database.ask((connection) => turnsAfter(connection, from, range));
    for (const { row } of batch) yield row;
    after = batch.at(-1)?.seq;
  }
}

async function turnsAfter(
  connection: Connection,
  seq: number,
  { since, until, sessionIds, sessionPrefix, models }: TurnRange,
): Promise<readonly StoredTurn[]> {
  const source = connection.use(sourceOf);
  const { orm, tables } = source;
  const { and, asc, gt, inArray, sql } = orm;
  const { turns } = tables;
  const rows = await selectTurns(source)
    .where(
      and(
        gt(turns.seq, seq),
        since === undefined ? undefined : sql`${turns.startedAt} >= ${since}::numeric`,
        until === undefined ? undefined : sql`${turns.startedAt} < ${until}::numeric`,
        sessionIds && inArray(turns.sessionId, [...sessionIds]),
        beginsWith(source, turns.sessionId, sessionPrefix),
        models && inArray(turns.model, [...models]),
      ),
    )
    .orderBy(asc(turns.seq))
    .limit(BATCH);
  return rows.map(storedTurn);
}
