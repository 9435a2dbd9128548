import type { Meter } from '@opentelemetry/api';
import type { AssistantTurn, Count } from '@reprise/providers';
import { ATTRIBUTE, METRIC } from './conventions.ts';
import { callAttributes, usedTokens } from './turn-attributes.ts';

/** The metrics of model calls. */
export interface Instruments {
  /** Counts a model call. What its vendor did not report makes no data point. */
  recordTurn(turn: AssistantTurn, requestModel: string | undefined): void;
}

export function createInstruments(meter: Meter): Instruments {
  const duration = meter.createHistogram(METRIC.operationDuration, {
    description: 'GenAI operation duration.',
    unit: 's',
    advice: { explicitBucketBoundaries: SECONDS },
  });
  const tokenUsage = meter.createHistogram(METRIC.tokenUsage, {
    description: 'Number of input and output tokens used.',
    unit: '{token}',
    advice: { explicitBucketBoundaries: TOKENS },
  });
  const cacheRead = meter.createCounter(METRIC.cacheReadTokens, {
    description: 'Input tokens served from a provider-managed cache; part of the input.',
    unit: '{token}',
  });
  const cacheWrite = meter.createCounter(METRIC.cacheWriteTokens, {
    description: 'Input tokens written to a provider-managed cache; part of the input.',
    unit: '{token}',
  });
  return {
    recordTurn(turn, requestModel) {
      const { [ATTRIBUTE.errorType]: failure, ...call } = callAttributes(turn, requestModel);
      const used = usedTokens(turn.tokens);
      const ofCache = { ...call, [ATTRIBUTE.tokenModality]: 'unknown' };
      duration.record(
        turn.timing.durationMs / 1000,
        failure === undefined ? call : { ...call, [ATTRIBUTE.errorType]: failure },
      );
      ifReported(used.input, (count) => tokenUsage.record(count, { ...call, [ATTRIBUTE.tokenType]: 'input' }));
      ifReported(used.output, (count) => tokenUsage.record(count, { ...call, [ATTRIBUTE.tokenType]: 'output' }));
      ifReported(used.cacheRead, (count) => cacheRead.add(count, ofCache));
      ifReported(used.cacheWrite, (count) => cacheWrite.add(count, ofCache));
    },
  };
}

function ifReported(count: Count, record: (count: number) => void): void {
  if (count !== 'not-reported') record(count);
}

// The buckets that the conventions ask for.
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);
