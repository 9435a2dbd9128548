import type { Check } from './check.ts';
import type { DoctorReport } from './doctor.ts';

const MARKS: Readonly<Record<Check['state'], string>> = { ok: '✓', failed: '✗', skipped: '–' };

/** The report as a table for a terminal, with what to do under what failed. */
export function renderDoctor({ checks, isWell }: DoctorReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length), 0);
  const lines = checks.flatMap(({ name, state, found, advice }) => [
    `${MARKS[state]} ${name.padEnd(width)}  ${printable(found)}`,
    ...(advice ? [`  ${' '.repeat(width)}  → ${printable(advice)}`] : []),
  ]);
  const failed = checks.filter(({ state }) => state === 'failed').length;
  return [...lines, isWell ? 'All is well.' : `${failed} of ${checks.length} looks found something.`, ''].join('\n');
}

/** What a store or a server says may hold what moves a terminal's cursor. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}
