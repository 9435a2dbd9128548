export { createTelemetry, type Telemetry, type TelemetryOptions, type TraceableRun } from './telemetry.ts';
