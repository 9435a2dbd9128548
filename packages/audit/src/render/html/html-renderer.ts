import type { ReportedSession, ReportRenderer, ReportScope } from '../../report/audit-report.ts';
import { renderPage } from './render-page.ts';
import { reportPage, type ShownTurn } from './report-page.ts';

/** A report as one HTML file. By turn, the first `maxTurns` have rows of their own; the charts are over all. */
export function htmlRenderer(scope: ReportScope, maxTurns = 2000): ReportRenderer {
  const shown: ShownTurn[] = [];
  return {
    begin: () => [],
    session(session: ReportedSession) {
      if (scope.by !== 'turn') return [];
      const { sessionId, statement } = session;
      const room = maxTurns - shown.length;
      shown.push(...statement.turns.slice(0, room).map((turn) => ({ sessionId, turn })));
      return [];
    },
    end: (report) => [renderPage(reportPage(report, shown))],
  };
}
