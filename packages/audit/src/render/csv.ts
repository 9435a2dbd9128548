import type { Count } from '@reprise/providers';
import type { ReportedSession, ReportRenderer, ReportScope } from '../report/audit-report.ts';
import type { StatementSums } from '../report/statement-sums.ts';
import type { Loss, TokenSum } from '../statement.ts';
import type { Money, TokenBucket, TurnStatement } from '../turn-statement.ts';
import { exactDollars } from './json.ts';

/**
 * A report as comma-separated values (RFC 4180): a line a turn, or a line a group.
 *
 * Q1. What nobody knows is an empty field, never 0. Money is dollars to the last digit.
 * Q2. A text that a spreadsheet would take for a formula begins with an apostrophe.
 */
export function csvRenderer({ by, groupsAre = by }: ReportScope): ReportRenderer {
  return {
    *begin() {
      const names = by === 'turn' ? TURN_COLUMNS.map(([name]) => name) : GROUP_COLUMNS.map(([name]) => name);
      yield csvLine(by === 'turn' ? names : [groupsAre, ...names]);
    },
    *session(session) {
      if (by !== 'turn') return;
      for (const turn of session.statement.turns) yield csvLine(TURN_COLUMNS.map(([, cell]) => cell(turn, session)));
    },
    *end({ groups }) {
      for (const group of groups) yield csvLine([group.name, ...GROUP_COLUMNS.map(([, cell]) => cell(group.sums))]);
    },
  };
}

/** Text, a number as it is to be read, or `undefined` for what nobody knows. */
export type Cell = string | { readonly number: string } | undefined;

/** A line with its end. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(field).join(',')}\r\n`;
}

function field(cell: Cell): string {
  if (typeof cell !== 'string') return cell?.number ?? '';
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function number(value: Count | undefined): Cell {
  return typeof value === 'number' ? { number: String(value) } : undefined;
}

function dollars(picoUsd: bigint | undefined): Cell {
  return picoUsd === undefined ? undefined : { number: exactDollars(picoUsd) };
}

const BUCKETS: readonly (readonly [name: string, bucket: TokenBucket])[] = [
  ['fresh', 'fresh'],
  ['cache_read', 'cacheRead'],
  ['cache_write', 'cacheWrite'],
  ['output', 'output'],
  ['reasoning', 'reasoning'],
];

const MONEY: readonly (readonly [name: string, field: keyof Money])[] = [
  ['paid_usd', 'paidPicoUsd'],
  ['baseline_usd', 'baselinePicoUsd'],
  ['read_savings_usd', 'readSavingsPicoUsd'],
  ['write_surcharge_usd', 'writeSurchargePicoUsd'],
  ['beside_usd', 'besidePicoUsd'],
];

type TurnColumn = readonly [name: string, cell: (turn: TurnStatement, session: ReportedSession) => Cell];

const TURN_COLUMNS: readonly TurnColumn[] = [
  ['session', (_turn, { sessionId }) => sessionId],
  ['source', (_turn, { source }) => source],
  ['turn', (turn) => number(turn.number)],
  ['id', ({ id }) => id],
  ['started_at', ({ startedAt }) => new Date(startedAt).toISOString()],
  ['family', ({ family }) => family],
  ['model', ({ model }) => model],
  ...BUCKETS.map(([name, bucket]): TurnColumn => [`${name}_tokens`, ({ tokens }) => number(tokens[bucket])]),
  ['hit_ratio', ({ hitRatio }) => number(hitRatio)],
  ['price_status', ({ priceStatus }) => priceStatus],
  ...MONEY.map(([name, of]): TurnColumn => [name, ({ money }) => dollars(money?.[of])]),
  ['saving_status', ({ savingStatus }) => savingStatus],
  ['saved_usd', ({ money, savingStatus }) => dollars(savingStatus === 'unknown' ? undefined : money?.savedPicoUsd)],
  ['wasted_write_tokens', ({ wastedWrite }) => number(wastedWrite.tokens)],
  ['wasted_write_usd', ({ wastedWrite }) => dollars(wastedWrite.picoUsd)],
  ['missed_read_tokens', ({ missedRead }) => number(missedRead.tokens)],
  ['missed_read_usd', ({ missedRead }) => dollars(missedRead.picoUsd)],
];

type GroupColumn = readonly [name: string, cell: (sums: StatementSums) => Cell];

/** Of sums, those over the turns that reported; beside each stands how many did not. */
const GROUP_COLUMNS: readonly GroupColumn[] = [
  ['turns', ({ turnCount }) => number(turnCount)],
  ['silent_turns', ({ silentTurns }) => number(silentTurns)],
  ['unpriced_turns', ({ unpricedTurns }) => number(unpricedTurns)],
  ['estimated_turns', ({ estimatedTurns }) => number(estimatedTurns)],
  ...BUCKETS.flatMap(([name, bucket]): readonly GroupColumn[] => sumColumns(name, ({ tokens }) => tokens[bucket])),
  ...MONEY.map(([name, of]): GroupColumn => [name, ({ money }) => dollars(money?.[of])]),
  ['covered_turns', ({ covered }) => number(covered.turnCount)],
  ['covered_saved_usd', ({ covered }) => dollars(covered.turnCount === 0 ? undefined : covered.money.savedPicoUsd)],
  ['hit_ratio', ({ hitRatio }) => number(hitRatio)],
  ['saved_ratio', ({ savedRatio }) => number(savedRatio)],
  ...sumColumns('wasted_write', ({ wastedWrites }) => wastedWrites),
  ['wasted_write_usd', (sums) => dollars(lossOf(sums.wastedWrites, sums.turnCount))],
  ...sumColumns('missed_read', ({ missedReads }) => missedReads),
  ['missed_read_usd', (sums) => dollars(lossOf(sums.missedReads, sums.turnCount))],
];

function sumColumns(name: string, sumOf: (sums: StatementSums) => TokenSum): readonly GroupColumn[] {
  return [
    [`${name}_tokens`, (sums) => number(knownSum(sumOf(sums), sums.turnCount))],
    [`${name}_missing_turns`, (sums) => number(sumOf(sums).missingTurns)],
  ];
}

function knownSum({ tokens, missingTurns }: TokenSum, turnCount: number): number | undefined {
  return turnCount > 0 && missingTurns === turnCount ? undefined : tokens;
}

function lossOf(loss: Loss, turnCount: number): bigint | undefined {
  return knownSum(loss, turnCount) === undefined || (loss.picoUsd === 0n && loss.unpricedTurns > 0)
    ? undefined
    : loss.picoUsd;
}
