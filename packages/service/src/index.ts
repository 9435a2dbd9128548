export { type Agents, ONLY_AGENT } from './agents.ts';
export { ServiceError, type ServiceErrorCode } from './errors.ts';
export { createHandler, type Handler, type HandlerOptions } from './handler.ts';
export type { Auth, Authenticate, BearerToken, BearerTokens } from './http/auth.ts';
export type { Caller } from './http/caller.ts';
export { requireDoor } from './http/door.ts';
export type { LimitOptions, Limits } from './http/limits.ts';
export type { Check } from './operations/doctor/check.ts';
export { type DoctorOptions, type DoctorReport, doctor } from './operations/doctor/doctor.ts';
export type { Machine } from './operations/doctor/look-at-machine.ts';
export { renderDoctor } from './operations/doctor/render-doctor.ts';
export { createLog, type Level, type Log } from './operations/log.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './operations/metrics/metrics.ts';
export type { Readings } from './operations/metrics/readings.ts';
export type { OperationOptions } from './operations/options.ts';
export type {
  Observer,
  RequestNews,
  RunNamed,
  RunNews,
  ServiceNews,
  StreamNews,
  TroubleNews,
  UsedTurn,
  WorkerNews,
  WorkNews,
} from './operations/service-news.ts';
export { createLocalQueue } from './queue/local-queue.ts';
export { recoverRuns } from './queue/recover-runs.ts';
export type { QueuedRun, QueueWorker, RunQueue, WorkTerms } from './queue/run-queue.ts';
export type { RunRequest } from './runs/run-request.ts';
export { systemTimers, type Timers } from './timers.ts';
export type { RunEvent, RunEventBody, RunOutcome, Totals, Wire, WireError, WireTurn } from './wire/run-event.ts';
export { startWorker, type Worker, type WorkerOptions } from './worker.ts';
