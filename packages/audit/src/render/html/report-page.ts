import type { AuditReport, ReportBreak } from '../../report/audit-report.ts';
import type { StatementSums } from '../../report/statement-sums.ts';
import type { CacheStatement } from '../../statement.ts';
import type { TurnStatement } from '../../turn-statement.ts';
import type { WhatIf } from '../../what-if/table.ts';
import { statementColumns, tokenSumCell } from '../columns.ts';
import { groupColumns } from '../groups.ts';
import { decimalsFor, formatInteger, formatPicoUsd } from '../money.ts';
import { PLAIN } from '../paint.ts';
import { countOf, formatPercent, isNothingRead, leftOutNotes, notes, verdict } from '../verdict.ts';
import { adviceSentence, planColumns, plansOf, residualNote } from '../what-if.ts';
import { breakTip } from './break-tip.ts';
import type { Figure, PageTable, ReportPage } from './page.ts';
import { formatTime, reportCharts, SERIES_TABLE, type SummedPoint, summedPoints } from './report-charts.ts';

/** A turn that has a row of its own on a page. */
export interface ShownTurn {
  readonly sessionId: string;
  readonly turn: TurnStatement;
}

/** A report as it stands on a page. `shown` are the turns that have rows of their own. */
export function reportPage(report: AuditReport, shown: readonly ShownTurn[]): ReportPage {
  const points = summedPoints(report.series);
  return {
    title: 'What prompt caching cost and saved',
    subtitle: subtitle(report),
    verdict: isNothingRead(report) ? 'Nothing could be read.' : verdict(report.sums),
    notes: [
      ...leftOutNotes(report.leftOut),
      ...notes(report.sums),
      ...(report.advice ? [adviceSentence(report.advice)] : []),
    ],
    figures: figures(report),
    charts: reportCharts(report, points),
    tables: [
      ...(report.whatIf ? whatIfTables('what-if', report.whatIf) : []),
      ...(report.advice && !report.whatIf ? whatIfTables('advice', report.advice.table) : []),
      ...breakTables(report.breaks),
      ...groupTables(report),
      ...turnTables(report, shown),
      ...(points.length > 0 ? [seriesTable(report, points)] : []),
    ],
  };
}

function subtitle({ scope, sessionCount, sums }: AuditReport): string {
  const { since, until, models, sources, madeAt } = scope;
  const window = [
    ...(since === undefined ? [] : [`from ${formatTime(since)}`]),
    ...(until === undefined ? [] : [`before ${formatTime(until)}`]),
    ...(models ? [`by ${models.join(', ')}`] : []),
  ];
  const places = sources.length > 3 ? [`${sources.length} files`] : sources.map(({ path }) => path);
  const what = `${countOf(sums.turnCount, 'turn')} of ${countOf(sessionCount, 'session')}`;
  return [[what, ...window].join(' '), places.join(', '), `made ${formatTime(madeAt)}`].join(' · ');
}

function figures({ sums, breaks }: AuditReport): readonly Figure[] {
  const { money, covered, hitRatio, turnCount, unpricedTurns } = sums;
  const decimals = decimalsFor([money?.baselinePicoUsd ?? 0n]);
  const atLeast = unpricedTurns > 0 ? 'at least ' : '';
  const dollars = (picoUsd: bigint | undefined) =>
    picoUsd === undefined ? 'unknown' : atLeast + formatPicoUsd(picoUsd, decimals);
  return [
    { name: 'turns', value: formatInteger(turnCount) },
    { name: 'paid', value: dollars(money?.paidPicoUsd) },
    { name: 'without a cache', value: dollars(money?.baselinePicoUsd) },
    {
      name: savedName(sums),
      value: covered.turnCount === 0 ? 'unknown' : formatPicoUsd(covered.money.savedPicoUsd, decimals),
    },
    { name: 'hit ratio', value: hitRatio === undefined ? 'unknown' : formatPercent(hitRatio) },
    { name: 'tokens written in vain', value: tokenSumCell(sums.wastedWrites, turnCount) },
    { name: 'tokens missed', value: tokenSumCell(sums.missedReads, turnCount) },
    ...(breaks ? [{ name: 'breaks', value: formatInteger(breaks.length) }] : []),
  ];
}

function savedName({ covered, turnCount }: StatementSums): string {
  return covered.turnCount === turnCount ? 'saved' : `saved on ${countOf(covered.turnCount, 'covered turn')}`;
}

const LEFT = 'left';
const RIGHT = 'right';

function breakTables(breaks: readonly ReportBreak[] | undefined): readonly PageTable[] {
  if (!breaks) return [];
  const rows = breaks.map((mark) => {
    const { sessionId, number, at, found } = mark;
    const lost =
      found.lostPicoUsd === undefined ? '?' : formatPicoUsd(found.lostPicoUsd, decimalsFor([found.lostPicoUsd]));
    const [, ...why] = breakTip(mark);
    return [sessionId, formatInteger(number), formatTime(at), formatInteger(found.missedTokens), lost, why.join(' ')];
  });
  const columns = [
    { name: 'session', align: LEFT },
    { name: 'turn', align: RIGHT },
    { name: 'time', align: LEFT },
    { name: 'tokens missed', align: RIGHT },
    { name: 'lost', align: RIGHT },
    { name: 'why', align: LEFT },
  ] as const;
  const caption = breaks.length === 0 ? 'Breaks: none was found' : 'Breaks: turns that read less than they could have';
  return [{ id: 'breaks', caption, columns, rows, isFolded: rows.length > MAX_OPEN_ROWS }];
}

const MAX_OPEN_ROWS = 100;

/** The plans side by side, the one in use last, and what all that takes for granted. */
function whatIfTables(id: string, table: WhatIf): readonly PageTable[] {
  const { recorded, residual, assumptions } = table;
  if (table.turnCount === 0) return [];
  const columns = planColumns(table, WIDE);
  const plans = plansOf(table).map((row) => columns.map(({ cell }) => cell(row, PLAIN)));
  const inUse = columns.map(({ sum }) => sum(recorded, PLAIN));
  return [
    { id, caption: 'What other plans would have cost', columns, rows: [...plans, inUse], isFolded: false },
    {
      id: `${id}-terms`,
      caption: 'What this takes for granted',
      columns: [{ name: 'assumption', align: LEFT }],
      rows: [residualNote(residual), ...assumptions].map((text) => [text]),
      isFolded: false,
    },
  ];
}

/** In characters: a page breaks its lines itself. */
const WIDE = 200;

function groupTables({ groups, sums, scope }: AuditReport): readonly PageTable[] {
  if (groups.length === 0) return [];
  const { by, groupsAre = by, timeZone } = scope;
  const columns = groupColumns(groups, groupsAre, (name) => name);
  return [
    {
      id: 'groups',
      caption: by === 'day' && timeZone !== undefined ? `By day (${timeZone})` : `By ${groupsAre}`,
      columns,
      rows: [
        ...groups.map((group) => columns.map(({ cell }) => cell(group, PLAIN))),
        columns.map(({ sum }) => sum(sums, PLAIN)),
      ],
      isFolded: groups.length > MAX_OPEN_ROWS,
    },
  ];
}

function turnTables({ sums }: AuditReport, shown: readonly ShownTurn[]): readonly PageTable[] {
  if (shown.length === 0) return [];
  const statement: CacheStatement = { ...sums, turns: shown.map(({ turn }) => turn) };
  const columns = statementColumns(statement).filter(({ name }) => name !== 'prompt');
  const isWhole = shown.length === sums.turnCount;
  const rows = shown.map(({ sessionId, turn }) => [sessionId, ...columns.map(({ cell }) => cell(turn, PLAIN))]);
  return [
    {
      id: 'turns',
      caption: isWhole
        ? 'Turns'
        : `The first ${formatInteger(shown.length)} of ${countOf(sums.turnCount, 'turn')}; --format csv has all`,
      columns: [{ name: 'session', align: LEFT }, ...columns],
      rows: [...rows, ['', ...columns.map(({ sum }) => sum(statement, PLAIN))]],
      isFolded: true,
    },
  ];
}

/** The numbers of the charts. */
function seriesTable({ series: { unit } }: AuditReport, points: readonly SummedPoint[]): PageTable {
  const decimals = decimalsFor(points.map(({ baselinePicoUsd }) => baselinePicoUsd));
  const names = ['turns', 'read', 'written', 'fresh', 'hit', 'paid', 'without a cache'];
  const rows = points.map((point) => {
    const { turnCount, silentTurns, unpricedTurns, hitRatio } = point;
    const tokens = (count: number) => tokenSumCell({ tokens: count, missingTurns: silentTurns }, turnCount);
    const dollars = (picoUsd: bigint) => {
      if (unpricedTurns === turnCount) return '?';
      return `${unpricedTurns > 0 ? '≥' : ''}${formatPicoUsd(picoUsd, decimals)}`;
    };
    return [
      formatTime(point.at),
      formatInteger(turnCount),
      ...[point.read, point.written, point.fresh].map(tokens),
      hitRatio === undefined ? '–' : formatPercent(hitRatio),
      dollars(point.paidPicoUsd),
      dollars(point.baselinePicoUsd),
    ];
  });
  return {
    id: SERIES_TABLE,
    caption: `Over time, ${unit} by ${unit}: the numbers of the charts`,
    columns: [{ name: 'time', align: LEFT }, ...names.map((name) => ({ name, align: RIGHT }) as const)],
    rows,
    isFolded: true,
  };
}
