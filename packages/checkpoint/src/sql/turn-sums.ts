/**
 * Sums over ledger rows as SQL, alike for both databases.
 *
 * Owns: the text of the statement, and what a row of its result means. Numbers come as text: neither driver has one for all of them.
 */

import type { TokenColumns } from '../ledger.ts';
import {
  type ColumnSum,
  dayOf,
  offsetsOf,
  type TurnKey,
  type TurnRange,
  type TurnSum,
  type TurnSumKey,
  type TurnSumQuery,
} from '../turn-sums.ts';

/** How a database writes what the two write differently. */
export interface SumDialect {
  /** The table of turns. */
  readonly table: string;
  /** Ends a subquery that is to be computed as it stands. */
  readonly fence: string;
  /** A condition that a column is one of the texts of a list, which is bound as a value. */
  isOneOf(column: string, list: readonly string[]): string;
  /** A condition that a column begins with this text, which is bound as a value. */
  beginsWith(column: string, prefix: string): string;
  /** The place of a bound number. */
  bound(value: number): string;
}

const COLUMNS: Readonly<Record<keyof TokenColumns, string>> = {
  fresh: 'fresh',
  cacheRead: 'cache_read',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite1h: 'cache_write_1h',
  cacheWrite30m: 'cache_write_30m',
  cacheWrite12h: 'cache_write_12h',
  cacheWriteUnknown: 'cache_write_unknown',
  output: 'output',
  reasoning: 'reasoning',
};

const PROMPT_COLUMNS: readonly string[] = Object.entries(COLUMNS).flatMap(([name, column]) =>
  name === 'output' || name === 'reasoning' ? [] : [column],
);

/** Costs of a million rows may be more than 64 bits hold: they are added up in two parts. */
const COST_PART = 1_000_000_000n;

/**
 * The statement; its rows are lists of texts for `sumFromRow`. SQLite sorts the rows to group them, so that each column of a key costs time:
 * keys that are numbers are one, which comes first, as it tells most rows apart, and are computed before the rows are sorted, not carried along.
 */
export function sumStatement(query: TurnSumQuery, dialect: SumDialect): string {
  const { numbers, texts } = splitKeys(query.by);
  const keys = [
    ...(numbers.length === 0 ? [] : [packed(numbers.map((key) => numberOf(key, query)))]),
    ...texts.map((key) => TEXT_KEYS[key]),
  ].map((expression, index) => ({ name: `k${index}`, expression }));
  const columns = [...Object.values(COLUMNS), 'cost_pico_usd'];
  const sums = [...Object.values(COLUMNS), 'cost_pico_usd / 1000000000', 'cost_pico_usd % 1000000000'];
  const values = [
    ...keys.map(({ name }) => name),
    'count(*)',
    'min(started_at)',
    'max(started_at)',
    ...sums.map((value) => `sum(${value})`),
    ...columns.map((column) => `count(${column})`),
  ];
  const rows = [...keys.map(({ name, expression }) => `${expression} AS ${name}`), 'started_at', ...columns].join(', ');
  const grouping = keys.length === 0 ? '' : ` GROUP BY ${keys.map(({ name }) => name).join(', ')}`;
  return `SELECT ${values.map((value) => `CAST(${value} AS TEXT)`).join(', ')}
    FROM (SELECT ${rows} FROM ${dialect.table}${rangeCondition(query, dialect)} ${dialect.fence}) AS chosen${grouping}`;
}

/** The condition that a row is in the range; empty for all. */
function rangeCondition(range: TurnRange, dialect: SumDialect): string {
  const { since, until, sessionIds, sessionPrefix, models } = range;
  const conditions = [
    ...(since === undefined ? [] : [`started_at >= ${dialect.bound(since)}`]),
    ...(until === undefined ? [] : [`started_at < ${dialect.bound(until)}`]),
    ...(sessionIds === undefined ? [] : [dialect.isOneOf('session_id', sessionIds)]),
    ...(sessionPrefix === undefined ? [] : [dialect.beginsWith('session_id', sessionPrefix)]),
    ...(models === undefined ? [] : [dialect.isOneOf('model', models)]),
  ];
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** What a row of the result says; `undefined` for the sum of no rows. */
export function sumFromRow(by: readonly TurnKey[], row: readonly (string | null)[]): TurnSum | undefined {
  const { numbers: numberKeys, texts } = splitKeys(by);
  const textsFrom = numberKeys.length > 0 ? 1 : 0;
  const [turns, first, last, ...numbers] = row.slice(textsFrom + texts.length).map((text) => BigInt(text ?? 0));
  if (!turns) return undefined;
  const names = Object.keys(COLUMNS);
  const [sums, counts] = [numbers.slice(0, names.length + 2), numbers.slice(names.length + 2)];
  const [high = 0n, low = 0n] = sums.slice(names.length);
  const columns = names.map((name, index): [string, ColumnSum] => [
    name,
    { sum: sums[index] ?? 0n, turns: Number(counts[index] ?? 0n) },
  ]);
  const textValues = texts.map((key, index) => [key, row[textsFrom + index] ?? null] as const);
  return {
    key: Object.fromEntries([...textValues, ...unpacked(numberKeys, Number(row[0] ?? 0))]),
    turns: Number(turns),
    firstStartedAt: Number(first),
    lastStartedAt: Number(last),
    // Each column has its sum.
    tokens: Object.fromEntries(columns) as TurnSum['tokens'],
    cost: { sum: high * COST_PART + low, turns: Number(counts[names.length] ?? 0n) },
  };
}

const TEXT_KEYS = {
  sessionId: 'session_id',
  family: 'family',
  model: 'model',
  serviceTier: 'service_tier',
  serverTools: 'server_tools',
} as const satisfies Partial<Record<TurnKey, string>>;

type TextKey = keyof typeof TEXT_KEYS;
type NumberKey = Exclude<TurnKey, TextKey>;

/** How many values a key has; a day, which comes first, has any number. */
const SIZES: Readonly<Record<NumberKey, number>> = { day: 0, promptStep: 1000, usageState: 3, hasRawUsage: 2 };

const USAGE_STATES = ['final', 'partial', 'none'] as const;

function splitKeys(by: readonly TurnKey[]): {
  readonly numbers: readonly NumberKey[];
  readonly texts: readonly TextKey[];
} {
  const asked = new Set(by);
  return {
    numbers: (['day', 'promptStep', 'usageState', 'hasRawUsage'] as const).filter((key) => asked.has(key)),
    texts: (['sessionId', 'family', 'model', 'serviceTier', 'serverTools'] as const).filter((key) => asked.has(key)),
  };
}

interface KeyNumber {
  readonly key: NumberKey;
  readonly expression: string;
}

function packed(keys: readonly KeyNumber[]): string {
  return keys.reduce((all, { key, expression }) => `(${all}) * ${SIZES[key]} + ${expression}`, '0');
}

function unpacked(
  keys: readonly NumberKey[],
  number: number,
): readonly (readonly [NumberKey, TurnSumKey[NumberKey]])[] {
  let rest = number;
  const values = keys.toReversed().map((key) => {
    const value = key === 'day' ? rest : rest % SIZES[key];
    rest = (rest - value) / (SIZES[key] || 1);
    return [key, keyValue(key, value)] as const;
  });
  return values.toReversed();
}

function keyValue(key: NumberKey, value: number): TurnSumKey[NumberKey] {
  switch (key) {
    case 'day':
      return dayOf(value);
    case 'promptStep':
      return value;
    case 'usageState':
      return USAGE_STATES[value] ?? 'none';
    case 'hasRawUsage':
      return value === 1;
  }
}

function numberOf(key: NumberKey, { timeZone = 'UTC', promptSteps = [] }: TurnSumQuery): KeyNumber {
  switch (key) {
    case 'day': {
      const offsets = offsetsOf(timeZone);
      const pieces = offsets.map(({ offsetMs }) => `(started_at + ${offsetMs}) / 86400000`);
      return {
        key,
        expression: `(${stepped(
          offsets.slice(1).map(({ from }) => from),
          pieces,
        )})`,
      };
    }
    case 'promptStep': {
      const prompt = PROMPT_COLUMNS.map((column) => `coalesce(${column}, 0)`).join(' + ');
      // Most prompts are small.
      const steps = promptSteps.map((step, index) => `WHEN ${prompt} <= ${step} THEN ${index}`).join(' ');
      return { key, expression: steps === '' ? '0' : `CASE ${steps} ELSE ${promptSteps.length} END` };
    }
    case 'usageState':
      return { key, expression: `CASE usage_state WHEN 'final' THEN 0 WHEN 'partial' THEN 1 ELSE 2 END` };
    case 'hasRawUsage':
      return { key, expression: 'CASE WHEN raw_usage IS NULL THEN 0 ELSE 1 END' };
  }
}

/** The piece of the time between two cuts, found by halves. */
function stepped(cuts: readonly number[], pieces: readonly string[]): string {
  const middle = Math.floor(cuts.length / 2);
  const cut = cuts[middle];
  if (cut === undefined) return pieces[0] ?? '0';
  const before = stepped(cuts.slice(0, middle), pieces.slice(0, middle + 1));
  const after = stepped(cuts.slice(middle + 1), pieces.slice(middle + 1));
  return `CASE WHEN started_at >= ${cut} THEN ${after} ELSE ${before} END`;
}
