import type { TokenColumns, TurnRow } from '../ledger.ts';
import {
  type ColumnSum,
  checkTurnRange,
  checkTurnSumQuery,
  dayReader,
  isTurnIn,
  type TurnKey,
  type TurnRange,
  type TurnSum,
  type TurnSumKey,
  type TurnSumQuery,
} from '../turn-sums.ts';
import type { MemoryData } from './memory-data.ts';

export function sumTurns(data: MemoryData, query: TurnSumQuery): readonly TurnSum[] {
  checkTurnSumQuery(query);
  const keyOf = keyReader(query);
  const groups = new Map<string, { readonly key: Partial<TurnSumKey>; readonly rows: TurnRow[] }>();
  for (const row of rowsIn(data, query)) {
    const key = keyOf(row);
    const name = JSON.stringify(query.by.map((each) => key[each]));
    const group = groups.get(name) ?? { key, rows: [] };
    group.rows.push(row);
    groups.set(name, group);
  }
  return [...groups.values()].map(({ key, rows }) => ({ key, ...sumOf(rows) }));
}

/** In the order of writing. A turn that is committed meanwhile may be missing. */
export async function* streamTurns(open: () => MemoryData, range: TurnRange): AsyncGenerator<TurnRow> {
  const data = open();
  checkTurnRange(range);
  for (const row of [...rowsIn(data, range)]) {
    open();
    yield row;
  }
}

function* rowsIn({ turns }: MemoryData, { sessionIds, sessionPrefix = '', ...range }: TurnRange): Generator<TurnRow> {
  const sessions = sessionIds && new Set(sessionIds);
  for (const row of turns.values()) {
    const isOfSession = row.sessionId.startsWith(sessionPrefix) && (sessions?.has(row.sessionId) ?? true);
    if (isOfSession && isTurnIn(range, row)) yield row;
  }
}

function keyReader({ by, timeZone = 'UTC', promptSteps = [] }: TurnSumQuery): (row: TurnRow) => Partial<TurnSumKey> {
  const dayOf = dayReader(timeZone);
  const readKey = (row: TurnRow, key: TurnKey) => {
    if (key === 'day') return dayOf(row.startedAt);
    if (key === 'hasRawUsage') return row.rawUsage !== null;
    if (key !== 'promptStep') return row[key];
    return promptSteps.filter((step) => promptOf(row.tokens) > step).length;
  };
  return (row) => Object.fromEntries(by.map((key) => [key, readKey(row, key)]));
}

function promptOf({ output: _output, reasoning: _reasoning, ...prompt }: TokenColumns): number {
  return Object.values(prompt).reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

function sumOf(rows: readonly TurnRow[]): Omit<TurnSum, 'key'> {
  const column = (name: keyof TokenColumns) => columnSum(rows.map(({ tokens }) => tokens[name]));
  const times = rows.map(({ startedAt }) => startedAt);
  return {
    turns: rows.length,
    firstStartedAt: times.reduce((first, time) => Math.min(first, time)),
    lastStartedAt: times.reduce((last, time) => Math.max(last, time)),
    tokens: {
      fresh: column('fresh'),
      cacheRead: column('cacheRead'),
      cacheWrite5m: column('cacheWrite5m'),
      cacheWrite1h: column('cacheWrite1h'),
      cacheWrite30m: column('cacheWrite30m'),
      cacheWrite12h: column('cacheWrite12h'),
      cacheWriteUnknown: column('cacheWriteUnknown'),
      output: column('output'),
      reasoning: column('reasoning'),
    },
    cost: columnSum(rows.map(({ costPicoUsd }) => costPicoUsd)),
  };
}

function columnSum(values: readonly (number | bigint | null)[]): ColumnSum {
  const reported = values.filter((value) => value !== null);
  return { sum: reported.reduce<bigint>((sum, value) => sum + BigInt(value), 0n), turns: reported.length };
}
