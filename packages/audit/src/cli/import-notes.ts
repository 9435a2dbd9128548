import { countOf } from '../render/verdict.ts';
import type { ReportedImport } from '../report/audit-report.ts';

/** What somebody should know who trusts the figures of imported logs, a sentence each; nothing where all went well. */
export function importNotes(report: ReportedImport): readonly string[] {
  const { kind, malformed, malformedLines, unreadable, unreadableFiles, conflicts, skipped } = report;
  const places = malformed.slice(0, MAX_PLACES).map(({ path, line, reason }) => `${path}:${line} (${reason})`);
  const more = malformedLines > places.length ? `, and ${malformedLines - places.length} more` : '';
  return [
    ...(malformedLines > 0
      ? [`${countOf(malformedLines, 'malformed line')} in ${kind} logs: ${places.join(', ')}${more}.`]
      : []),
    ...(skipped['no-usage'] > 0
      ? [`${skipped['no-usage']} responses in ${kind} logs have no counts and are left out.`]
      : []),
    ...(conflicts > 0
      ? [`${conflicts} responses in ${kind} logs were met twice with different counts; the first was kept.`]
      : []),
    ...unreadable.slice(0, MAX_PLACES).map(({ path, reason }) => `${path} was not read to its end: ${reason}`),
    ...(unreadableFiles > MAX_PLACES ? [`${unreadableFiles - MAX_PLACES} more files were not read to their end.`] : []),
  ];
}

const MAX_PLACES = 5;
