import { dayReader } from '@reprise/checkpoint';
import { type StatementOptions, statementOf } from '../statement.ts';
import type { TurnStatement } from '../turn-statement.ts';
import type { AuditedSession } from './audited-session.ts';
import { addSums, type StatementSums } from './statement-sums.ts';
import { createSeriesBuilder, type TimeSeries } from './time-series.ts';

/** What the turns of a report are put together by. */
export type GroupBy = 'turn' | 'session' | 'model' | 'day' | 'tag';

export interface ReportGroup {
  /** A session's id, a model's name, a day of UTC such as `2026-11-21`, or a tag. */
  readonly name: string;
  readonly sums: StatementSums;
}

/** What all the sessions of a report come to. */
export interface ReportSums {
  readonly sessionCount: number;
  readonly sums: StatementSums;
  /** Empty by turn. A turn with several tags is in several groups. Days and sessions in their order, the others by what was paid. */
  readonly groups: readonly ReportGroup[];
  readonly series: TimeSeries;
}

export interface ReportCollector {
  add(session: AuditedSession): void;
  report(): ReportSums;
}

export interface CollectorOptions extends Pick<StatementOptions, 'allowPartial'> {
  /** Whose days; an IANA name. Default `UTC`. */
  readonly timeZone?: string | undefined;
}

/** Adds up sessions as they come and forgets their turns: its memory grows with the groups, not with the turns. */
export function createReportCollector(by: GroupBy, { timeZone, ...options }: CollectorOptions = {}): ReportCollector {
  const dayOf = dayReader(timeZone);
  const series = createSeriesBuilder();
  const groups = new Map<string, StatementSums>();
  let sums = sumsOf([], options);
  let sessionCount = 0;

  function addTo(name: string, turns: readonly TurnStatement[]): void {
    const added = sumsOf(turns, options);
    const before = groups.get(name);
    groups.set(name, before ? addSums(before, added, options) : added);
  }

  return {
    add(session) {
      const { turns } = session.statement;
      if (turns.length === 0) return;
      sessionCount += 1;
      sums = addSums(sums, sumsOf(turns, options), options);
      for (const turn of turns) series.add(turn);
      for (const [name, members] of partition(session, { by, dayOf })) addTo(name, members);
    },
    report: () => ({
      sessionCount,
      sums,
      groups: inOrder(
        [...groups].map(([name, of]) => ({ name, sums: of })),
        by,
      ),
      series: series.series(),
    }),
  };
}

function sumsOf(turns: readonly TurnStatement[], options: Pick<StatementOptions, 'allowPartial'>): StatementSums {
  const { turns: _turns, ...sums } = statementOf(turns, options);
  return sums;
}

interface Grouping {
  readonly by: GroupBy;
  readonly dayOf: (at: number) => string;
}

function partition(session: AuditedSession, grouping: Grouping): ReadonlyMap<string, readonly TurnStatement[]> {
  const parts = new Map<string, TurnStatement[]>();
  for (const turn of session.statement.turns) {
    for (const name of groupNames(turn, session, grouping)) {
      const part = parts.get(name);
      if (part) part.push(turn);
      else parts.set(name, [turn]);
    }
  }
  return parts;
}

/** What stands for turns that have no tag. */
const NO_TAG = '(no tag)';

function groupNames(
  turn: TurnStatement,
  { sessionId, tags, turnTags }: AuditedSession,
  { by, dayOf }: Grouping,
): readonly string[] {
  switch (by) {
    case 'turn':
      return [];
    case 'session':
      return [sessionId];
    case 'model':
      return [turn.model];
    case 'day':
      return [dayOf(turn.startedAt)];
    case 'tag': {
      const all = new Set([...tags, ...(turnTags.get(turn.id) ?? [])]);
      return all.size > 0 ? [...all] : [NO_TAG];
    }
  }
}

function inOrder(groups: readonly ReportGroup[], by: GroupBy): readonly ReportGroup[] {
  if (by === 'day') return groups.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  if (by === 'session') return groups;
  const paid = ({ sums }: ReportGroup) => sums.money?.paidPicoUsd ?? 0n;
  return groups.toSorted((one, other) => (paid(one) === paid(other) ? 0 : paid(one) > paid(other) ? -1 : 1));
}
