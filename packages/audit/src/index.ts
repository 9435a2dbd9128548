export { auditSession, type SessionAuditOptions } from './audit-session.ts';
export { AuditError, type AuditErrorCode } from './errors.ts';
export type {
  Break,
  BreakCause,
  Difference,
  DifferenceDetail,
  DifferenceKind,
  Owner,
  ParameterChange,
  PrefixPart,
  TurnExplanation,
  VendorOpinion,
} from './explain/break.ts';
export { type ExplainSessionOptions, explainSession, type SessionExplanation } from './explain/explain-session.ts';
export { type ExplainOptions, explainMiss, explainTurns } from './explain/explain-turns.ts';
export { importCassette } from './import/cassette.ts';
export { importClaudeCode } from './import/claude-code.ts';
export { detectLog, type LogKind } from './import/detect-log.ts';
export { defaultLogFolders, type FoundLog, type FoundLogs, findLogs } from './import/find-logs.ts';
export type {
  ImportReport,
  LoggedCompaction,
  MalformedLine,
  MalformedReason,
  SkipReason,
  UnreadableFile,
} from './import/import-report.ts';
export { type ContentOptions, importJsonLines } from './import/json-lines.ts';
export type { LogImport } from './import/log-import.ts';
export { type LedgerRow, type LogPlace, ledgerRow } from './ledger.ts';
export { breakSentence, causeSentence, renderBreaks } from './render/breaks.ts';
export { csvRenderer } from './render/csv.ts';
export { htmlRenderer } from './render/html/html-renderer.ts';
export { jsonRenderer } from './render/json.ts';
export { tableRenderer } from './render/table-report.ts';
export { renderStatement, type TerminalOptions } from './render/terminal.ts';
export { renderAdvice, renderWhatIf } from './render/what-if.ts';
export { mergeTurns } from './replay/merge-turns.ts';
export {
  type ReadTurnsOptions,
  type RecordedPrefix,
  type RecordedTurn,
  readRecordedTurns,
  turnOfRow,
} from './replay/recorded-turns.ts';
export type { AskedModel, Replacement } from './replay/request-columns.ts';
export type {
  AuditReport,
  ReportBreak,
  ReportedImport,
  ReportedSession,
  ReportRenderer,
  ReportScope,
} from './report/audit-report.ts';
export type { AuditedSession } from './report/audited-session.ts';
export type { GroupBy, ReportGroup, ReportSums } from './report/collect-report.ts';
export type { DamagedSession } from './report/damaged-session.ts';
export { makeReport, type ReportQuestion, type ReportSink } from './report/make-report.ts';
export { reportOnStore, type StoreReportOptions } from './report/report-store.ts';
export type { StatementSums } from './report/statement-sums.ts';
export type { SeriesPoint, TimeSeries } from './report/time-series.ts';
export type { Place } from './report/visit-sessions.ts';
export {
  type CacheStatement,
  type Coverage,
  cacheStatement,
  type Loss,
  type StatementOptions,
  type TokenSum,
} from './statement.ts';
export {
  type AuditableStore,
  auditStore,
  type StoreAuditOptions,
  type StoreGroup,
  type StoreGroupBy,
  type StoreStatement,
} from './store/audit-store.ts';
export { addStoreSums, type StoreSums, withRatios } from './store/store-sums.ts';
export type { Money, TokenBucket, TurnLoss, TurnStatement } from './turn-statement.ts';
export type { FindingKind, LedgerFinding } from './verify/finding.ts';
export {
  type LedgerVerification,
  type VerifiableStore,
  type VerifyOptions,
  verifyLedger,
} from './verify/verify-ledger.ts';
export { type Advice, type AdviseOptions, advise, adviseInSteps, CANDIDATES } from './what-if/advise.ts';
export { type PolicySwitch, policySwitches } from './what-if/policy-switches.ts';
export type { PriceList, PromptCounts } from './what-if/priced-counts.ts';
export { readPlan } from './what-if/read-plan.ts';
export type { KeepWarm, OtherModel, Scenario, ScenarioInput } from './what-if/scenario.ts';
export type { Steps } from './what-if/steps.ts';
export type { Residual, ResidualTurn, WhatIf, WhatIfRow } from './what-if/table.ts';
export { type WhatIfOptions, whatIf } from './what-if/what-if.ts';
