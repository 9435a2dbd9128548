import type { AuditReport, ReportedSession, ReportRenderer, ReportScope } from '../report/audit-report.ts';
import { renderBreaks } from './breaks.ts';
import { renderGroups } from './groups.ts';
import { renderStatement, type TerminalOptions } from './terminal.ts';
import { printable, wrap } from './text.ts';
import { isNothingRead, leftOutNotes, notes, verdict } from './verdict.ts';
import { renderAdvice, renderWhatIf } from './what-if.ts';

/** A report as text for a terminal: by turn a statement a session, as they come, and else a table of the groups. */
export function tableRenderer(
  scope: ReportScope,
  options: TerminalOptions & { readonly width: number },
): ReportRenderer {
  let sessions = 0;
  return {
    begin: () => [],
    *session(session) {
      if (scope.by !== 'turn') return;
      sessions += 1;
      const isOnly = scope.sessionIds?.length === 1;
      const heading = isOnly ? '' : `${headingOf(session)}\n`;
      yield `${sessions > 1 ? '\n' : ''}${heading}${renderStatement(session.statement, options)}\n`;
    },
    *end(report) {
      if (isNothingRead(report)) return yield `\n${leftOutText(report, options.width)}\n`;
      if (scope.by !== 'turn') yield `${renderGroups(report, scope.by, options)}\n`;
      else if (sessions !== 1) yield `\n${totals(report, options.width)}\n`;
      if (report.leftOut.length > 0) yield `\n${leftOutText(report, options.width)}\n`;
      for (const text of breakTexts(report, options)) yield `\n${text}\n`;
      if (report.whatIf) yield `\n${renderWhatIf(report.whatIf, options)}\n`;
      if (report.advice) yield `\n${renderAdvice(report.advice, options)}\n`;
    },
  };
}

function headingOf({ sessionId, source }: ReportedSession): string {
  return `session ${printable(sessionId, 60)}, ${printable(source, 80)}`;
}

/** A text a session with breaks, or one that says there are none. */
function breakTexts({ breaks, sessionCount }: AuditReport, options: TerminalOptions): readonly string[] {
  if (!breaks) return [];
  if (breaks.length === 0) return [renderBreaks([], options)];
  return [...Map.groupBy(breaks, ({ sessionId }) => sessionId)].map(([sessionId, marks]) => {
    const heading = sessionCount === 1 ? '' : `session ${printable(sessionId, 60)}:\n`;
    return (
      heading +
      renderBreaks(
        marks.map(({ number, found }) => ({ ...found, turn: number })),
        options,
      )
    );
  });
}

function leftOutText({ leftOut }: AuditReport, width: number): string {
  return leftOutNotes(leftOut)
    .flatMap((sentence) => wrap(sentence, width))
    .join('\n');
}

function totals({ sums, sessionCount }: AuditReport, width: number): string {
  const head = `In all ${sessionCount} sessions:`;
  return [head, verdict(sums), ...notes(sums)].flatMap((sentence) => wrap(sentence, width)).join('\n');
}
