import type { TurnRow } from '../../ledger.ts';
import { type SumDialect, sumFromRow, sumStatement } from '../../sql/turn-sums.ts';
import type { CheckpointStore } from '../../store.ts';
import { checkTurnRange, checkTurnSumQuery, type TurnRange } from '../../turn-sums.ts';
import type { SqliteContext } from '../context.ts';
import { prefixRange } from '../prefix.ts';
import type { Rows } from '../rows/rows.ts';

/** What is read of the ledger of the whole store. */
export function ledgerMethods(context: SqliteContext, rows: Rows): Pick<CheckpointStore, 'sumTurns' | 'streamTurns'> {
  const { connection, read } = context;
  return {
    sumTurns: (query) =>
      read(() => {
        checkTurnSumQuery(query);
        const values: BoundValue[] = [];
        const statement = connection.prepare<unknown[], (string | null)[]>(sumStatement(query, dialect(values)));
        const found = withLargeCache(connection, () => statement.raw(true).all(...values));
        return found.flatMap((row) => sumFromRow(query.by, row) ?? []);
      }),
    streamTurns: (range = {}) => streamTurns(context, rows, range),
  };
}

type BoundValue = string | number | Uint8Array;

function dialect(values: BoundValue[]): SumDialect {
  return {
    table: 'turns',
    // Flattened into its outer query, the subquery would be computed after the rows are sorted.
    fence: 'LIMIT -1',
    isOneOf: (column, list) => {
      values.push(JSON.stringify(list));
      return `${column} IN (SELECT value FROM json_each(?))`;
    },
    beginsWith: (column, prefix) => {
      const range = prefixRange(prefix);
      values.push(range.prefix, range.prefixEnd);
      return `${column} >= ? AND ${column} < ?`;
    },
    bound: (value) => {
      values.push(value);
      return '?';
    },
  };
}

/** In KiB: SQLite sorts the rows in as much memory as its cache may take, and the rest in files. */
const SORTING_KIB = 32_000;

function withLargeCache<Result>(connection: SqliteContext['connection'], work: () => Result): Result {
  const before = Number(connection.pragma('cache_size', { simple: true }));
  connection.pragma(`cache_size = -${SORTING_KIB}`);
  try {
    return work();
  } finally {
    connection.pragma(`cache_size = ${before}`);
  }
}

/** How many rows are read at a time. */
const BATCH = 200;

async function* streamTurns({ read }: SqliteContext, { turns }: Rows, range: TurnRange): AsyncGenerator<TurnRow> {
  checkTurnRange(range);
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after;
    const batch = await read(() => turns.after(from, range, BATCH));
    for (const { row } of batch) yield row;
    after = batch.at(-1)?.seq;
  }
}
