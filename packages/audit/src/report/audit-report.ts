import type { Break } from '../explain/break.ts';
import type { FoundLog } from '../import/find-logs.ts';
import type { ImportReport } from '../import/import-report.ts';
import type { Advice } from '../what-if/advise.ts';
import type { WhatIf } from '../what-if/table.ts';
import type { AuditedSession } from './audited-session.ts';
import type { GroupBy, ReportSums } from './collect-report.ts';
import type { DamagedSession } from './damaged-session.ts';

/** Everything that was asked for, over everything that was read. */
export interface AuditReport extends ReportSums {
  readonly scope: ReportScope;
  /** What the imports of logs met, in the order of reading. */
  readonly imports: readonly ReportedImport[];
  /** The sessions that are in no figure, since they cannot be read. */
  readonly leftOut: readonly DamagedSession[];
  /** Of all sessions; absent where nobody asked for them. */
  readonly breaks?: readonly ReportBreak[];
  /** Absent where nobody asked for it. */
  readonly whatIf?: WhatIf;
  /** Absent where nobody asked for it. */
  readonly advice?: Advice;
}

/** What a report is over, known before anything is read. */
export interface ReportScope {
  /** Epoch milliseconds. */
  readonly madeAt: number;
  /** Epoch milliseconds: turns that were sent then or later; `undefined` for all. */
  readonly since: number | undefined;
  /** Epoch milliseconds: turns that were sent before; `undefined` for all. */
  readonly until: number | undefined;
  readonly by: GroupBy;
  /** The sessions that were asked for; `undefined` for all. */
  readonly sessionIds: readonly string[] | undefined;
  /** Only turns of these models. Default: of all. */
  readonly models?: readonly string[] | undefined;
  /** Whose days the groups are; an IANA name. Default `UTC`. */
  readonly timeZone?: string | undefined;
  /** What groups are called. Default: what they are by. */
  readonly groupsAre?: string | undefined;
  readonly sources: readonly Pick<FoundLog, 'path' | 'kind'>[];
}

export interface ReportedImport extends ImportReport {
  readonly kind: FoundLog['kind'];
}

/** A break, where it stands in the report. */
export interface ReportBreak {
  readonly sessionId: string;
  /** The turn's number in the session's statement, from 1. */
  readonly number: number;
  /** Epoch milliseconds at which the turn was sent. */
  readonly at: number;
  readonly found: Break;
}

/** A session as it is given to a renderer. */
export interface ReportedSession extends AuditedSession {
  /** Absent where nobody asked for them. */
  readonly breaks?: readonly ReportBreak[];
}

/** What turns a report into text, piece by piece, so that no turn has to be kept for it. */
export interface ReportRenderer {
  begin(): Iterable<string>;
  session(session: ReportedSession): Iterable<string>;
  end(report: AuditReport): Iterable<string>;
}
