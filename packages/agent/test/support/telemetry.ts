import type { Attributes, Tracer } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { createTelemetry, type Telemetry, type TelemetryOptions } from '@reprise/agent/opentelemetry';
import { onTestFinished } from 'vitest';

/** Telemetry that a test can read. */
export interface KeptTelemetry {
  readonly telemetry: Telemetry;
  readonly tracer: Tracer;
  /** Those that have ended, in that order. */
  spans(): readonly ReadableSpan[];
  /** Those of an operation, such as `chat`, in the order in which they ended. */
  of(operation: string): readonly ReadableSpan[];
  /** How many have begun and not ended. */
  openSpans(): number;
  /** Each data point of a metric: its sum with its attributes. */
  points(metric: string): Promise<readonly Point[]>;
}

interface Point {
  readonly sum: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export function keptTelemetry(options: TelemetryOptions = {}): KeptTelemetry {
  const spans = new InMemorySpanExporter();
  let openSpans = 0;
  const counter = {
    onStart: () => {
      openSpans += 1;
    },
    onEnd: () => {
      openSpans -= 1;
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans), counter] });
  const kept = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: kept })] });
  onTestFinished(async () => {
    await Promise.all([tracers.shutdown(), meters.shutdown()]);
  });
  const tracer = tracers.getTracer('test');
  return {
    telemetry: createTelemetry({ tracer, meter: meters.getMeter('test'), ...options }),
    tracer,
    spans: () => spans.getFinishedSpans(),
    of: (operation) =>
      spans.getFinishedSpans().filter((span) => span.attributes['gen_ai.operation.name'] === operation),
    openSpans: () => openSpans,
    async points(metric) {
      await meters.forceFlush();
      const metrics =
        kept
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
      return metrics
        .filter(({ descriptor }) => descriptor.name === metric)
        .flatMap(({ dataPoints }): readonly { attributes: Attributes; value: unknown }[] => dataPoints)
        .map(({ attributes, value }) => ({ attributes, sum: sumOf(value) }));
    },
  };
}

function sumOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const sum: unknown = value && typeof value === 'object' ? Reflect.get(value, 'sum') : undefined;
  return typeof sum === 'number' ? sum : Number.NaN;
}

/** When it began and how long it took, in milliseconds. */
export function timesOf({ startTime, endTime }: ReadableSpan): {
  readonly startedAt: number;
  readonly durationMs: number;
} {
  const [startedAt, endedAt] = [startTime, endTime].map(([seconds, nanos]) => seconds * 1000 + nanos / 1e6);
  return { startedAt: startedAt ?? Number.NaN, durationMs: (endedAt ?? Number.NaN) - (startedAt ?? Number.NaN) };
}

/** Whether a span stands in another one. */
export function isIn(span: ReadableSpan, parent: ReadableSpan | undefined): boolean {
  return span.parentSpanContext?.spanId === parent?.spanContext().spanId;
}
