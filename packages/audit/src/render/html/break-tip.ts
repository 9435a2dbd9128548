import type { ReportBreak } from '../../report/audit-report.ts';
import { breakSentence, causeSentence, vendorSentence } from '../breaks.ts';

/** A break in full sentences: what was missed, then why, then what the vendor says. */
export function breakTip({ number, found }: ReportBreak): readonly string[] {
  return [
    breakSentence({ ...found, turn: number }),
    ...found.causes.flatMap((cause) => [
      causeSentence(cause),
      ...(cause.why === 'difference' ? snippets(cause.before, cause.after) : []),
    ]),
    ...vendorSentence(found),
  ];
}

function snippets(before: string | undefined, after: string | undefined): readonly string[] {
  return [...(before === undefined ? [] : [`before: ${before}`]), ...(after === undefined ? [] : [`after: ${after}`])];
}
