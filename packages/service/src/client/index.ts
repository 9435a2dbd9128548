export type { AgentListBody } from '../http/schemas/agents.ts';
export type { ApprovalBody, DecideBody, DecisionBody, OpenApprovalsBody } from '../http/schemas/approval.ts';
export type { CallerBody } from '../http/schemas/caller.ts';
export type { InputBlock, InputBody, MessageItemBody, MessagePageBody } from '../http/schemas/message.ts';
export type { ProblemBody } from '../http/schemas/problem.ts';
export type { BusyChoice, RunBody } from '../http/schemas/run.ts';
export type {
  ForkBody,
  Metadata,
  NewSessionBody,
  SessionBody,
  SessionChangeBody,
  SessionCountsBody,
  SessionState,
  SpentBody,
} from '../http/schemas/session.ts';
export type { FileBody, RewindBody, RewoundBody, SnapshotBody } from '../http/schemas/snapshot.ts';
export type {
  ExplanationBody,
  SessionStatementBody,
  StatementBody,
  StatementGroupBody,
  StatementKey,
  SumsBody,
} from '../http/schemas/statement.ts';
export type { TurnBody, TurnPageBody } from '../http/schemas/turn.ts';
export type { WarmUntilBody } from '../http/schemas/warm-until.ts';
export type { AdviceBody, WhatIfBody, WhatIfRowBody } from '../http/schemas/what-if.ts';
export type { RunEvent, RunEventBody, RunOutcome, Totals, WireError, WireTurn } from '../wire/run-event.ts';
export {
  type ClientOptions,
  createClient,
  type ReportQuery,
  type SelectionQuery,
  type ServiceClient,
  type StatementQuery,
  type WhatIfQuery,
} from './create-client.ts';
export type { Pages } from './pages.ts';
export type { ClientPorts, Patience } from './patience.ts';
export { ServiceProblem } from './problem.ts';
export type { EventsOptions, RunHandle, ViewsOptions } from './run-handle.ts';
export type { Decided, PageQuery, SendOptions, SessionsClient, SessionsQuery, SnapshotsQuery } from './sessions.ts';
export type { CallOptions } from './transport.ts';
export { applyRunEvent, foldRun, messagesOf } from './view/fold-run.ts';
export {
  type CallView,
  EMPTY_RUN,
  type GrowingBlock,
  type Notice,
  type NoticeItem,
  type ResultsItem,
  type RunItem,
  type RunView,
  type TurnDetails,
  type TurnItem,
  type UserItem,
} from './view/run-view.ts';
