import type { GroupBy } from '../report/collect-report.ts';
import type { Scenario } from '../what-if/scenario.ts';

export type Format = 'table' | 'json' | 'csv' | 'html';

/** What the command was asked, with every default in its place. */
export interface AuditRequest {
  readonly paths: readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
  readonly sessionIds: readonly string[] | undefined;
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly by: GroupBy;
  readonly explains: boolean;
  readonly scenarios: readonly Scenario[];
  readonly advises: boolean;
  readonly verifies: boolean;
  readonly format: Format;
  readonly out: { readonly path: string; readonly mayReplace: boolean } | undefined;
  readonly allowPartial: boolean;
  readonly schema: string | undefined;
}
