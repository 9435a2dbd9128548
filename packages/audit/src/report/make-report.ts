import { explainTurns } from '../explain/explain-turns.ts';
import { mergeTurns } from '../replay/merge-turns.ts';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import { advise } from '../what-if/advise.ts';
import type { Scenario } from '../what-if/scenario.ts';
import { whatIf } from '../what-if/what-if.ts';
import type { AuditReport, ReportBreak, ReportedImport, ReportRenderer, ReportScope } from './audit-report.ts';
import type { AuditedSession } from './audited-session.ts';
import { createReportCollector } from './collect-report.ts';
import type { DamagedSession } from './damaged-session.ts';
import { type Place, type VisitOptions, visitSessions } from './visit-sessions.ts';

export interface ReportQuestion {
  readonly scope: ReportScope;
  /** Whether each turn that fell short is explained. */
  readonly explains: boolean;
  /** Plans to replay; empty for none. */
  readonly scenarios: readonly Scenario[];
  readonly advises: boolean;
  readonly options: Pick<VisitOptions, 'allowPartial' | 'onProgress' | 'schema'>;
}

export interface ReportSink {
  readonly renderer: ReportRenderer;
  readonly write: (piece: string) => Promise<void>;
  /** Is told of what was passed over, and what a log had that could not be read. */
  readonly onNote: (note: string) => void;
}

/**
 * Reads the places once, and writes what the renderer makes of it. Turns are forgotten as they come, unless plans are to be replayed: then the
 * requests of all sessions are kept.
 */
export async function makeReport(
  places: readonly Place[],
  { scope, explains, scenarios, advises, options }: ReportQuestion,
  { renderer, write, onNote }: ReportSink,
): Promise<AuditReport> {
  const collector = createReportCollector(scope.by, { ...options, timeZone: scope.timeZone });
  const replays = scenarios.length > 0 || advises;
  const imports: ReportedImport[] = [];
  const leftOut: DamagedSession[] = [];
  const breaks: ReportBreak[] = [];
  const branches: Iterable<RecordedTurn>[] = [];
  const put = async (pieces: Iterable<string>) => {
    for (const piece of pieces) await write(piece);
  };

  await put(renderer.begin());
  const { sessionIds, since, until, models, madeAt: asOf } = scope;
  const asked = {
    ...options,
    since,
    until,
    models,
    asOf,
    withContent: explains || replays,
    ...(sessionIds ? { sessionIds } : {}),
  };
  await visitSessions(places, asked, {
    onNote,
    damaged: (session) => leftOut.push(session),
    imported: (report, kind) => imports.push({ ...report, kind }),
    session: async (session) => {
      if (session.statement.turnCount === 0) return;
      const turns = explains || replays ? await session.recordedTurns() : [];
      if (replays) branches.push(turns);
      const found = explains ? findBreaks(session, turns) : undefined;
      breaks.push(...(found ?? []));
      collector.add(session);
      await put(renderer.session(found ? { ...session, breaks: found } : session));
    },
  });
  const turns = mergeTurns(branches);
  const report = {
    ...collector.report(),
    scope,
    imports,
    leftOut,
    ...(explains ? { breaks } : {}),
    ...(scenarios.length > 0 ? { whatIf: whatIf(turns, scenarios) } : {}),
    ...(advises ? { advice: advise(turns) } : {}),
  };
  await put(renderer.end(report));
  return report;
}

/** The breaks of the turns that the session's statement shows: those of others are told where they belong. */
function findBreaks({ sessionId, statement }: AuditedSession, turns: Iterable<RecordedTurn>): readonly ReportBreak[] {
  const shown = new Map(statement.turns.map((turn) => [turn.id, turn]));
  const breaks: ReportBreak[] = [];
  for (const { id, break: found } of explainTurns(turns)) {
    const turn = shown.get(id);
    if (turn && found) breaks.push({ sessionId, number: turn.number, at: turn.startedAt, found });
  }
  return breaks;
}
